/** Reads metrics pages as Prometheus would, at instants that a test chooses, and writes what they say into a Prometheus. */
import { parseMetricsPage, type Sample } from "../../packages/controller/src/sources/embedded/metrics-page.ts";
import { remoteWrite, type WrittenSample } from "./remote-write.ts";

/** Prometheus scrapes each target at an offset of its own inside the interval: here a quarter of a second before the slot. */
const BEFORE_SLOT_MILLISECONDS = 250;

/** Scrapes that are gathered and written at once. */
export class RecordedScrapes {
  readonly #series = new Map<string, { labels: Record<string, string>; samples: WrittenSample[] }>();
  /** The series of a target's last page, by target. */
  readonly #present = new Map<string, ReadonlySet<string>>();
  readonly #targets: readonly string[];

  constructor(targets: readonly string[]) {
    this.#targets = targets;
  }

  /** @param slot Milliseconds since 1970. */
  async scrape(slot: number): Promise<void> {
    await Promise.all(this.#targets.map((target) => this.#scrapeTarget(target, slot - BEFORE_SLOT_MILLISECONDS)));
  }

  /** Writes everything, oldest first. */
  async write(url: string): Promise<void> {
    await remoteWrite(url, [...this.#series.values()]);
    this.#series.clear();
  }

  async #scrapeTarget(target: string, time: number): Promise<void> {
    const instance = { job: "trimtab", instance: new URL(target).host };
    const response = await fetch(target);
    const page = await response.text();
    const samples = response.ok ? [...parseMetricsPage(page)] : [];
    const present = new Set<string>();
    for (const { name, labels, value } of samples) {
      const key = this.#add({ ...Object.fromEntries(labels), ...instance, __name__: name }, time, value, present);
      present.add(key);
    }
    for (const key of this.#present.get(target) ?? []) {
      if (!present.has(key)) this.#series.get(key)?.samples.push({ time, value: "gone" });
    }
    this.#present.set(target, present);
    this.#add({ ...instance, __name__: "up" }, time, response.ok ? 1 : 0, new Set());
  }

  /** A series that stands on a page twice keeps its first value, as in Prometheus. */
  #add(labels: Record<string, string>, time: number, value: Sample["value"], present: ReadonlySet<string>): string {
    const key = JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
    const series = this.#series.get(key) ?? { labels, samples: [] };
    this.#series.set(key, series);
    if (!present.has(key)) series.samples.push({ time, value });
    return key;
  }
}

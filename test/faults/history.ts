/** What a service's pages have said, scrape by scrape: known counters as series for a Prometheus. */
import type { WrittenSample, WrittenSeries } from "../prometheus/remote-write.ts";

/** How the calls are spread. */
export type Shares = readonly { readonly variant: string; readonly weight: number; readonly temperature: number }[];

/** Milliseconds between two scrapes. */
export const GRID = 1_000;
/** Calls between two scrapes. */
const CALLS = 100;
const LONG_AGO_SECONDS = 86_400;
/** Prometheus scrapes a little before the grid's point. */
const BEFORE_MILLISECONDS = 250;

/** Changes a twin of the history from a scrape on. */
export interface Twist {
  /** From this instant on, in milliseconds since 1970. */
  readonly from: number;
  /** The sample as the twin has it; undefined where it has none. */
  readonly sample?: (value: number, series: Readonly<Record<string, string>>, before: number) => number | undefined;
  /** More series from then on. */
  readonly twins?: (series: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined;
}

/** A history that grows, and of which twins with a fault can be written under other names. */
export class History {
  readonly #startsAt: number;
  readonly #successes: (temperature: number) => number;
  readonly #series = new Map<string, { labels: Record<string, string>; samples: { time: number; value: number }[] }>();
  readonly #counters = new Map<string, { variant: string; success: number; failure: number; fraction: number }>();
  #scrapes = 0;
  #taken = 0;

  constructor(startsAt: number, successes: (temperature: number) => number) {
    this.#startsAt = startsAt;
    this.#successes = successes;
  }

  /** So many scrapes more, with calls spread like this. */
  go(scrapes: number, shares: Shares): void {
    for (let index = 0; index < scrapes; index++) {
      for (const { variant, weight, temperature } of shares) {
        const counter = this.#counters.get(variant) ?? { variant, success: 0, failure: 0, fraction: 0 };
        this.#counters.set(variant, counter);
        counter.fraction += CALLS * weight;
        const calls = Math.floor(counter.fraction);
        counter.fraction -= calls;
        const due = ((counter.success + counter.failure + calls) * this.#successes(temperature)) / 100;
        const success = Math.max(0, Math.min(calls, Math.round(due) - counter.success));
        counter.success += success;
        counter.failure += calls - success;
      }
      this.#scrape();
    }
  }

  /** What was not taken yet. */
  takeNew(component: string): WrittenSeries[] {
    const from = this.#startsAt + this.#taken * GRID;
    this.#taken = this.#scrapes;
    return this.#written(component, { from: Number.POSITIVE_INFINITY }).map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(({ time }) => time >= from - BEFORE_MILLISECONDS),
    }));
  }

  /** All of it, with a fault. */
  twin(component: string, twist: Twist): WrittenSeries[] {
    return this.#written(component, twist);
  }

  #scrape(): void {
    const time = this.#startsAt + this.#scrapes * GRID - BEFORE_MILLISECONDS;
    this.#scrapes++;
    const add = (labels: Record<string, string>, value: number): void => {
      const key = JSON.stringify(labels);
      const series = this.#series.get(key) ?? { labels, samples: [] };
      this.#series.set(key, series);
      series.samples.push({ time, value });
    };
    add({ __name__: "up" }, 1);
    add({ __name__: "trimtab_process_start_time_seconds" }, this.#startsAt / 1000 - LONG_AGO_SECONDS);
    for (const { variant, success, failure } of this.#counters.values()) {
      const cell = { operation: "checkout", variant, ctx_genre: "rock" };
      for (const [outcome, value] of [
        ["success", success],
        ["failure", failure],
        ["partial", 0],
      ] as const)
        add({ __name__: "trimtab_operation_calls_total", ...cell, outcome }, value);
      const duration = "trimtab_operation_duration_seconds";
      const count = success + failure;
      add({ __name__: `${duration}_bucket`, ...cell, le: "0.1" }, Math.floor(count / 2));
      add({ __name__: `${duration}_bucket`, ...cell, le: "1" }, count);
      add({ __name__: `${duration}_bucket`, ...cell, le: "+Inf" }, count);
      add({ __name__: `${duration}_sum`, ...cell }, count / 8);
      add({ __name__: `${duration}_count`, ...cell }, count);
    }
  }

  #written(component: string, { from, sample = (value) => value, twins = () => undefined }: Twist): WrittenSeries[] {
    const instance = { job: "trimtab", instance: component };
    return [...this.#series.values()].flatMap(({ labels, samples }) => {
      const named = { ...labels, ...instance, ...(labels["operation"] === undefined ? {} : { component }) };
      const before = samples.findLast(({ time }) => time < from)?.value ?? 0;
      const twisted = samples.flatMap(({ time, value }): WrittenSample[] => {
        const written = time < from ? value : sample(value, labels, before);
        return written === undefined ? [] : [{ time, value: written }];
      });
      const twin = twins(labels);
      return [
        { labels: named, samples: twisted },
        ...(twin === undefined
          ? []
          : [{ labels: { ...named, ...twin }, samples: samples.filter(({ time }) => time >= from) }]),
      ];
    });
  }
}

/**
 * The metric source for the days before Prometheus: reads the services' metrics pages itself, on the scrape grid, and keeps what
 * the counters grew by in the embedded store.
 *
 * Counts by the rules of `embedded/counter-ledger.ts`. What a round found is recorded in one transaction together with the
 * counters it was found with, so that no count is lost or doubled when the process is killed between two rounds.
 */

import type {
  Counters,
  DiscoveredOperation,
  EvidenceRequest,
  MetricSource,
  QuestionObserver,
  RollupCell,
  RollupStore,
} from "@trimtab/engine";
import type { Evidence } from "@trimtab/learning";
import { CellLimit } from "./embedded/cell-limit.ts";
import { EmbeddedTarget, type ReadPage, recordOf } from "./embedded/embedded-target.ts";
import type { PageReading } from "./embedded/page-reading.ts";
import { discoveredOperation, evidenceCells } from "./embedded/rollup-evidence.ts";
import { type ScrapeClock, startScrapeClock } from "./embedded/scrape-clock.ts";
import { lookBackMilliseconds, windowEnd } from "./look-back.ts";
import { evidenceQueries } from "./prometheus/prometheus-queries.ts";
import { createFetch, type Fetch, type TlsSettings } from "./secure-fetch.ts";
import { type SourceLog, silentLog } from "./source-log.ts";

/** How the embedded source is set up. */
export interface EmbeddedSourceOptions {
  /** Addresses of metrics pages, e.g. `http://127.0.0.1:9464/metrics`. */
  readonly targets: readonly string[];
  readonly rollups: RollupStore;
  /** At least 1,000. */
  readonly scrapeIntervalMilliseconds: number;
  /** For one page. Default: nine tenths of the interval, at most 10 s. */
  readonly timeoutMilliseconds?: number;
  /** Sent with every request for a page. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsSettings;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  readonly observer?: QuestionObserver;
  readonly log?: SourceLog;
}

/** The embedded source, with its rounds in reach for tests and for programs that keep their own time. */
export interface EmbeddedSource extends MetricSource {
  readonly kind: "embedded";
  /** Reads all pages once and records what they say as of this instant of the grid. Rejects never. */
  scrapeRound(slot: number): Promise<void>;
}

const COMPACT_EVERY_MILLISECONDS = 60_000;

/** Builds the source; `start` begins the rounds. `rollups` belongs to the caller, who closes it after the source. */
export function createEmbeddedSource(options: EmbeddedSourceOptions): EmbeddedSource {
  return new ScrapingSource(options);
}

class ScrapingSource implements EmbeddedSource {
  readonly kind = "embedded";
  readonly #options: EmbeddedSourceOptions;
  readonly #interval: number;
  readonly #lookBack: number;
  readonly #now: () => number;
  readonly #log: SourceLog;
  readonly #limit = new CellLimit();
  readonly #closing = new AbortController();
  readonly #fetch: Fetch;
  #targets: readonly EmbeddedTarget[] | undefined;
  #clock: ScrapeClock | undefined;
  /** The slot of the newest round, whether its pages could be read or not. */
  #lastRound: number | undefined;
  #lastCompaction = 0;
  #up: ReadonlySet<EmbeddedTarget> = new Set();

  constructor(options: EmbeddedSourceOptions) {
    this.#options = options;
    this.#interval = options.scrapeIntervalMilliseconds;
    this.#lookBack = lookBackMilliseconds(this.#interval);
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? silentLog;
    this.#fetch = createFetch(options.tls);
  }

  async start(): Promise<void> {
    await this.#open().catch((error: unknown) => {
      this.#log.warn("The store did not answer yet; each round of reading metrics pages asks it again", { error });
    });
    this.#clock = startScrapeClock(this.#interval, (slot) => this.scrapeRound(slot), this.#now);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#clock?.stop();
  }

  scrapeIntervalMilliseconds(): number {
    return this.#interval;
  }

  latestWindowEnd(now: number): number {
    return windowEnd(now, this.#interval);
  }

  readUntil(): number | undefined {
    return this.#lastRound;
  }

  async scrapeRound(slot: number): Promise<void> {
    if (this.#closing.signal.aborted) return;
    try {
      const targets = await this.#open();
      const timeoutMilliseconds =
        this.#options.timeoutMilliseconds ?? Math.min(10_000, Math.round(this.#interval * 0.9));
      const { headers } = this.#options;
      const fetching = {
        timeoutMilliseconds,
        signal: this.#closing.signal,
        fetch: this.#fetch,
        ...(headers === undefined ? {} : { headers }),
      };
      const admit = (page: PageReading): PageReading => this.#limit.admit(page, slot, this.#lookBack);
      const results = await Promise.all(targets.map((target) => target.read(slot, this.#lookBack, admit, fetching)));
      if (this.#closing.signal.aborted) return;
      const read = results.filter((page) => page !== undefined);
      if (read.length > 0) {
        const pages = read.map(recordOf);
        await this.#options.rollups.recordRound({ slot, pages, increments: addUp(read) });
        for (const page of read) page.target.commit(page, slot, this.#lookBack);
      }
      this.#reportChanges(new Set(read.map(({ target }) => target)));
      this.#lastRound = slot;
      await this.#compact(slot);
    } catch (error) {
      // Nothing was recorded: the next round's pages hold these counts too.
      this.#log.warn("A round of reading metrics pages was not recorded; the next one makes up for it", {
        slot,
        error,
      });
    }
  }

  async readEvidence(request: EvidenceRequest): Promise<Evidence> {
    const startedAt = performance.now();
    const evidence = await this.#readEvidence(request);
    this.#options.observer?.onQuestion("evidence", (performance.now() - startedAt) / 1000, evidence.cells.kind);
    return evidence;
  }

  async #readEvidence(request: EvidenceRequest): Promise<Evidence> {
    const { window } = request;
    const queries = evidenceQueries(request, { scrapeIntervalMilliseconds: this.#interval });
    const missing = (kind: "stale" | "no-data" | "error", detail: string): Evidence => ({
      window,
      queries,
      cells: { kind, detail },
    });
    try {
      await this.#open();
      if (this.#lastRound === undefined) return missing("stale", "no metrics page has been read yet");
      if (this.#lastRound < window.to) {
        const late = (window.to - this.#lastRound) / 1000;
        return missing("stale", `the last round of reading metrics pages was ${late} s before the window's end`);
      }
      const cells = evidenceCells(
        await this.#options.rollups.sumIncrements(request, window.from, window.to),
        request.context,
      );
      if (cells.length === 0) {
        const { component, operation } = request;
        return missing("no-data", `no metrics page had a series of ${component}/${operation} in the window`);
      }
      return { window, queries, cells: { kind: "value", value: cells } };
    } catch (error) {
      return missing("error", `the embedded store could not be read: ${messageOf(error)}`);
    }
  }

  async discoverOperations(now: number, lookBack: number): ReturnType<MetricSource["discoverOperations"]> {
    try {
      await this.#open();
      const discovered: DiscoveredOperation[] = [];
      for (const key of await this.#options.rollups.listOperations()) {
        const sums = await this.#options.rollups.sumIncrements(key, now - lookBack, now);
        if (sums.length > 0) discovered.push(discoveredOperation(key, sums));
      }
      return { kind: "value", value: discovered };
    } catch (error) {
      return { kind: "error", detail: `the embedded store could not be read: ${messageOf(error)}` };
    }
  }

  async inspect(): ReturnType<MetricSource["inspect"]> {
    const scrapeIntervalMilliseconds = this.#interval;
    try {
      const targets = (await this.#open()).map((target) => target.describe(this.#up.has(target)));
      return { reachable: { kind: "value", value: true }, targets, scrapeIntervalMilliseconds };
    } catch (error) {
      return { reachable: { kind: "error", detail: messageOf(error) }, targets: [], scrapeIntervalMilliseconds };
    }
  }

  async #open(): Promise<readonly EmbeddedTarget[]> {
    if (this.#targets !== undefined) return this.#targets;
    const { rollups, targets: addresses } = this.#options;
    const stored = await rollups.openTargets(addresses, this.#now());
    this.#lastRound ??= await rollups.lastPageAt();
    this.#targets ??= stored.map((target) => new EmbeddedTarget(target));
    this.#limit.keepOnly(this.#targets.flatMap((target) => target.livingCells()));
    return this.#targets;
  }

  #reportChanges(up: ReadonlySet<EmbeddedTarget>): void {
    for (const target of this.#targets ?? []) {
      if (up.has(target) === this.#up.has(target) && this.#lastRound !== undefined) continue;
      const { problem } = target.describe(up.has(target));
      if (up.has(target)) this.#log.info(`Reading the metrics page ${target.address}`, { target: target.address });
      else this.#log.warn(`The metrics page ${target.address} ${problem}`, { target: target.address, problem });
    }
    this.#up = up;
  }

  async #compact(slot: number): Promise<void> {
    const before = this.#lastCompaction;
    if (slot - before < COMPACT_EVERY_MILLISECONDS) return;
    this.#lastCompaction = slot;
    await this.#options.rollups.compact(slot);
    this.#limit.keepOnly((this.#targets ?? []).flatMap((target) => target.livingCells()));
    for (const operation of this.#limit.refusedSince(before)) {
      this.#log.warn(
        `${operation} has more contexts than are kept; the others are left out. Declare a context key with fewer values`,
        { operation },
      );
    }
  }
}

/** The increments of all pages of a round, by cell. */
function addUp(pages: readonly ReadPage[]): readonly { cell: RollupCell; increments: Counters }[] {
  const sums = new Map<string, { cell: RollupCell; increments: Record<string, number> }>();
  for (const { step } of pages) {
    for (const [key, { cell, increments }] of step.increments) {
      const sum = sums.get(key) ?? { cell, increments: {} };
      for (const name of Object.keys(increments))
        sum.increments[name] = (sum.increments[name] ?? 0) + (increments[name] ?? 0);
      sums.set(key, sum);
    }
  }
  return [...sums.values()];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

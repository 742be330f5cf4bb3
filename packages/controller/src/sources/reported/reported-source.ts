/**
 * The metric source of operations that are reported (`POST /v1/outcomes`) instead of scraped: what the store counted, window by
 * window.
 *
 * Reading a window closes it: nothing is counted in it from then on, so that it gives the same numbers for ever. A window without
 * any report is no data, not zero: nobody can say whether nothing happened or nothing was told.
 */
import type {
  DiscoveredOperation,
  EvidenceRequest,
  MetricSource,
  OutcomeStore,
  QuestionObserver,
} from "@trimtab/engine";
import type { Evidence } from "@trimtab/learning";
import { discoveredOperation, evidenceCells } from "../embedded/rollup-evidence.ts";
import { windowEnd } from "../look-back.ts";
import { evidenceQueries } from "../prometheus/prometheus-queries.ts";
import { type SourceLog, silentLog } from "../source-log.ts";

/** How the source is set up. */
export interface ReportedSourceOptions {
  readonly outcomes: OutcomeStore;
  /** The grid's step in milliseconds; asked each time, because that of a Prometheus may be learnt late. */
  readonly gridMilliseconds: () => number;
  /** How long after its end an operation may be reported, in milliseconds: so long its key is kept. */
  readonly latenessMilliseconds: () => number;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  readonly observer?: QuestionObserver;
  readonly log?: SourceLog;
}

const COMPACT_EVERY_MILLISECONDS = 60_000;

/** Keys are kept a little longer than they can matter: a request that is checked now may be written a moment later. */
const KEY_MARGIN_MILLISECONDS = 10 * 60_000;

/** Builds the source; `start` begins its housekeeping. `outcomes` belongs to the caller, who closes it after the source. */
export function createReportedSource(options: ReportedSourceOptions): MetricSource {
  const { outcomes, gridMilliseconds, latenessMilliseconds, now = Date.now, observer, log = silentLog } = options;
  /** Up to where windows are closed, by operation: what is closed already is not written again. */
  const closed = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let compacting: Promise<void> = Promise.resolve();

  const close = async (key: { component: string; operation: string }, to: number): Promise<void> => {
    const name = `${key.component} ${key.operation}`;
    if ((closed.get(name) ?? 0) >= to) return;
    await outcomes.closeWindows(key, to);
    closed.set(name, to);
  };
  const readCells = async ({ component, operation, context, window }: EvidenceRequest): Promise<Evidence["cells"]> => {
    if (window.to > windowEnd(now(), gridMilliseconds()))
      return { kind: "stale", detail: "the window is not over yet; reports of it may still arrive" };
    try {
      await close({ component, operation }, window.to);
      const cells = evidenceCells(
        await outcomes.sumOutcomes({ component, operation }, window.from, window.to),
        context,
      );
      if (cells.length > 0) return { kind: "value", value: cells };
      return { kind: "no-data", detail: `no outcome of ${component}/${operation} was reported in the window` };
    } catch (error) {
      return { kind: "error", detail: `the store of outcomes could not be read: ${messageOf(error)}` };
    }
  };
  const compact = async (): Promise<void> => {
    const time = now();
    await outcomes
      .compactOutcomes(time, time - latenessMilliseconds() - KEY_MARGIN_MILLISECONDS)
      .catch((error: unknown) =>
        log.warn("Old outcomes could not be folded; the next round makes up for it", { error }),
      );
  };

  return {
    kind: "reported",
    start() {
      timer = setInterval(() => {
        compacting = compacting.then(compact);
      }, COMPACT_EVERY_MILLISECONDS);
      timer.unref();
      return Promise.resolve();
    },
    async close() {
      clearInterval(timer);
      await compacting;
    },
    latestWindowEnd: (time) => windowEnd(time, gridMilliseconds()),
    scrapeIntervalMilliseconds: gridMilliseconds,
    async readEvidence(request) {
      const startedAt = performance.now();
      const cells = await readCells(request);
      observer?.onQuestion("evidence", (performance.now() - startedAt) / 1000, cells.kind);
      const queries = evidenceQueries(request, { scrapeIntervalMilliseconds: gridMilliseconds() });
      return { window: request.window, queries, cells };
    },
    async discoverOperations(time, lookBack) {
      try {
        const discovered: DiscoveredOperation[] = [];
        for (const { component, operation } of await outcomes.listReported()) {
          const key = { component, operation };
          const sums = await outcomes.sumOutcomes(key, time - lookBack, time);
          if (sums.length > 0) discovered.push(discoveredOperation(key, sums));
        }
        return { kind: "value", value: discovered };
      } catch (error) {
        return { kind: "error", detail: `the store of outcomes could not be read: ${messageOf(error)}` };
      }
    },
    async inspect() {
      const scrapeIntervalMilliseconds = gridMilliseconds();
      try {
        const reported = await outcomes.listReported();
        const targets = reported.map(({ component, operation, reportedAt }) => ({
          target: `reports of ${component}/${operation}`,
          up: true,
          lastScrapeAt: reportedAt,
          hasOurSeries: true,
        }));
        return { reachable: { kind: "value", value: true }, targets, scrapeIntervalMilliseconds };
      } catch (error) {
        return { reachable: { kind: "error", detail: messageOf(error) }, targets: [], scrapeIntervalMilliseconds };
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

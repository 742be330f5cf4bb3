/**
 * Performance over a period, from the metric source; read at most once per cycle for the same question, whoever asks.
 *
 * "No data" and "could not be read" are told as such and are never 0.
 */
import { type Context, canonicalJson, isContextSubset } from "@trimtab/conventions";
import type { MetricSource, OperationKey } from "@trimtab/engine";
import {
  type EvidenceWindow,
  type Measurements,
  type OperationPolicy,
  type PerformanceSummary,
  type Reading,
  summarize,
} from "@trimtab/learning";

/** What a component did over a period. */
export interface Performance {
  readonly window: EvidenceWindow;
  /** All operations together. */
  readonly total: Reading<PerformanceSummary>;
  readonly byOperation: Readonly<Record<string, Reading<PerformanceSummary>>>;
}

/** What is asked. */
interface PerformanceQuestion {
  readonly policies: readonly OperationPolicy[];
  readonly periodMilliseconds: number;
  /** Only calls whose context has these values. */
  readonly context: Context;
}

/** How many different questions are remembered. */
const LARGEST_MEMORY = 200;

/** Answers questions about performance. */
export interface PerformanceReader {
  read(question: PerformanceQuestion): Promise<Performance>;
  /** A cycle of the operation has closed: what was answered before is not used again. */
  forget(operation: OperationKey): void;
}

/** Where the answers come from, and how long they hold. */
export interface PerformanceReaderDependencies {
  readonly source: () => MetricSource;
  readonly now: () => number;
  /** How long an answer is used again, in milliseconds: one cycle. */
  readonly freshMilliseconds: () => number;
  /** Told of each question whether its answer was known. */
  readonly onAsked?: (result: "hit" | "miss") => void;
}

/** A reader with a memory of its own. */
export function createPerformanceReader({
  source,
  now,
  freshMilliseconds,
  onAsked = () => {},
}: PerformanceReaderDependencies): PerformanceReader {
  const remembered = new Map<
    string,
    {
      readonly until: number;
      readonly answer: Promise<Performance>;
      readonly operations: readonly OperationKey[];
    }
  >();
  return {
    read(question) {
      const key = canonicalJson([
        question.periodMilliseconds,
        question.context,
        question.policies.map(({ component, operation, context }) => [component, operation, context]),
      ]);
      const time = now();
      const known = remembered.get(key);
      if (known !== undefined && time < known.until) {
        onAsked("hit");
        return known.answer;
      }
      onAsked("miss");
      const answer = readPerformance(source(), time, question);
      remembered.delete(key);
      remembered.set(key, { until: time + freshMilliseconds(), answer, operations: question.policies });
      for (const oldest of remembered.keys()) {
        if (remembered.size <= LARGEST_MEMORY) break;
        remembered.delete(oldest);
      }
      // A failure is no answer to give twice.
      answer.catch(() => {
        if (remembered.get(key)?.answer === answer) remembered.delete(key);
      });
      return answer;
    },
    forget({ component, operation }) {
      for (const [key, { operations }] of remembered)
        if (operations.some((each) => each.component === component && each.operation === operation))
          remembered.delete(key);
    },
  };
}

async function readPerformance(
  source: MetricSource,
  now: number,
  { policies, periodMilliseconds, context }: PerformanceQuestion,
): Promise<Performance> {
  const step = source.scrapeIntervalMilliseconds();
  const to = source.latestWindowEnd(now);
  const window = { from: to - Math.max(1, Math.ceil(periodMilliseconds / step)) * step, to };
  const readings = await Promise.all(
    policies.map(async ({ component, operation, context: keys }): Promise<Reading<readonly Measurements[]>> => {
      const { cells } = await source.readEvidence({ component, operation, context: keys, window });
      if (cells.kind !== "value") return cells;
      const wanted: Measurements[] = [];
      for (const cell of cells.value) {
        if (!isContextSubset(context, cell.context)) continue;
        if (cell.reading.kind === "no-data") continue;
        // One cell that cannot be read makes the sum unknown, not smaller.
        if (cell.reading.kind !== "value") return cell.reading;
        wanted.push(cell.reading.value);
      }
      return { kind: "value", value: wanted };
    }),
  );
  const byOperation = Object.fromEntries(
    policies.map(({ operation }, index) => [operation, summaryOf(readings[index] ?? NOT_READ)]),
  );
  return { window, total: summaryOf(together(policies, readings)), byOperation };
}

const NOT_READ: Reading<readonly Measurements[]> = { kind: "error", detail: "the operation was not read" };

function together(
  policies: readonly OperationPolicy[],
  readings: readonly Reading<readonly Measurements[]>[],
): Reading<readonly Measurements[]> {
  const all: Measurements[] = [];
  for (const [index, reading] of readings.entries()) {
    if (reading.kind === "value") all.push(...reading.value);
    else if (reading.kind !== "no-data")
      return { kind: reading.kind, detail: `${policies[index]?.operation ?? ""}: ${reading.detail}` };
  }
  return { kind: "value", value: all };
}

function summaryOf(reading: Reading<readonly Measurements[]>): Reading<PerformanceSummary> {
  if (reading.kind !== "value") return reading;
  const summary = summarize(reading.value);
  return summary.total > 0 ? { kind: "value", value: summary } : { kind: "no-data", detail: "no calls in the period" };
}

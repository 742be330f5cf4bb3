/** What operations did, remembered apart from the series of the process: for whoever keeps several of one name, such as modules. */
import type { Outcome } from "@trimtab/conventions";
import { OperationHistory } from "./performance-history.ts";
import { type PerformanceSummary, periodMilliseconds, summaryOf } from "./performance-summary.ts";

/** A call that is over, as far as summaries are made of it. */
export interface RememberedCall {
  readonly outcome: Outcome;
  readonly durationMilliseconds: number;
  /** 0 to 1; absent where nobody scored it. */
  readonly quality?: number | undefined;
}

/** Remembers for thirty days, in bounded memory: 70 KiB an operation. It forgets with the process. */
export interface PerformanceMemory {
  record(operation: string, call: RememberedCall): void;
  /**
   * What was done, in steps of a minute to an hour, of an hour to two days, of half a day to thirty.
   *
   * @throws {TypeError} on a period that is none, is shorter than a second or longer than 30 days.
   */
  summary(period?: string): PerformanceSummary;
}

const USUAL_PERIOD = "24h";

/**
 * A memory of its own for one component.
 *
 * @param now Milliseconds on a clock that does not go back. Default: the process' monotonic one.
 */
export function createPerformanceMemory(
  component: string,
  now: () => number = () => performance.now(),
): PerformanceMemory {
  const histories = new Map<string, OperationHistory>();
  return {
    record(operation, { outcome, durationMilliseconds, quality }) {
      let history = histories.get(operation);
      if (history === undefined) {
        history = new OperationHistory(now);
        histories.set(operation, history);
      }
      history.record({ outcome, durationMilliseconds, quality, costs: undefined, errorType: undefined });
    },
    summary: (period = USUAL_PERIOD) => summaryOf(component, period, periodMilliseconds(period), histories),
  };
}

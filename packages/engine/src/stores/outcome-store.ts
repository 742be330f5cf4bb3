/**
 * The port to operations that were reported instead of scraped: each counted once, in a window that nobody has read yet.
 *
 * A slot is an instant of the metric grid, in milliseconds since 1970; what ended in the span before it belongs to it. Once a
 * window was read it is closed: what is reported later about its time is counted in the first slot that is still open. So what a
 * window has given it gives again whenever it is asked, and each outcome is in the evidence of one window only.
 *
 * Rows are folded like those of the embedded source: single slots for two hours, minutes for two days, hours for 32 days.
 */
import type { Counters, RollupCell, RollupSum } from "./rollup-store.ts";
import type { OperationKey } from "./store.ts";

/** One reported operation. */
export interface ReportedOutcome {
  /** Idempotency key within the operation. */
  readonly id: string;
  /** Tells two outcomes of one key apart. */
  readonly digest: string;
  /** When it ended, in milliseconds since 1970. */
  readonly endedAt: number;
  readonly cell: RollupCell;
  /** What it adds to the cell's counters. */
  readonly increments: Counters;
}

/**
 * What became of a reported operation.
 *
 *   added              counted now
 *   known              counted before, under the same key
 *   different          the key was used before for another outcome; not counted
 *   too-late           it ended before `oldest`, or its key would not be remembered; not counted
 *   too-many-contexts  its context and variant would be one more than the operation may have; not counted
 */
export type OutcomeAddition = "added" | "known" | "different" | "too-late" | "too-many-contexts";

/** The time at which outcomes arrive, as far as it decides what becomes of them. */
export interface OutcomeArrival {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What ended before this is not taken. Milliseconds since 1970. */
  readonly oldest: number;
  /** The grid's step. */
  readonly gridMilliseconds: number;
  /** The end of the newest complete window: where an operation begins that was never reported before. */
  readonly latestWindowEnd: number;
}

/** An operation that was reported at least once. */
export interface ReportedOperation extends OperationKey {
  /** When the newest report arrived, in milliseconds since 1970. */
  readonly reportedAt: number;
}

/** Where outcomes are kept. What a method has resolved for is on disk: it survives `kill -9`. */
export interface OutcomeStore {
  /** Counts a batch, all of it in one transaction; the answers are in the order of the items. */
  addOutcomes(items: readonly ReportedOutcome[], arrival: OutcomeArrival): Promise<readonly OutcomeAddition[]>;
  /** From now on nothing is counted at or before `to`; closing less than is closed does nothing. */
  closeWindows(key: OperationKey, to: number): Promise<void>;
  /** What was counted in (from, to]: the cells that had anything reported there. */
  sumOutcomes(key: OperationKey, from: number, to: number): Promise<readonly RollupSum[]>;
  /** Sorted by component and operation. */
  listReported(): Promise<readonly ReportedOperation[]>;
  /**
   * Folds old rows, drops what is too old, and forgets the keys of outcomes that ended before `forgetBefore`. Call it once a minute or so.
   *
   * No later time than that of the newest outcome counts, so that one clock that is far ahead forgets nothing that is still awaited.
   */
  compactOutcomes(now: number, forgetBefore: number): Promise<void>;
}

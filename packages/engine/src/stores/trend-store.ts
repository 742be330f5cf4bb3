/**
 * The port to the long memory: what each operation did, hour by hour and later day by day, whatever the metric source keeps.
 *
 * An hour's row is written in the transaction that records a cycle, so that each window is in it exactly once. Its size is bounded:
 * per operation the whole and at most `CONTEXTS_PER_HOUR` contexts an hour, and only as long as `TrendRetention` says.
 */
import type { Context } from "@trimtab/conventions";
import type { TrendSpan } from "@trimtab/learning";
import type { OperationKey } from "./store.ts";

/** Which rows are wanted. */
export interface TrendQuery extends OperationKey {
  /** Absent: the whole operation. */
  readonly context?: Context;
  /** Milliseconds since 1970: rows that begin at this time or later. */
  readonly from: number;
  /** Rows that begin before it. */
  readonly to: number;
}

/** How long rows stay, in milliseconds. */
export interface TrendRetention {
  /** Hours of whole operations; older ones become days. */
  readonly hoursMilliseconds: number;
  /** Hours of single contexts; older ones become days. */
  readonly contextHoursMilliseconds: number;
  /** Days of both; older ones are dropped. */
  readonly daysMilliseconds: number;
}

/** A store of trends; what it holds is written by `Store.recordCycle`. */
export interface TrendStore {
  /** Oldest first. */
  readTrend(query: TrendQuery): Promise<readonly TrendSpan[]>;
  /** The contexts that have rows since a time, at most 1,000, in the order of their text. */
  listTrendContexts(key: OperationKey, since: number): Promise<readonly Context[]>;
  /**
   * Makes days of old hours and drops what is too old; at most some days at a time.
   *
   * @returns How many rows there are fewer; 0 where there was nothing to do.
   */
  foldTrends(retention: TrendRetention, now: number): Promise<number>;
}

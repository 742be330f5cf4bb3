/** A trend in steps of equal length. */
import { addTrendSums, type TrendSums } from "./trend.ts";

/** A span of time and what was measured in it. */
export interface TrendSpan {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly sums: TrendSums;
}

const WEEK = 604_800_000;
/** 1970 began on a Thursday; whole weeks begin on Monday. */
const FIRST_MONDAY = 4 * 86_400_000;

/** Where the step begins that a time lies in; steps of whole weeks begin on Monday, all others count from 1970 in UTC. */
export function stepStart(time: number, stepMilliseconds: number): number {
  const offset = stepMilliseconds % WEEK === 0 ? FIRST_MONDAY : 0;
  return Math.floor((time - offset) / stepMilliseconds) * stepMilliseconds + offset;
}

/**
 * The spans added up by step. A span that is longer than a step cannot be taken apart and stays as it is; steps in which nothing was
 * measured have no point.
 *
 * @param spans Oldest first.
 */
export function trendPoints(spans: readonly TrendSpan[], stepMilliseconds: number): TrendSpan[] {
  const points: TrendSpan[] = [];
  for (const span of spans) {
    if (span.to - span.from > stepMilliseconds) {
      points.push(span);
      continue;
    }
    const from = stepStart(span.from, stepMilliseconds);
    const last = points.at(-1);
    if (last?.from === from && last.to === from + stepMilliseconds)
      points[points.length - 1] = { ...last, sums: addTrendSums(last.sums, span.sums) };
    else points.push({ from, to: from + stepMilliseconds, sums: span.sums });
  }
  return points;
}

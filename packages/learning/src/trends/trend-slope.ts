/**
 * Does a measure rise or fall over months: the median of the slopes between all pairs of days, with the interval of Kendall's test.
 *
 * Single days may be as wild as they like. Days that hang together make the interval too narrow, so a direction is told only at
 * 99 %; a season of the week cancels out over whole weeks.
 *
 * Source: Sen (1968), "Estimates of the regression coefficient based on Kendall's tau".
 */
import { ascending, median } from "../baselines/seasonal-medians.ts";

/** The slope, per day. */
export interface TrendSlope {
  readonly perDay: number;
  readonly lower: number;
  readonly upper: number;
  /** `steady` where the interval holds 0. */
  readonly direction: "rising" | "falling" | "steady";
  readonly days: number;
}

/** Two weeks. */
const FEWEST_DAYS = 14;
/** Two-sided 99 %. */
const Z = 2.5758;

/** @returns Undefined before there are two weeks of days. Days are numbers of days, in any order. */
export function trendSlope(
  points: readonly { readonly day: number; readonly value: number }[],
): TrendSlope | undefined {
  if (points.length < FEWEST_DAYS) return undefined;
  const slopes: number[] = [];
  for (const [index, left] of points.entries())
    for (const right of points.slice(index + 1))
      if (right.day !== left.day) slopes.push((right.value - left.value) / (right.day - left.day));
  if (slopes.length === 0) return undefined;
  slopes.sort(ascending);
  const { length: n } = points;
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const lower = slopes[Math.max(0, Math.floor((slopes.length - spread) / 2))] ?? 0;
  const upper = slopes[Math.min(slopes.length - 1, Math.ceil((slopes.length + spread) / 2))] ?? 0;
  return {
    perDay: median(slopes) ?? 0,
    lower,
    upper,
    direction: lower > 0 ? "rising" : upper < 0 ? "falling" : "steady",
    days: n,
  };
}

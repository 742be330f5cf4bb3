/** Quantiles and tail counts of a histogram with fixed buckets. */
import type { Histogram } from "../evidence/evidence.ts";

/** How observations are thought to lie inside a bucket: evenly (as PromQL does), or evenly on the log scale. */
export type Interpolation = "linear" | "log";

/**
 * The value below which a share of the observations lies.
 *
 * @param share 0 to 1.
 * @returns Undefined without observations or without buckets; in the topmost bucket its lower bound, as PromQL does.
 */
export function histogramQuantile(
  histogram: Histogram,
  share: number,
  interpolation: Interpolation = "linear",
): number | undefined {
  const { bounds, counts } = histogram;
  const total = bucketTotal(counts);
  if (bounds.length === 0 || total <= 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (let index = 0; index < bounds.length; index++) {
    const count = counts[index] ?? 0;
    if (count > 0 && below + count >= rank) {
      const upper = bounds[index] ?? 0;
      return between(lowerBound(bounds, index), upper, (rank - below) / count, interpolation);
    }
    below += count;
  }
  return bounds.at(-1);
}

/**
 * How many observations lie above a value, interpolated inside the bucket that holds it.
 *
 * @returns Undefined without buckets, and where the value lies above the last bound with observations there: nobody knows.
 */
export function countAbove(
  histogram: Histogram,
  value: number,
  interpolation: Interpolation = "log",
): number | undefined {
  const { bounds, counts } = histogram;
  if (bounds.length === 0) return undefined;
  let above = counts[bounds.length] ?? 0;
  if (value > (bounds.at(-1) ?? 0)) return above === 0 ? 0 : undefined;
  for (let index = bounds.length - 1; index >= 0; index--) {
    const upper = bounds[index] ?? 0;
    const lower = lowerBound(bounds, index);
    const count = counts[index] ?? 0;
    if (lower >= value) above += count;
    else {
      if (upper > value) above += count * (1 - positionOf(lower, upper, value, interpolation));
      break;
    }
  }
  return above;
}

/** Observations in the buckets; `count` of the histogram may be read at another moment, this cannot disagree with itself. */
export function bucketTotal(counts: readonly number[]): number {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index] as number; // hot: an iterator costs four times as much
  return total;
}

/** The lowest bucket begins at 0. */
function lowerBound(bounds: readonly number[], index: number): number {
  return index === 0 ? Math.min(0, bounds[0] ?? 0) : (bounds[index - 1] ?? 0);
}

function between(lower: number, upper: number, position: number, interpolation: Interpolation): number {
  return interpolation === "log" && lower > 0
    ? lower * (upper / lower) ** position
    : lower + (upper - lower) * position;
}

function positionOf(lower: number, upper: number, value: number, interpolation: Interpolation): number {
  return interpolation === "log" && lower > 0
    ? Math.log(value / lower) / Math.log(upper / lower)
    : (value - lower) / (upper - lower);
}

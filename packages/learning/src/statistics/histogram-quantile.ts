/** Quantiles and tail counts of a histogram with fixed buckets. */
import type { Histogram } from "../evidence/evidence.ts";

/**
 * How observations are thought to lie inside a bucket: evenly (as PromQL does), evenly on the log scale, or on the log scale with a
 * density that leans towards the neighbouring buckets.
 */
export type Interpolation = "linear" | "log" | "leaning";

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
      const lean = interpolation === "leaning" ? leanOf(bounds, counts, index) : 0;
      return between(lowerBound(bounds, index), upper, placeOf((rank - below) / count, lean), interpolation);
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
      const lean = interpolation === "leaning" ? leanOf(bounds, counts, index) : 0;
      if (upper > value) above += count * (1 - shareBelow(positionOf(lower, upper, value, interpolation), lean));
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

/**
 * How much denser a bucket is at its lower end than in its middle, -1 to 1: its density is 1 + lean·(1 − 2·position), and at both
 * ends it is half way to the neighbour's.
 */
function leanOf(bounds: readonly number[], counts: readonly number[], index: number): number {
  const density = (at: number): number | undefined => {
    const lower = at < 1 ? 0 : lowerBound(bounds, at);
    const upper = bounds[at];
    return lower > 0 && upper !== undefined ? (counts[at] ?? 0) / Math.log(upper / lower) : undefined;
  };
  const own = density(index);
  if (own === undefined) return 0;
  const start = (density(index - 1) ?? own) + own;
  const end = (density(index + 1) ?? own) + own;
  return start + end === 0 ? 0 : (start - end) / (start + end);
}

/** The share of a bucket's observations below a position in it. */
function shareBelow(position: number, lean: number): number {
  return position + lean * position * (1 - position);
}

/** The position in a bucket below which a share of its observations lies: the inverse of `shareBelow`. */
function placeOf(share: number, lean: number): number {
  if (Math.abs(lean) < 1e-9) return share;
  const half = 1 + lean;
  return (half - Math.sqrt(Math.max(0, half * half - 4 * lean * share))) / (2 * lean);
}

function between(lower: number, upper: number, position: number, interpolation: Interpolation): number {
  return interpolation !== "linear" && lower > 0
    ? lower * (upper / lower) ** position
    : lower + (upper - lower) * position;
}

function positionOf(lower: number, upper: number, value: number, interpolation: Interpolation): number {
  return interpolation !== "linear" && lower > 0
    ? Math.log(value / lower) / Math.log(upper / lower)
    : (value - lower) / (upper - lower);
}

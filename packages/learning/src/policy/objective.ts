/**
 * What "better" means as a number: the utility of calls, between 0 and 1, and how sure the measurements make us of it.
 *
 *     utility = w_quality · quality + w_success · (success + ½ partial) + w_latency · ℓ(duration) + w_cost · (1 − min(1, cost/reference))
 *     ℓ(d) = clip((ln bad − ln d)/(ln bad − ln good), 0, 1)
 *
 * Every part is bounded, so that heavy tails cannot rule. The parts are averaged each over the calls that it was measured on:
 * an unscored call says nothing about quality, so the part's mean is that of the scored calls and its variance is divided
 * by their number, not by all calls. That is unbiased where scoring does not depend on the variant; where it does (only
 * successes are scored, say), success belongs into the objective too.
 *
 * The variance adds up the parts as if they were independent; covariances and clustered calls show in the over-dispersion
 * between windows (see evidence/over-dispersion.ts).
 */
import { callsOf, type Histogram, type Measurements } from "../evidence/evidence.ts";
import { bucketTotal } from "../statistics/histogram-quantile.ts";
import type { LatencyTerm, Objective } from "./policy.ts";

/** Observations of one part: how many, their sum and the sum of their squares. */
interface TermMoments {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** The moments of each part of an objective; a part that was not measured is absent. They add up over windows. */
export type UtilityMoments = Readonly<Partial<Record<keyof Objective, TermMoments>>>;

/** A mean utility and its variance. */
export interface Utility {
  readonly mean: number;
  readonly variance: number;
}

/** What is needed of some measurements to know their utility: a few numbers, whatever the number of buckets. */
export function momentsOf(measurements: Measurements, objective: Objective): UtilityMoments {
  const moments: { -readonly [Part in keyof Objective]?: TermMoments } = {};
  const calls = callsOf(measurements);
  if (objective.success !== undefined && calls > 0) {
    const { success, partial } = measurements;
    moments.success = { count: calls, sum: success + partial / 2, squares: success + partial / 4 };
  }
  if (objective.quality !== undefined && (measurements.quality?.count ?? 0) > 0) {
    moments.quality = qualityMoments(measurements.quality as Histogram);
  }
  if (objective.latency !== undefined && (measurements.duration?.count ?? 0) > 0) {
    moments.latency = latencyMoments(measurements.duration as Histogram, objective.latency);
  }
  if (objective.feedback !== undefined && (measurements.feedback?.count ?? 0) > 0) {
    moments.feedback = qualityMoments(measurements.feedback as Histogram);
  }
  const spent = objective.cost === undefined ? undefined : measurements.cost?.[objective.cost.unit];
  if (objective.cost !== undefined && spent !== undefined && calls > 0) {
    // only a sum exists: the clip applies to the mean, and a coefficient of variation of one half stands for the unknown spread
    const { reference } = objective.cost;
    const mean = 1 - Math.min(1, spent.sum / calls / reference);
    const meanCost = spent.sum / calls;
    const variance = Math.max(
      0,
      spent.squares === undefined ? (meanCost / 2) ** 2 : spent.squares / calls - meanCost ** 2,
    );
    moments.cost = { count: calls, sum: mean * calls, squares: (mean * mean + variance / reference ** 2) * calls };
  }
  return moments;
}

/** The moments of both together. */
export function addMoments(left: UtilityMoments, right: UtilityMoments): UtilityMoments {
  const sum: { -readonly [Part in keyof Objective]?: TermMoments } = { ...left };
  for (const part of Object.keys(right) as (keyof Objective)[]) {
    const one = left[part];
    const other = right[part];
    if (other === undefined) continue;
    sum[part] =
      one === undefined
        ? other
        : { count: one.count + other.count, sum: one.sum + other.sum, squares: one.squares + other.squares };
  }
  return sum;
}

/** A longer record than one window, for the spread of a single call: a window of three successes has no spread of its own. */
export interface SpreadRecord {
  /** The variant itself. */
  readonly own: UtilityMoments;
  /** All variants of the context: what a call's spread usually is, with the weight of twenty calls. */
  readonly typical: UtilityMoments;
}

/** The moments with every number multiplied, so that older ones count less. */
export function scaleMoments(moments: UtilityMoments, factor: number): UtilityMoments {
  const scaled: { -readonly [Part in keyof Objective]?: TermMoments } = {};
  for (const part of Object.keys(moments) as (keyof Objective)[]) {
    const term = moments[part];
    if (term !== undefined)
      scaled[part] = { count: term.count * factor, sum: term.sum * factor, squares: term.squares * factor };
  }
  return scaled;
}

/**
 * The utility that moments show.
 *
 * @param record Where the variance of a call is taken from; by default the same moments.
 * @returns Undefined where a part of the objective was not measured: a missing part is not zero.
 */
export function utilityFrom(moments: UtilityMoments, objective: Objective, record?: SpreadRecord): Utility | undefined {
  let mean = 0;
  let variance = 0;
  for (const part of PARTS) {
    const weight = objective[part]?.weight ?? 0;
    if (weight === 0) continue;
    const term = moments[part];
    if (term === undefined || term.count <= 0) return undefined;
    mean += (weight * term.sum) / term.count;
    variance += (weight * weight * shrunkVariance(part, record?.own[part] ?? term, record?.typical[part])) / term.count;
  }
  return { mean, variance: Math.max(variance, 1e-9) };
}

/**
 * What ratings add to the utility. They arrive later than the calls and for other numbers of them, so they are a part of their own.
 *
 * @returns Undefined without ratings.
 */
export function ratingFrom(moments: UtilityMoments, objective: Objective, record: SpreadRecord): Utility | undefined {
  const weight = objective.feedback?.weight ?? 0;
  const term = moments.feedback;
  if (weight === 0 || term === undefined || term.count <= 0) return undefined;
  const variance = shrunkVariance("feedback", record.own.feedback ?? term, record.typical.feedback);
  return {
    mean: (weight * term.sum) / term.count,
    variance: Math.max((weight * weight * variance) / term.count, 1e-9),
  };
}

/** The utility of measurements by themselves. */
export function utilityOf(measurements: Measurements, objective: Objective): Utility | undefined {
  return utilityFrom(momentsOf(measurements, objective), objective);
}

/** Utility of one duration in seconds, 0 to 1. */
export function latencyUtility({ goodSeconds, badSeconds }: LatencyTerm, seconds: number): number {
  if (seconds <= goodSeconds) return 1;
  if (seconds >= badSeconds) return 0;
  return Math.log(badSeconds / seconds) / Math.log(badSeconds / goodSeconds);
}

/** The parts that are known when a call ends. */
const PARTS = ["quality", "success", "latency", "cost"] as const satisfies readonly (keyof Objective)[];

/** Quality scores of an unknown service are thought to have this variance, with the weight of four scores. */
const TYPICAL_QUALITY_VARIANCE = 0.04;
const TYPICAL_CALLS = 20;

/** The variance of one call by its own record, drawn towards what is typical. */
function shrunkVariance(part: keyof Objective, own: TermMoments, typical: TermMoments | undefined): number {
  const variance = callVariance(part, own);
  if (typical === undefined) return variance;
  return (own.count * variance + TYPICAL_CALLS * callVariance(part, typical)) / (own.count + TYPICAL_CALLS);
}

/** The variance of one call, never so small that a few equal calls would be certainty. */
function callVariance(part: keyof Objective, { count, sum, squares }: TermMoments): number {
  const raw = Math.max(0, squares / count - (sum / count) ** 2);
  const variance = count > 1 ? (raw * count) / (count - 1) : raw;
  if (part === "quality" || part === "feedback") return (count * variance + 4 * TYPICAL_QUALITY_VARIANCE) / (count + 4);
  return Math.max(variance, (part === "success" ? 0.25 : 0.01) / (count + 4));
}

function qualityMoments({ bounds, counts, sum, count, squares }: Histogram): TermMoments {
  if (squares !== undefined) return { count, sum, squares };
  const mean = sum / count;
  const total = bucketTotal(counts);
  if (bounds.length === 0 || total === 0)
    return { count, sum, squares: count * (mean * mean + TYPICAL_QUALITY_VARIANCE) };
  let first = 0;
  let second = 0;
  counts.forEach((inBucket, index) => {
    const lower = bounds[index - 1] ?? 0;
    const upper = Math.max(lower, bounds[index] ?? 1);
    const middle = (lower + upper) / 2;
    first += inBucket * middle;
    second += inBucket * (middle * middle - (upper - lower) ** 2 / 12); // Sheppard's correction
  });
  const variance = Math.max(0, second / total - (first / total) ** 2);
  return { count, sum, squares: count * (mean * mean + variance) };
}

function latencyMoments({ bounds, counts, sum, count }: Histogram, term: LatencyTerm): TermMoments {
  const total = bucketTotal(counts);
  if (bounds.length === 0 || total === 0) {
    // no buckets: the utility of the mean, and the largest spread that a value between 0 and 1 with this mean can have
    const mean = latencyUtility(term, sum / count);
    return { count, sum: mean * count, squares: mean * count };
  }
  let first = 0;
  let second = 0;
  counts.forEach((inBucket, index) => {
    if (inBucket === 0) return;
    const [mean, square] = bucketUtility(bounds, index, term);
    first += inBucket * mean;
    second += inBucket * square;
  });
  return { count: total, sum: first, squares: second };
}

/**
 * Mean and mean square of ℓ over a bucket whose observations lie evenly on the log scale. The lowest bucket is taken from half
 * its bound, the topmost to twice its bound.
 */
function bucketUtility(
  bounds: readonly number[],
  index: number,
  { goodSeconds, badSeconds }: LatencyTerm,
): [number, number] {
  const lower = index === 0 ? (bounds[0] ?? 1) / 2 : (bounds[index - 1] ?? 1);
  const upper = bounds[index] ?? lower * 2;
  const good = Math.log(goodSeconds);
  const bad = Math.log(badSeconds);
  const from = Math.log(lower);
  const to = Math.log(upper);
  // ℓ is 1 up to `good`, linear to `bad`, 0 above: integrate the three pieces
  const flat = Math.max(0, Math.min(to, good) - from);
  const start = Math.max(from, good);
  const end = Math.max(start, Math.min(to, bad));
  const high = (bad - start) / (bad - good);
  const low = (bad - end) / (bad - good);
  const slope = end > start ? end - start : 0;
  const width = to - from;
  const mean = (flat + (slope * (high + low)) / 2) / width;
  const square = (flat + (slope * (high * high + high * low + low * low)) / 3) / width;
  return [mean, square];
}

/**
 * Do the variants of a context keep the limits on success rate and latency? Passed, violated, or unknown.
 *
 * Two looks at the same counts. An e-CUSUM per variant and limit, fed every cycle, raises an alarm within a few cycles of a
 * breach and cannot be lulled by a good past. The posterior probability that the limit holds, from the discounted counts, is
 * what a promotion has to show. A p95 limit is a limit on a share: at most 5 % of the calls may be slower.
 */
import type { VariantId } from "@trimtab/conventions";
import { callsOf, type Histogram, type Measurements } from "../evidence/evidence.ts";
import { addHistograms, scaleHistogram } from "../evidence/measurements.ts";
import type { MeasuredShare } from "../evidence/windows.ts";
import type { Constraint } from "../policy/policy.ts";
import { betaCdf } from "../statistics/beta-distribution.ts";
import { CUSUM_BOUND, cusumLevel, updateShareCusum } from "../statistics/cusum.ts";
import { bucketTotal, countAbove, histogramQuantile } from "../statistics/histogram-quantile.ts";

/** Calls that kept a limit and calls that missed it. */
type GoodAndBad = { readonly good: number; readonly bad: number };

/** Counts against one limit, and the alarm's sums; JSON. */
type LimitCounts = GoodAndBad & {
  readonly sums: readonly number[];
  /** The calls since the alarm's sums were last zero: the variant's own, and those of the baseline in the same cycles. */
  readonly own: GoodAndBad;
  readonly beside: GoodAndBad;
};

/** What the limits remember of a context; JSON. */
export type LimitMemory = {
  /** By variant, one entry per constraint in the policy's order; null where nothing was measured yet. */
  readonly variants: Readonly<Record<VariantId, readonly (LimitCounts | null)[]>>;
  /** Durations of the baseline, older ones counting less; for limits that are a multiple of its p95. */
  readonly baselineDurations?: Histogram;
};

/** A variant against all limits of the operation. */
export interface LimitJudgement {
  readonly verdict: "passed" | "violated" | "unknown";
  /** Probability, 0 to 1, that every limit holds; 1 without limits. */
  readonly probability: number;
  /** The limit that is violated or unknown, in words with numbers. */
  readonly sentence: string;
  /** Index of that limit in the policy. */
  readonly constraint?: number;
  /** How far the alarm is raised on a natural logarithmic scale. */
  readonly level: number;
}

/** Nothing measured yet. */
export const NO_LIMIT_MEMORY: LimitMemory = { variants: {} };

const TAIL = 0.05;
const SUCCESS_DROPS = [0.04, 0.12, 0.3];
const TAIL_ALTERNATIVES = [0.91, 0.85, 0.65];
/** Half of the weight of a count is gone after this many cycles. */
const HALF_LIFE_CYCLES = 300;
const KEEP = 0.5 ** (1 / HALF_LIFE_CYCLES);
const MINIMUM_BASELINE_DURATIONS = 200;
/** The prior of a rate lies at its limit with the weight of this many calls. */
const PRIOR_CALLS = 10;
/** Shares that lie further beyond the limit than this count as if they did not. */
const MOST_BEYOND = 0.15;
/** Variance that a window adds to a share beyond sampling: users in a row, caches. */
const SHARE_DISPERSION = 0.01 ** 2;
/** From here on the baseline itself is in trouble, and taking a variant back to it would not help. */
const COMMON_CAUSE = { success: 1.5, tail: 2.5 };
/** A likelihood ratio of e: the baseline's share has fallen with the variant's rather than stayed. */
const SHARED_CAUSE = 1;

/**
 * Takes one cycle's measurements in. Variants that are no longer served are forgotten, so that one that returns starts anew.
 *
 * @param siblings Durations of the baseline in all contexts: they stand in where a context has too few of its own.
 */
export function updateLimits(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  served: readonly VariantId[],
  baseline: VariantId,
  measured: ReadonlyMap<VariantId, Measurements>,
  siblings?: Histogram,
): LimitMemory {
  if (constraints.length === 0) return NO_LIMIT_MEMORY;
  const baselineDurations = withNewDurations(memory.baselineDurations, measured.get(baseline)?.duration);
  const reference = referenceOf(baselineDurations, siblings);
  const variants: Record<VariantId, readonly (LimitCounts | null)[]> = {};
  const countedOf = (variant: VariantId, constraint: Constraint): GoodAndBad | undefined => {
    const measurements = measured.get(variant);
    return measurements === undefined ? undefined : countOf(constraint, measurements, reference);
  };
  for (const variant of served) {
    const before = memory.variants[variant] ?? [];
    variants[variant] = constraints.map((constraint, index) => {
      const previous = before[index] ?? null;
      const counted = countedOf(variant, constraint);
      return counted === undefined
        ? previous
        : withCounts(previous, counted, countedOf(baseline, constraint) ?? NO_CALLS, constraint);
    });
  }
  return { variants, ...(baselineDurations === undefined ? {} : { baselineDurations }) };
}

/** Judges a variant by what is remembered of it. */
export function judgeLimits(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  variant: VariantId,
  baseline: VariantId,
): LimitJudgement {
  let probability = 1;
  let level = 0;
  let unknown: LimitJudgement | undefined;
  for (const [index, constraint] of constraints.entries()) {
    const counts = memory.variants[variant]?.[index];
    if (counts === undefined || counts === null) {
      const sentence = `nothing is known yet about ${describeConstraint(constraint)}`;
      unknown ??= { verdict: "unknown", probability: 0, sentence, constraint: index, level };
      continue;
    }
    probability *= probabilityHolds(counts, constraint);
    const raised = cusumLevel(counts.sums);
    level = Math.max(level, raised);
    if (raised > CUSUM_BOUND && !isCommonCause(memory, constraint, index, variant, baseline)) {
      const sentence = `${describeCounts(counts, constraint)}; the limit is ${describeConstraint(constraint)}`;
      return {
        verdict: "violated",
        probability: Math.min(probability, 3 * Math.exp(-raised)),
        sentence,
        constraint: index,
        level: raised,
      };
    }
  }
  return unknown ?? { verdict: "passed", probability, sentence: "every limit holds", level };
}

/**
 * The share of a window's calls that missed each limit, with the variance that counts of this size have; scaled down where it is
 * far beyond the limit.
 *
 * The variance is that of the variant's remembered share, drawn to the limit: a window without a single miss is not certain.
 */
export function missesOf(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  variant: VariantId,
  measurements: Measurements,
  siblings?: Histogram,
): (MeasuredShare | null)[] {
  const reference = referenceOf(memory.baselineDurations, siblings);
  return constraints.map((constraint, index) => {
    const counted = countOf(constraint, measurements, reference);
    if (counted === undefined) return null;
    const calls = counted.good + counted.bad;
    if (calls <= 0) return null;
    const remembered = shareMissed(memory.variants[variant]?.[index] ?? counted, constraint);
    // far beyond the limit is far beyond it: a share of 0.9 must not bend a smooth surface more than one of 0.3
    const scale = Math.min(1, (1 - expectedShare(constraint) + MOST_BEYOND) / remembered);
    const variance = scale ** 2 * ((remembered * (1 - remembered)) / calls + SHARE_DISPERSION);
    return { share: (scale * counted.bad) / calls, variance };
  });
}

/** How far the baseline is from one limit. */
export interface LimitLevel {
  /** The share of calls, 0 to 1, that may miss the limit. */
  readonly allowed: number;
  /** The baseline's share, and the variance of its estimate. */
  readonly baseline: MeasuredShare;
}

/** Where the baseline stands against each limit; null where nothing was measured yet. */
export function limitLevels(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  baseline: VariantId,
): readonly (LimitLevel | null)[] {
  return constraints.map((constraint, index) => {
    const counts = memory.variants[baseline]?.[index] ?? null;
    if (counts === null) return null;
    const share = shareMissed(counts, constraint);
    const variance = (share * (1 - share)) / (counts.good + counts.bad + PRIOR_CALLS);
    return { allowed: 1 - expectedShare(constraint), baseline: { share, variance } };
  });
}

/** A limit in words, e.g. `success_rate >= 0.9`. */
export function describeConstraint(constraint: Constraint): string {
  switch (constraint.kind) {
    case "success-rate":
      return `success_rate >= ${constraint.minimum}`;
    case "p95-latency":
      return `p95_latency <= ${constraint.maximumSeconds} s`;
    default:
      return `p95_latency <= ${constraint.maximumRatio} x baseline`;
  }
}

function withNewDurations(before: Histogram | undefined, now: Histogram | undefined): Histogram | undefined {
  if (before === undefined) return now;
  return addHistograms(scaleHistogram(before, KEEP), now);
}

/**
 * The durations that a multiple of the baseline's p95 is taken of: the context's own, filled up with those of all contexts where it
 * has too few; undefined where even these are too few.
 */
function referenceOf(own: Histogram | undefined, siblings: Histogram | undefined): Histogram | undefined {
  const missing = MINIMUM_BASELINE_DURATIONS - (own === undefined ? 0 : bucketTotal(own.counts));
  if (missing <= 0) return own;
  const others = siblings === undefined ? 0 : bucketTotal(siblings.counts);
  if (siblings === undefined || others < MINIMUM_BASELINE_DURATIONS) return undefined;
  return addHistograms(own, scaleHistogram(siblings, missing / others));
}

/** Durations of the baseline in all contexts together; undefined where no limit needs them. */
export function siblingDurations(
  memories: Iterable<LimitMemory>,
  constraints: readonly Constraint[],
): Histogram | undefined {
  if (!constraints.some(({ kind }) => kind === "p95-latency-ratio")) return undefined;
  let sum: Histogram | undefined;
  for (const { baselineDurations } of memories) sum = addHistograms(sum, baselineDurations);
  return sum;
}

/** Good and bad calls of one cycle against a limit; undefined where that was not measured. */
function countOf(
  constraint: Constraint,
  measurements: Measurements,
  reference: Histogram | undefined,
): GoodAndBad | undefined {
  if (constraint.kind === "success-rate") {
    if (callsOf(measurements) === 0) return undefined;
    return {
      good: measurements.success + measurements.partial / 2,
      bad: measurements.failure + measurements.partial / 2,
    };
  }
  const { duration } = measurements;
  const limit = limitSeconds(constraint, reference);
  if (duration === undefined || limit === undefined) return undefined;
  const slow = countAbove(duration, limit, "leaning");
  const total = bucketTotal(duration.counts);
  return slow === undefined || total === 0 ? undefined : { good: Math.max(0, total - slow), bad: slow };
}

function limitSeconds(
  constraint: Exclude<Constraint, { kind: "success-rate" }>,
  reference: Histogram | undefined,
): number | undefined {
  if (constraint.kind === "p95-latency") return constraint.maximumSeconds;
  const p95 = reference === undefined ? undefined : histogramQuantile(reference, 1 - TAIL, "leaning");
  return p95 === undefined ? undefined : p95 * constraint.maximumRatio;
}

function withCounts(
  before: LimitCounts | null,
  counted: GoodAndBad,
  baseline: GoodAndBad,
  constraint: Constraint,
): LimitCounts {
  const { good, bad } = counted;
  const expected = expectedShare(constraint);
  const alternatives =
    constraint.kind === "success-rate"
      ? SUCCESS_DROPS.map((drop) => Math.max(0.01, expected - drop))
      : TAIL_ALTERNATIVES;
  const sums = updateShareCusum(before?.sums ?? [], good, bad, expected, alternatives);
  const isCalm = cusumLevel(sums) === 0;
  return {
    good: (before?.good ?? 0) * KEEP + good,
    bad: (before?.bad ?? 0) * KEEP + bad,
    sums,
    own: isCalm ? NO_CALLS : sumOf(before?.own ?? NO_CALLS, counted),
    beside: isCalm ? NO_CALLS : sumOf(before?.beside ?? NO_CALLS, baseline),
  };
}

const NO_CALLS: GoodAndBad = { good: 0, bad: 0 };

function sumOf(left: GoodAndBad, right: GoodAndBad): GoodAndBad {
  return { good: left.good + right.good, bad: left.bad + right.bad };
}

/** The share of good calls at the limit, kept off 0 and 1 where no likelihood exists. */
function expectedShare(constraint: Constraint): number {
  return constraint.kind === "success-rate" ? Math.min(0.9999, Math.max(0.011, constraint.minimum)) : 1 - TAIL;
}

function probabilityHolds({ good, bad }: GoodAndBad, constraint: Constraint): number {
  const expected = expectedShare(constraint);
  return 1 - betaCdf(expected, good + PRIOR_CALLS * expected, bad + PRIOR_CALLS * (1 - expected));
}

function shareMissed({ good, bad }: GoodAndBad, constraint: Constraint): number {
  return (bad + PRIOR_CALLS * (1 - expectedShare(constraint))) / (good + bad + PRIOR_CALLS);
}

function isCommonCause(
  memory: LimitMemory,
  constraint: Constraint,
  index: number,
  variant: VariantId,
  baseline: VariantId,
): boolean {
  if (variant === baseline) return true;
  const usual = memory.variants[baseline]?.[index] ?? null;
  if (usual === null) return false;
  if (cusumLevel(usual.sums) > (constraint.kind === "success-rate" ? COMMON_CAUSE.success : COMMON_CAUSE.tail))
    return true;
  const raised = memory.variants[variant]?.[index];
  return raised !== null && raised !== undefined && logSharedCause(raised, usual, constraint) > SHARED_CAUSE;
}

/**
 * How much better the baseline's calls since the alarm began to rise fit the share that the variant had in that time than the
 * baseline's own usual share: the logarithm of the likelihood ratio. The baseline has few calls, too few for an alarm of its
 * own when everything gets a little worse; this needs fewer, because it knows by how much.
 */
function logSharedCause({ own, beside }: LimitCounts, usual: LimitCounts, constraint: Constraint): number {
  const before = { good: Math.max(0, usual.good - beside.good), bad: Math.max(0, usual.bad - beside.bad) };
  const shared = 1 - shareMissed(own, constraint);
  const alone = 1 - shareMissed(before, constraint);
  if (shared >= alone) return 0;
  return beside.good * Math.log(shared / alone) + beside.bad * Math.log((1 - shared) / (1 - alone));
}

function describeCounts({ good, bad }: GoodAndBad, constraint: Constraint): string {
  const share = good / Math.max(1e-9, good + bad);
  return constraint.kind === "success-rate"
    ? `its success rate over the recent calls is ${share.toFixed(3)}`
    : `${(100 * (1 - share)).toFixed(1)} % of its recent calls were slower than the limit allows for 5 %`;
}

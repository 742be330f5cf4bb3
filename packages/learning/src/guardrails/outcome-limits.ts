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
import type { Constraint } from "../policy/policy.ts";
import { betaCdf } from "../statistics/beta-distribution.ts";
import { CUSUM_BOUND, cusumLevel, updateShareCusum } from "../statistics/cusum.ts";
import { bucketTotal, countAbove, histogramQuantile } from "../statistics/histogram-quantile.ts";

/** Counts against one limit, and the alarm's sums; JSON. */
type LimitCounts = { readonly good: number; readonly bad: number; readonly sums: readonly number[] };

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
/** From here on the baseline itself is in trouble, and taking a variant back to it would not help. */
const COMMON_CAUSE = { success: 1.5, tail: 2.5 };

/**
 * Takes one cycle's measurements in. Variants that are no longer served are forgotten, so that one that returns starts anew.
 */
export function updateLimits(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  served: readonly VariantId[],
  baseline: VariantId,
  measured: ReadonlyMap<VariantId, Measurements>,
): LimitMemory {
  if (constraints.length === 0) return NO_LIMIT_MEMORY;
  const baselineDurations = withNewDurations(memory.baselineDurations, measured.get(baseline)?.duration);
  const variants: Record<VariantId, readonly (LimitCounts | null)[]> = {};
  for (const variant of served) {
    const before = memory.variants[variant] ?? [];
    const measurements = measured.get(variant);
    variants[variant] = constraints.map((constraint, index) => {
      const previous = before[index] ?? null;
      const counted = measurements === undefined ? undefined : countOf(constraint, measurements, baselineDurations);
      return counted === undefined ? previous : withCounts(previous, counted, constraint);
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

/** Good and bad calls of one cycle against a limit; undefined where that was not measured. */
function countOf(
  constraint: Constraint,
  measurements: Measurements,
  baselineDurations: Histogram | undefined,
): { readonly good: number; readonly bad: number } | undefined {
  if (constraint.kind === "success-rate") {
    if (callsOf(measurements) === 0) return undefined;
    return {
      good: measurements.success + measurements.partial / 2,
      bad: measurements.failure + measurements.partial / 2,
    };
  }
  const { duration } = measurements;
  const limit = limitSeconds(constraint, baselineDurations);
  if (duration === undefined || limit === undefined) return undefined;
  const slow = countAbove(duration, limit);
  const total = bucketTotal(duration.counts);
  return slow === undefined || total === 0 ? undefined : { good: Math.max(0, total - slow), bad: slow };
}

function limitSeconds(
  constraint: Exclude<Constraint, { kind: "success-rate" }>,
  baselineDurations: Histogram | undefined,
): number | undefined {
  if (constraint.kind === "p95-latency") return constraint.maximumSeconds;
  if (baselineDurations === undefined || bucketTotal(baselineDurations.counts) < MINIMUM_BASELINE_DURATIONS)
    return undefined;
  const p95 = histogramQuantile(baselineDurations, 1 - TAIL, "log");
  return p95 === undefined ? undefined : p95 * constraint.maximumRatio;
}

function withCounts(
  before: LimitCounts | null,
  { good, bad }: { good: number; bad: number },
  constraint: Constraint,
): LimitCounts {
  const expected = expectedShare(constraint);
  const alternatives =
    constraint.kind === "success-rate"
      ? SUCCESS_DROPS.map((drop) => Math.max(0.01, expected - drop))
      : TAIL_ALTERNATIVES;
  return {
    good: (before?.good ?? 0) * KEEP + good,
    bad: (before?.bad ?? 0) * KEEP + bad,
    sums: updateShareCusum(before?.sums ?? [], good, bad, expected, alternatives),
  };
}

/** The share of good calls at the limit, kept off 0 and 1 where no likelihood exists. */
function expectedShare(constraint: Constraint): number {
  return constraint.kind === "success-rate" ? Math.min(0.9999, Math.max(0.011, constraint.minimum)) : 1 - TAIL;
}

function probabilityHolds({ good, bad }: LimitCounts, constraint: Constraint): number {
  const expected = expectedShare(constraint);
  return 1 - betaCdf(expected, good + PRIOR_CALLS * expected, bad + PRIOR_CALLS * (1 - expected));
}

function isCommonCause(
  memory: LimitMemory,
  constraint: Constraint,
  index: number,
  variant: VariantId,
  baseline: VariantId,
): boolean {
  if (variant === baseline) return true;
  const level = cusumLevel(memory.variants[baseline]?.[index]?.sums ?? []);
  return level > (constraint.kind === "success-rate" ? COMMON_CAUSE.success : COMMON_CAUSE.tail);
}

function describeCounts({ good, bad }: LimitCounts, constraint: Constraint): string {
  const share = good / Math.max(1e-9, good + bad);
  return constraint.kind === "success-rate"
    ? `its success rate over the recent calls is ${share.toFixed(3)}`
    : `${(100 * (1 - share)).toFixed(1)} % of its recent calls were slower than the limit allows for 5 %`;
}

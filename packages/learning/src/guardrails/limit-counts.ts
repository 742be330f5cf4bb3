/** What is counted against the limits of an operation: calls that keep a limit and calls that miss it. */
import type { VariantId } from "@trimtab/conventions";
import { callsOf, type Histogram, type Measurements } from "../evidence/evidence.ts";
import { addHistograms, scaleHistogram } from "../evidence/measurements.ts";
import type { Constraint } from "../policy/policy.ts";
import { bucketTotal, countAbove, histogramQuantile } from "../statistics/histogram-quantile.ts";

/** Calls that kept a limit and calls that missed it. */
export type GoodAndBad = { readonly good: number; readonly bad: number };

/** Counts against one limit, and the alarm's sums; JSON. */
export type LimitCounts = GoodAndBad & {
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

/** Nothing measured yet. */
export const NO_LIMIT_MEMORY: LimitMemory = { variants: {} };

const TAIL = 0.05;
const MINIMUM_BASELINE_DURATIONS = 200;
/** Half as many: a share is known better than its tail. */
const MINIMUM_BASELINE_CALLS = 100;
/** The prior of a rate lies at its limit with the weight of this many calls. */
export const PRIOR_CALLS: number = 10;

/**
 * The durations that a multiple of the baseline's p95 is taken of: the context's own, filled up with those of all contexts where it
 * has too few; undefined where even these are too few.
 */
export function referenceOf(own: Histogram | undefined, siblings: Histogram | undefined): Histogram | undefined {
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

/** Is it a limit on the success rate? */
export function isOnSuccess(
  constraint: Constraint,
): constraint is Extract<Constraint, { kind: "success-rate" | "success-rate-ratio" }> {
  return constraint.kind === "success-rate" || constraint.kind === "success-rate-ratio";
}

/** Good and bad calls of one cycle against a limit; undefined where that was not measured. */
export function countOf(
  constraint: Constraint,
  measurements: Measurements,
  reference: Histogram | undefined,
): GoodAndBad | undefined {
  if (isOnSuccess(constraint)) {
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
  constraint: Extract<Constraint, { kind: "p95-latency" | "p95-latency-ratio" }>,
  reference: Histogram | undefined,
): number | undefined {
  if (constraint.kind === "p95-latency") return constraint.maximumSeconds;
  const p95 = reference === undefined ? undefined : histogramQuantile(reference, 1 - TAIL, "leaning");
  return p95 === undefined ? undefined : p95 * constraint.maximumRatio;
}

/** A limit as it stands in a context: one on the success rate is an absolute share. */
export type StandingLimit = Exclude<Constraint, { kind: "success-rate-ratio" }>;

/**
 * The limits as they stand in a context, in the policy's order: a share of the baseline's success rate becomes a success rate; null
 * where the baseline had too few calls to say.
 */
export function standingLimits(
  { variants }: LimitMemory,
  constraints: readonly Constraint[],
  baseline: VariantId,
): readonly (StandingLimit | null)[] {
  return constraints.map((constraint, index) => {
    if (constraint.kind !== "success-rate-ratio") return constraint;
    const { good, bad } = variants[baseline]?.[index] ?? { good: 0, bad: 0 };
    if (good + bad < MINIMUM_BASELINE_CALLS) return null;
    return { kind: "success-rate", minimum: (constraint.minimumRatio * good) / (good + bad) };
  });
}

/** The share of good calls at the limit, kept off 0 and 1 where no likelihood exists. */
export function expectedShare(constraint: StandingLimit): number {
  return constraint.kind === "success-rate" ? Math.min(0.9999, Math.max(0.011, constraint.minimum)) : 1 - TAIL;
}

/** The share that missed, drawn to the limit. */
export function shareMissed({ good, bad }: GoodAndBad, constraint: StandingLimit): number {
  return (bad + PRIOR_CALLS * (1 - expectedShare(constraint))) / (good + bad + PRIOR_CALLS);
}

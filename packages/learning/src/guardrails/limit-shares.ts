/** What misses teach about settings: the share of each window's calls that missed a limit, and how far the baseline is from it. */
import type { VariantId } from "@trimtab/conventions";
import type { Histogram, Measurements } from "../evidence/evidence.ts";
import type { MeasuredShare } from "../evidence/windows.ts";
import type { Constraint } from "../policy/policy.ts";
import {
  countOf,
  expectedShare,
  type LimitMemory,
  PRIOR_CALLS,
  referenceOf,
  shareMissed,
  standingLimits,
} from "./limit-counts.ts";

/** Shares that lie further beyond the limit than this count as if they did not. */
const MOST_BEYOND = 0.15;
/** Variance that a window adds to a share beyond sampling: users in a row, caches. */
const SHARE_DISPERSION = 0.01 ** 2;

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
  baseline: VariantId,
  siblings?: Histogram,
): (MeasuredShare | null)[] {
  const reference = referenceOf(memory.baselineDurations, siblings);
  const standing = standingLimits(memory, constraints, baseline);
  return constraints.map((constraint, index) => {
    const counted = countOf(constraint, measurements, reference);
    const limit = standing[index] ?? null;
    if (counted === undefined || limit === null) return null;
    const calls = counted.good + counted.bad;
    if (calls <= 0) return null;
    const remembered = shareMissed(memory.variants[variant]?.[index] ?? counted, limit);
    // far beyond the limit is far beyond it: a share of 0.9 must not bend a smooth surface more than one of 0.3
    const scale = Math.min(1, (1 - expectedShare(limit) + MOST_BEYOND) / remembered);
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
  const standing = standingLimits(memory, constraints, baseline);
  return constraints.map((constraint, index) => {
    const counts = memory.variants[baseline]?.[index] ?? null;
    const limit = standing[index] ?? null;
    if (counts === null || limit === null) return null;
    const share = shareMissed(counts, limit);
    // a limit that moves with the baseline's own rate leaves only the distance between both uncertain
    const moving = constraint.kind === "success-rate-ratio" ? 1 - constraint.minimumRatio : 1;
    const variance = (moving ** 2 * share * (1 - share)) / (counts.good + counts.bad + PRIOR_CALLS);
    return { allowed: 1 - expectedShare(limit), baseline: { share, variance } };
  });
}

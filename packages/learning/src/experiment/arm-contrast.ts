/**
 * Two learning strategies on disjoint shares of one operation: what is served, and which of the two does better.
 *
 *     d = A − B = Σ (share of v in A − share of v in B) · utility(v)       variance: Σ (difference of the shares)² · variance(v)
 *
 * over the variants v of one window. What a call gets does not depend on who chose it, so a variant that both serve is measured once and
 * cancels as far as both serve it. Windows are added up by their calls n:
 *
 *     estimate Σ n·d / Σ n ± √((Vρ²+1)/ρ² · ln((Vρ²+1)/α²)) / Σ n,       V = Σ n²·variance
 *
 * so that the estimate is a mean per call, the time in which the arms still learn included. Inverse variances, which are the best weights
 * for one constant difference, would not do: windows in which both arms serve nearly the same have next to no variance, and a few
 * of them would outweigh all others. The interval is that of `statistics/confidence-sequence.ts` and may be read at any time.
 * The decision behind it is in docs/decisions.
 */
import type { AllocatedVariant, VariantId } from "@trimtab/conventions";
import type { Interval } from "../decision/decision.ts";
import type { ClosedWindow } from "../evidence/windows.ts";
import { tuningFor } from "../statistics/confidence-sequence.ts";

/** One strategy's part of an experiment. */
export type ExperimentArm = {
  /** Its share of the calls outside the holdout, 0 to 1; those of both arms sum to 1. */
  readonly share: number;
  /** What its strategy serves: weights from 0 to 1 that sum to 1, the baseline's holdout among them. */
  readonly variants: readonly AllocatedVariant[];
};

/** Sums of differences, each weighted by its number of observations; JSON. */
type WeightedSums = {
  /** Σ n */
  readonly weight: number;
  /** Σ n·d */
  readonly score: number;
  /** Σ n²·v */
  readonly variance: number;
  /** ρ² of the interval, fixed by the first window. */
  readonly tuning: number;
};

/** The sums of a comparison; JSON. */
export type ArmContrastSums = {
  readonly windows: number;
  readonly calls: WeightedSums;
  /** What ratings add; null before the first, absent where the objective has none. */
  readonly ratings?: WeightedSums | null;
};

const ALPHA = 0.05;
const EDGE = 1e-9;
/** The interval is narrowest after about this many windows. */
const TYPICAL_WINDOWS = 100;
/** A window says nothing of an arm of which less than this was measured: so much of what it serves had calls. */
const LEAST_COVERAGE = 0.9;

/**
 * What both arms serve together: the holdout first, then the first arm's variants, then the second's. Each arm's weights sum to its
 * share whatever it serves, so under the same salt a key never leaves its arm. The baseline as an arm's incumbent stands again in
 * the arm's stretch; where both arms serve nothing else, it stands alone.
 *
 * @param holdout The baseline's own share, 0 to 1, in both arms.
 */
export function composeArms(arms: readonly [ExperimentArm, ExperimentArm], holdout: number): AllocatedVariant[] {
  const baseline = arms[0].variants.find(({ role }) => role === "baseline");
  if (baseline === undefined) throw new RangeError("an arm serves the baseline, or it has no holdout");
  const [first = [], second = []] = arms.map(({ share, variants }) =>
    variants.flatMap((variant): AllocatedVariant[] => {
      const isBaseline = variant.role === "baseline";
      const weight = share * (isBaseline ? Math.max(0, variant.weight - holdout) : variant.weight);
      return weight > 0 ? [{ ...variant, role: isBaseline ? "incumbent" : variant.role, weight }] : [];
    }),
  );
  if ([...first, ...second].every(({ id }) => id === baseline.id)) return [{ ...baseline, weight: 1 }];
  // the edge lies a hair before a bucket's: weights that sum up with other dust would else pass one bucket to and fro
  return [{ ...baseline, weight: holdout }, ...nudged(first, -1, -EDGE), ...nudged(second, 0, EDGE)];
}

/**
 * Takes one window in.
 *
 * @param arms As they were in the window; a window in which too much of what an arm served was not measured says nothing.
 */
export function learnArmContrast(
  before: ArmContrastSums | undefined,
  window: ClosedWindow,
  arms: readonly [ExperimentArm, ExperimentArm],
): ArmContrastSums | undefined {
  const scale = arms.reduce((sum, { share }) => sum + 1 / share, 0);
  const calls = withWindow(before?.calls ?? null, window.arms.map(asMeasured), arms, scale, ALPHA);
  if (calls === null || calls === before?.calls) return before;
  if (window.ratings === undefined) return { windows: (before?.windows ?? 0) + 1, calls };
  const rated = window.ratings.map(({ ratings, ...rest }) => ({ ...rest, count: ratings }));
  const ratings = withWindow(before?.ratings ?? null, rated, arms, scale, ALPHA / 2);
  return { windows: (before?.windows ?? 0) + 1, calls, ratings };
}

/**
 * Mean utility of a call under the first arm less that under the second; undefined before the first window.
 *
 * @param ratingsWeight The weight of ratings in the objective: before the first rating they may add or take as much.
 */
export function armContrast(sums: ArmContrastSums | undefined, ratingsWeight = 0): Interval | undefined {
  if (sums === undefined) return undefined;
  const hasRatings = sums.ratings !== undefined;
  const parts = [intervalOf(sums.calls, hasRatings ? ALPHA / 2 : ALPHA)];
  if (sums.ratings === null) parts.push({ estimate: 0, half: ratingsWeight });
  else if (sums.ratings !== undefined) parts.push(intervalOf(sums.ratings, ALPHA / 2));
  const estimate = parts.reduce((sum, part) => sum + part.estimate, 0);
  const half = parts.reduce((sum, part) => sum + part.half, 0);
  // a utility lies between 0 and 1, so a difference never leaves -1 to 1
  return { estimate, lower: Math.max(-1, estimate - half), upper: Math.min(1, estimate + half), level: 1 - ALPHA };
}

/** What one variant did in a window: mean utility with its variance, from so many calls or ratings. */
interface Measured {
  readonly variant: VariantId;
  readonly count: number;
  readonly utility: number;
  readonly variance: number;
}

function asMeasured({ variant, calls, utility, variance }: ClosedWindow["arms"][number]): Measured {
  return { variant, count: calls, utility, variance };
}

function withWindow(
  before: WeightedSums | null,
  measurements: readonly Measured[],
  arms: readonly [ExperimentArm, ExperimentArm],
  scale: number,
  alpha: number,
): WeightedSums | null {
  const measured = new Map(measurements.map((each) => [each.variant, each]));
  const one = measuredWeights(arms[0].variants, measured);
  const other = measuredWeights(arms[1].variants, measured);
  if (one === undefined || other === undefined) return before;
  let count = 0;
  let difference = 0;
  let variance = 0;
  let perCall = 0;
  for (const each of measurements) {
    const weight = (one.get(each.variant) ?? 0) - (other.get(each.variant) ?? 0);
    difference += weight * each.utility;
    variance += weight * weight * each.variance;
    count += each.count;
    perCall += each.count * each.count * each.variance;
  }
  if (!(count > 0)) return before;
  // as if no variant were shared: what the arms have in common now says nothing about later
  const typical = perCall * scale * TYPICAL_WINDOWS;
  return {
    weight: (before?.weight ?? 0) + count,
    score: (before?.score ?? 0) + count * difference,
    variance: (before?.variance ?? 0) + count * count * variance,
    tuning: before?.tuning ?? tuningFor(typical > 0 ? typical : 1, alpha),
  };
}

function intervalOf({ weight, score, variance, tuning }: WeightedSums, alpha: number) {
  const scaled = variance * tuning + 1;
  const half = Math.sqrt((scaled / tuning) * Math.log(scaled / (alpha * alpha))) / weight;
  return { estimate: score / weight, half };
}

/** The arm's shares among the variants that were measured; undefined where too much of the arm was not. */
function measuredWeights(
  variants: readonly AllocatedVariant[],
  measured: ReadonlyMap<VariantId, Measured>,
): Map<VariantId, number> | undefined {
  const weights = new Map<VariantId, number>();
  let covered = 0;
  for (const { id, weight } of variants) {
    if (!measured.has(id)) continue;
    weights.set(id, (weights.get(id) ?? 0) + weight);
    covered += weight;
  }
  if (covered < LEAST_COVERAGE) return undefined;
  for (const [id, weight] of weights) weights.set(id, weight / covered);
  return weights;
}

function nudged(variants: readonly AllocatedVariant[], place: number, by: number): AllocatedVariant[] {
  const chosen = variants.at(place);
  return variants.map((variant) => (variant === chosen ? { ...variant, weight: variant.weight + by } : variant));
}

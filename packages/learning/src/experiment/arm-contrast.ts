/**
 * Two learning strategies on disjoint shares of one operation: what is served, and which of the two does better.
 *
 *     A − B = Σ (share of v in A − share of v in B) · utility(v)       variance: Σ (difference of the shares)² · variance(v)
 *
 * over the variants v of one window. What a call gets does not depend on who chose it, so a variant that both serve is measured once and
 * cancels as far as both serve it. Windows are added up by their inverse variances; the interval may be read at any time.
 * The decision behind it is in docs/decisions.
 */
import type { AllocatedVariant, VariantId } from "@trimtab/conventions";
import type { Interval } from "../decision/decision.ts";
import type { ClosedWindow } from "../evidence/windows.ts";
import { confidenceSequence, tuningFor } from "../statistics/confidence-sequence.ts";

/** One strategy's part of an experiment. */
export interface ExperimentArm {
  /** Its share of the calls outside the holdout, 0 to 1; those of both arms sum to 1. */
  readonly share: number;
  /** What its strategy serves: weights from 0 to 1 that sum to 1, the baseline's holdout among them. */
  readonly variants: readonly AllocatedVariant[];
}

/** The sums of a comparison; JSON. */
export type ArmContrastSums = {
  readonly windows: number;
  /** Σ d/v */
  readonly score: number;
  /** Σ 1/v */
  readonly information: number;
  /** ρ² of the interval, fixed by the first window. */
  readonly tuning: number;
};

const ALPHA = 0.05;
const EDGE = 1e-9;
/** The interval is narrowest after about this many windows. */
const TYPICAL_WINDOWS = 100;

/**
 * What both arms serve together: the holdout first, then the first arm's variants, then the second's. Each arm's weights sum to its
 * share whatever it serves, so under the same salt a key never leaves its arm. The baseline as an arm's incumbent stands again in
 * the arm's stretch.
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
  // the edge lies a hair before a bucket's: weights that sum up with other dust would else pass one bucket to and fro
  return [{ ...baseline, weight: holdout }, ...nudged(first, -1, -EDGE), ...nudged(second, 0, EDGE)];
}

/**
 * Takes one window in.
 *
 * @param arms As they were in the window; a window in which a variant was served and not measured, or both served the same, says nothing.
 */
export function learnArmContrast(
  before: ArmContrastSums | undefined,
  window: ClosedWindow,
  arms: readonly [ExperimentArm, ExperimentArm],
): ArmContrastSums | undefined {
  const [one, other] = arms.map(({ variants }) => weightsOf(variants));
  if (one === undefined || other === undefined) return before;
  const measured = new Map(window.arms.map((arm) => [arm.variant, arm]));
  let difference = 0;
  let variance = 0;
  for (const variant of new Set([...one.keys(), ...other.keys()])) {
    const weight = (one.get(variant) ?? 0) - (other.get(variant) ?? 0);
    if (Math.abs(weight) < 1e-9) continue;
    const arm = measured.get(variant);
    if (arm === undefined) return before;
    difference += weight * arm.utility;
    variance += weight * weight * arm.variance;
  }
  if (variance === 0) return before;
  const information = 1 / variance;
  return {
    windows: (before?.windows ?? 0) + 1,
    score: (before?.score ?? 0) + difference * information,
    information: (before?.information ?? 0) + information,
    tuning: before?.tuning ?? tuningFor(TYPICAL_WINDOWS * information, ALPHA),
  };
}

/** Utility of the first arm less the second's; undefined before the first window that tells them apart. */
export function armContrast(sums: ArmContrastSums | undefined): Interval | undefined {
  if (sums === undefined) return undefined;
  const { estimate, lower, upper } = confidenceSequence(sums, sums.tuning, ALPHA);
  return { estimate, lower: Math.max(-1, lower), upper: Math.min(1, upper), level: 1 - ALPHA };
}

function nudged(variants: readonly AllocatedVariant[], place: number, by: number): AllocatedVariant[] {
  const chosen = variants.at(place);
  return variants.map((variant) => (variant === chosen ? { ...variant, weight: variant.weight + by } : variant));
}

function weightsOf(variants: readonly AllocatedVariant[]): Map<VariantId, number> {
  const weights = new Map<VariantId, number>();
  for (const { id, weight } of variants) weights.set(id, (weights.get(id) ?? 0) + weight);
  return weights;
}

/**
 * What the windows of a context say about the surface: all that has to be remembered of them.
 *
 *     A += Σ w (φ − φ̄)(φ − φ̄)ᵀ        b += Σ w (φ − φ̄)(y − ȳ)        w = 1/variance, bars are weighted means of the window
 *
 * Whatever is common to a window drops out with the means, so an incident or the time of day never looks like a better setting.
 */
import type { ParameterValues, VariantId } from "@trimtab/conventions";
import type { Matrix } from "../statistics/linear-algebra.ts";
import type { FeatureMap } from "./features.ts";

/** The evidence of one context; JSON. `precision` holds the upper triangle of A row by row. */
export type SurfaceEvidence = {
  readonly precision: readonly number[];
  readonly score: readonly number[];
  /** The operation's cycle of the last window. */
  readonly cycle: number;
};

/** Half of the weight is gone after this many cycles. */
const HALF_LIFE_CYCLES = 300;

/** What one variant showed in a window: a mean, and the variance of that mean. */
export interface SurfaceArm {
  readonly variant: VariantId;
  readonly value: number;
  readonly variance: number;
}

/** Nothing measured. */
export function noEvidence(size: number, cycle: number): SurfaceEvidence {
  return { precision: zeros((size * (size + 1)) / 2), score: zeros(size), cycle };
}

/** Takes the variants of a window in; older evidence counts less. A window with one variant says nothing. */
export function learnArms(
  evidence: SurfaceEvidence,
  measured: readonly SurfaceArm[],
  known: ReadonlyMap<VariantId, ParameterValues>,
  features: FeatureMap,
  cycle: number,
): SurfaceEvidence {
  const arms = measured.flatMap(({ variant, value, variance }) => {
    const parameters = known.get(variant);
    return parameters === undefined ? [] : [{ vector: features.vector(parameters), value, weight: 1 / variance }];
  });
  const keep = 0.5 ** (Math.max(0, cycle - evidence.cycle) / HALF_LIFE_CYCLES);
  if (arms.length < 2) return { ...discount(evidence, keep), cycle };
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const meanValue = arms.reduce((sum, arm) => sum + arm.weight * arm.value, 0) / total;
  const meanVector = new Float64Array(features.size);
  for (const { vector, weight } of arms)
    for (let i = 0; i < features.size; i++)
      meanVector[i] = (meanVector[i] as number) + ((vector[i] as number) * weight) / total;
  const precision = evidence.precision.map((each) => each * keep);
  const score = evidence.score.map((each) => each * keep);
  const offset = new Float64Array(features.size);
  for (const { vector, value, weight } of arms) {
    for (let i = 0; i < features.size; i++) offset[i] = (vector[i] as number) - (meanVector[i] as number);
    let place = 0;
    for (let row = 0; row < features.size; row++) {
      const weighted = weight * (offset[row] as number);
      score[row] = (score[row] as number) + weighted * (value - meanValue);
      for (let column = row; column < features.size; column++, place++) {
        precision[place] = (precision[place] as number) + weighted * (offset[column] as number);
      }
    }
  }
  return { precision, score, cycle };
}

/** The same evidence with less weight: after a change of the world, or a roll-back. */
export function discount(evidence: SurfaceEvidence, factor: number): SurfaceEvidence {
  if (factor === 1) return evidence;
  return {
    ...evidence,
    precision: evidence.precision.map((each) => each * factor),
    score: evidence.score.map((each) => each * factor),
  };
}

/** A and b as a full matrix and a vector. */
export function unpack(
  evidence: SurfaceEvidence,
  size: number,
): { readonly precision: Matrix; readonly score: Float64Array } {
  const precision = new Float64Array(size * size);
  let place = 0;
  for (let row = 0; row < size; row++) {
    for (let column = row; column < size; column++, place++) {
      const value = evidence.precision[place] as number;
      precision[row * size + column] = value;
      precision[column * size + row] = value;
    }
  }
  return { precision, score: Float64Array.from(evidence.score) };
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

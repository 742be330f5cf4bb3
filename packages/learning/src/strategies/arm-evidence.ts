/**
 * What the windows of a context say about its variants, each by itself: no surface joins them.
 *
 *     A += Σ w (u_a − ū)(u_a − ū)ᵀ      b += Σ w (u_a − ū)(y_a − ȳ)      w = 1/variance, u_a: the unit vector of variant a
 *
 * Bars are the weighted means of the window, so whatever is common to it drops out. A is a graph's Laplacian: what is remembered of
 * it is one number for each pair of variants, w_a·w_b/Σw, and its diagonal is minus the sum of its row.
 */
import type { ParameterValues, VariantId } from "@trimtab/conventions";
import type { ClosedWindow } from "../evidence/windows.ts";
import { cholesky, diagonal, inverse, type Matrix, multiply, multiplyLower } from "../statistics/linear-algebra.ts";
import type { Random } from "../statistics/random.ts";

/** One variant's part. */
type Arm = {
  readonly parameters: ParameterValues;
  /** Calls so far, older ones counting less. */
  readonly calls: number;
  /** b of this variant. */
  readonly score: number;
  /** Information shared with each other variant. */
  readonly links: Readonly<Record<VariantId, number>>;
  /** The operation's cycle in which it last had calls. */
  readonly seen: number;
};

/** The evidence of one context; JSON. */
export type ArmEvidence = { readonly cycle: number; readonly arms: Readonly<Record<VariantId, Arm>> };

/** Nothing measured. */
export const NO_ARMS: ArmEvidence = { cycle: 0, arms: {} };

/** Takes a window in, after everything older was made to count less. */
export function learnArms(
  before: ArmEvidence,
  window: ClosedWindow,
  known: ReadonlyMap<VariantId, ParameterValues>,
  {
    cycle,
    halfLifeCycles,
    mostArms,
  }: { readonly cycle: number; readonly halfLifeCycles: number; readonly mostArms: number },
): ArmEvidence {
  const keep = 0.5 ** (Math.max(0, cycle - before.cycle) / halfLifeCycles);
  const arms: Record<VariantId, Arm> = {};
  for (const [variant, arm] of Object.entries(before.arms)) {
    const links = Object.entries(arm.links).map(([other, link]) => [other, link * keep] as const);
    arms[variant] = { ...arm, calls: arm.calls * keep, score: arm.score * keep, links: Object.fromEntries(links) };
  }
  const measured = window.arms.flatMap((arm) => {
    const parameters = known.get(arm.variant) ?? arms[arm.variant]?.parameters;
    return parameters === undefined ? [] : [{ ...arm, parameters, weight: 1 / arm.variance }];
  });
  const total = measured.reduce((sum, { weight }) => sum + weight, 0);
  const mean = measured.reduce((sum, { weight, utility }) => sum + weight * utility, 0) / total;
  for (const { variant, parameters, calls, utility, weight } of measured) {
    const arm = arms[variant] ?? { parameters, calls: 0, score: 0, links: {}, seen: cycle };
    const links = { ...arm.links };
    for (const other of measured) {
      if (other.variant !== variant)
        links[other.variant] = (links[other.variant] ?? 0) + (weight * other.weight) / total;
    }
    const score = arm.score + weight * (utility - mean);
    arms[variant] = { parameters, calls: arm.calls + calls, score, links, seen: cycle };
  }
  return { cycle, arms: withoutOldest(arms, mostArms) };
}

/** The same evidence with less weight. */
export function discountArms({ cycle, arms }: ArmEvidence, factor: number): ArmEvidence {
  const weaker = Object.entries(arms).map(([variant, arm]) => {
    const links = Object.entries(arm.links).map(([other, link]) => [other, link * factor] as const);
    return [
      variant,
      { ...arm, calls: arm.calls * factor, score: arm.score * factor, links: Object.fromEntries(links) },
    ] as const;
  });
  return { cycle, arms: Object.fromEntries(weaker) };
}

function withoutOldest(arms: Record<VariantId, Arm>, most: number): Readonly<Record<VariantId, Arm>> {
  const variants = Object.keys(arms);
  if (variants.length <= most) return arms;
  const seen = (variant: VariantId): number => arms[variant]?.seen ?? 0;
  const kept = variants.sort((left, right) => seen(right) - seen(left) || (left < right ? -1 : 1)).slice(0, most);
  return Object.fromEntries(kept.sort().map((variant) => [variant, arms[variant] as Arm]));
}

/** What is believed of some variants: independent priors N(0, scale²), and the evidence. */
export class ArmBelief {
  private readonly places: ReadonlyMap<VariantId, number>;
  private readonly scale: number;
  private readonly mean: Float64Array;
  private readonly covariance: Matrix;
  private factor: Matrix | undefined;

  /** @param scale How far a variant usually lies from another, in utility. */
  constructor(evidence: ArmEvidence, scale: number) {
    const variants = Object.keys(evidence.arms).sort();
    this.places = new Map(variants.map((variant, place) => [variant, place]));
    this.scale = scale;
    const size = variants.length;
    const precision = diagonal(variants.map(() => 1 / (scale * scale)));
    const scores = new Float64Array(size);
    variants.forEach((variant, row) => {
      const arm = evidence.arms[variant] as Arm;
      scores[row] = arm.score;
      variants.forEach((other, column) => {
        const link = arm.links[other] ?? 0;
        precision[row * size + column] = (precision[row * size + column] as number) - link;
        precision[row * size + row] = (precision[row * size + row] as number) + link;
      });
    });
    this.covariance = inverse(precision, size);
    this.mean = multiply(this.covariance, scores);
  }

  /** The first variant less the second. A variant that was never measured is as the prior says. */
  difference(variant: VariantId, against: VariantId): { mean: number; deviation: number; prior: number } {
    const one = this.places.get(variant) ?? -1;
    const other = this.places.get(against) ?? -1;
    const variance = this.covarianceOf(one, one) + this.covarianceOf(other, other) - 2 * this.covarianceOf(one, other);
    return {
      mean: (this.mean[one] ?? 0) - (this.mean[other] ?? 0),
      deviation: Math.sqrt(Math.max(1e-18, variance)),
      prior: Math.SQRT2 * this.scale,
    };
  }

  /** One draw of what may be true of every variant. Variants that were never measured are drawn in the order of asking. */
  draw(random: Random): (variant: VariantId) => number {
    const { size } = this.places;
    this.factor ??= cholesky(this.covariance, size);
    const independent = new Float64Array(size);
    for (let index = 0; index < size; index++) independent[index] = random.gaussian();
    const noise = multiplyLower(this.factor, independent);
    return (variant) => {
      const index = this.places.get(variant);
      return index === undefined
        ? this.scale * random.gaussian()
        : (this.mean[index] as number) + (noise[index] as number);
    };
  }

  private covarianceOf(row: number, column: number): number {
    if (row < 0 || column < 0) return row === column ? this.scale ** 2 : 0;
    return this.covariance[row * this.places.size + column] as number;
  }
}

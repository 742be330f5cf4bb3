/**
 * An interval that holds at all times together, however often it is read: the asymptotic confidence sequence of
 * Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), for differences weighted by their inverse variances:
 *
 *     S/V ± √((Vρ²+1)/(V²ρ²) · ln((Vρ²+1)/α²))          (S = Σ d/v, V = Σ 1/v)
 */
import type { DifferenceSums } from "./e-value.ts";

/** Lower and upper bound around the estimate. */
export interface Bounds {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The interval of the mean difference.
 *
 * @param tuning ρ²; any fixed value is valid, `tuningFor` gives the one that is narrowest at a chosen time.
 * @param alpha The share of such sequences that ever miss the truth, between 0 and 1.
 * @returns An infinite interval around 0 while there is no information.
 */
export function confidenceSequence({ score, information }: DifferenceSums, tuning: number, alpha: number): Bounds {
  if (!(information > 0)) return { estimate: 0, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const scaled = information * tuning + 1;
  const half = Math.sqrt((scaled / (information * information * tuning)) * Math.log(scaled / (alpha * alpha)));
  const estimate = score / information;
  return { estimate, lower: estimate - half, upper: estimate + half };
}

/** The ρ² that makes the interval narrowest when the information has reached this much. */
export function tuningFor(information: number, alpha: number): number {
  const doubled = -2 * Math.log(alpha);
  return (doubled + Math.log(doubled) + 1) / information;
}

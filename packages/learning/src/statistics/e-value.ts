/**
 * Tests that may be read after every cycle: under "nothing is better" an e-value's mean is at most 1 at any time one
 * chooses to stop, so it ever reaches 1/α with a probability of at most α (Ville 1939).
 */
import { logNormalCdf, normalCdf } from "./normal-distribution.ts";

/** Independent differences d with known variances v, as two sums. */
export interface DifferenceSums {
  /** Σ d/v */
  readonly score: number;
  /** Σ 1/v: the inverse variance of the weighted mean. */
  readonly information: number;
}

/**
 * The logarithm of the mixture e-value for "the mean difference is above 0", with a half-normal prior N⁺(0, scale²):
 *
 *     e = 2Φ(τS/√(1+τ²V)) · exp(τ²S²/(2(1+τ²V))) / √(1+τ²V)          (S: score, V: information, τ: scale)
 */
export function logEValue({ score, information }: DifferenceSums, scale: number): number {
  const spread = 1 + scale * scale * information;
  const z = (scale * score) / Math.sqrt(spread);
  return Math.LN2 + logNormalCdf(z) + (z * z) / 2 - Math.log(spread) / 2;
}

/**
 * The same test from a posterior: the one-sided Savage-Dickey ratio of a contrast whose prior is N(0, prior²) and whose
 * posterior is N(mean, deviation²).
 */
export function logSavageDickey(mean: number, deviation: number, prior: number): number {
  const z = mean / deviation;
  return Math.LN2 + logNormalCdf(z) + (z * z) / 2 + Math.log(deviation / prior);
}

/** The posterior of the mean difference under a prior N(0, scale²). */
export function posteriorOf(
  { score, information }: DifferenceSums,
  scale: number,
): { mean: number; deviation: number } {
  const precision = information + 1 / (scale * scale);
  return { mean: score / precision, deviation: 1 / Math.sqrt(precision) };
}

/** The probability that a normal variable is above a bound. */
export function probabilityAbove(bound: number, mean: number, deviation: number): number {
  return normalCdf((mean - bound) / deviation);
}

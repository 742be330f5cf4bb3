/**
 * Will a setting keep the limits of the operation? Also one that never ran: the share of calls that misses a limit has a surface
 * like the utility, and the baseline's own share is where it stands.
 */
import type { ParameterValues } from "@trimtab/conventions";
import type { LimitLevel } from "../guardrails/limit-shares.ts";
import { addScaled, dot, quadraticForm } from "../statistics/linear-algebra.ts";
import { normalCdf } from "../statistics/normal-distribution.ts";
import type { FeatureMap } from "../surface/features.ts";
import type { ContextBelief } from "../surface/pooled-surface.ts";

/** One limit as a context sees it: where the baseline stands, and what is believed of the others. */
export interface LimitBelief {
  readonly level: LimitLevel | null;
  readonly belief: ContextBelief;
}

/** What one context believes of limits. */
export class LimitView {
  private readonly features: FeatureMap;
  private readonly beliefs: readonly LimitBelief[];
  private readonly baseline: Float64Array;
  private readonly known = new Map<string, number>();

  constructor(features: FeatureMap, beliefs: readonly LimitBelief[], baseline: ParameterValues) {
    this.features = features;
    this.beliefs = beliefs;
    this.baseline = features.vector(baseline);
  }

  /** Has the operation limits? */
  get hasLimits(): boolean {
    return this.beliefs.length > 0;
  }

  /**
   * The probability, 0 to 1, that a setting keeps every limit: 1 without limits, and 0 where it is unknown how the baseline stands.
   *
   *     P = Π Φ((allowed − baseline's share − difference) / deviation of both)
   */
  probability({ id, parameters }: { readonly id: string; readonly parameters: ParameterValues }): number {
    if (this.beliefs.length === 0) return 1;
    const before = this.known.get(id);
    if (before !== undefined) return before;
    const offset = addScaled(this.features.vector(parameters), this.baseline, -1);
    let probability = 1;
    for (const { level, belief } of this.beliefs) {
      if (level === null) {
        probability = 0;
        break;
      }
      const { mean, covariance } = belief.posterior;
      const variance = quadraticForm(offset, covariance, offset) + level.baseline.variance;
      const room = level.allowed - level.baseline.share - dot(offset, mean);
      probability *= normalCdf(room / Math.sqrt(Math.max(variance, 1e-12)));
    }
    this.known.set(id, probability);
    return probability;
  }
}

/** The surface as seen from one context's incumbent: differences of settings, and draws of what may be true. */
import type { ParameterValues } from "@trimtab/conventions";
import { probabilityAbove } from "../statistics/e-value.ts";
import { addScaled, cholesky, dot, type Matrix, multiplyLower, quadraticForm } from "../statistics/linear-algebra.ts";
import type { Random } from "../statistics/random.ts";
import type { FeatureMap } from "../surface/features.ts";
import type { Belief, ContextBelief } from "../surface/pooled-surface.ts";
import type { Difference } from "./trial.ts";

/** What one context believes of settings, relative to its incumbent. */
export class SurfaceView {
  private readonly features: FeatureMap;
  private readonly belief: ContextBelief;
  private readonly origin: Float64Array;
  private factor: Matrix | undefined;

  constructor(features: FeatureMap, belief: ContextBelief, incumbent: ParameterValues) {
    this.features = features;
    this.belief = belief;
    this.origin = features.vector(incumbent);
  }

  /** A setting minus the incumbent, by everything that is known. */
  difference(parameters: ParameterValues): Difference {
    return this.differenceBy(this.belief.posterior, parameters);
  }

  /** The mean of that alone, which costs much less. */
  mean(parameters: ParameterValues): number {
    return dot(this.offset(parameters), this.belief.posterior.mean);
  }

  /** The difference by the other contexts alone. */
  inherited(parameters: ParameterValues): Difference {
    return this.differenceBy(this.belief.inherited, parameters);
  }

  /** Two draws of what may be true, mirrored at the mean: each tells a setting's difference to the incumbent. */
  drawPair(random: Random): [(parameters: ParameterValues) => number, (parameters: ParameterValues) => number] {
    const { mean, covariance } = this.belief.posterior;
    this.factor ??= cholesky(covariance, this.features.size);
    const noise = multiplyLower(
      this.factor,
      Float64Array.from({ length: this.features.size }, () => random.gaussian()),
    );
    const drawn = [addScaled(mean, noise, 1), addScaled(mean, noise, -1)] as const;
    const tell = (weights: Float64Array): ((parameters: ParameterValues) => number) => {
      const atOrigin = dot(this.origin, weights);
      return (parameters) => dot(this.features.vector(parameters), weights) - atOrigin;
    };
    return [tell(drawn[0]), tell(drawn[1])];
  }

  /**
   * How often each of some settings is the best of them and the incumbent, from `draws` draws; 0 to 1.
   *
   * @param allowed The probability, 0 to 1, of each that it may be served at all: what may not is no rival of the others.
   */
  probabilityBest(
    settings: readonly ParameterValues[],
    allowed: readonly number[],
    draws: number,
    random: Random,
  ): number[] {
    const { mean, covariance } = this.belief.posterior;
    if (settings.length === 1) {
      const { mean: only, deviation } = this.difference(settings[0] as ParameterValues);
      return [probabilityAbove(0, only, deviation)];
    }
    const offsets = settings.map((parameters) => this.offset(parameters));
    const size = offsets.length;
    const joint = new Float64Array(size * size);
    offsets.forEach((one, row) => {
      offsets.forEach((other, column) => {
        joint[row * size + column] = quadraticForm(one, covariance, other);
      });
    });
    const factor = cholesky(joint, size);
    const means = offsets.map((offset) => dot(offset, mean));
    const wins = settings.map(() => 0);
    for (let draw = 0; draw < draws; draw++) {
      const noise = multiplyLower(
        factor,
        Float64Array.from({ length: size }, () => random.gaussian()),
      );
      let best = -1;
      let highest = 0; // the incumbent
      means.forEach((each, index) => {
        const value = each + (noise[index] as number);
        const chance = allowed[index] ?? 1;
        if (value <= highest || (chance < 1 && random.uniform() >= chance)) return;
        highest = value;
        best = index;
      });
      if (best >= 0) wins[best] = (wins[best] as number) + 1;
    }
    return wins.map((count) => count / draws);
  }

  private differenceBy({ mean, covariance }: Belief, parameters: ParameterValues): Difference {
    const offset = this.offset(parameters);
    let prior = 0;
    this.belief.priorVariances.forEach((variance, index) => {
      prior += variance * (offset[index] as number) ** 2;
    });
    return {
      mean: dot(offset, mean),
      deviation: Math.sqrt(Math.max(1e-18, quadraticForm(offset, covariance, offset))),
      prior: Math.sqrt(Math.max(1e-18, prior)),
    };
  }

  private offset(parameters: ParameterValues): Float64Array {
    return addScaled(this.features.vector(parameters), this.origin, -1);
  }
}

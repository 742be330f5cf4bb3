/**
 * Thompson sampling as it stands in textbooks, to compare with: per context, over the whole grid, on the mean utility of all time.
 *
 *     posterior of a setting: N(Σu/(n + k), σ²/(n + k)) around the mean of all calls, k = 4 calls of prior
 *
 * No holdout, no limits, no windows, no tests: what those cost and what they save is the difference to it.
 * Reference: Thompson (1933); Russo et al. (2018), A Tutorial on Thompson Sampling.
 */
import {
  type Learner,
  type LearnerSpecification,
  type Random,
  randomFromSeed,
  spaceOf,
  type VariantStatistics,
} from "@trimtab/learning";

/** One call differs from another by about this much in utility. */
const CALL_DEVIATION = 0.2;
const PRIOR_CALLS = 4;
const DRAWS = 100;

interface Arm {
  calls: number;
  sum: number;
}

/** Makes the learner. It reads objectives in the canonical form. */
export function plainThompsonLearner(specification: LearnerSpecification, seed: number): Learner {
  const space = spaceOf(specification);
  const settings = space.settings();
  const base = settings.findIndex((setting) => JSON.stringify(setting) === JSON.stringify(space.base));
  const random = randomFromSeed(`plain thompson ${seed}`);
  const arms = new Map<string, Arm[]>();
  return {
    decide(statistics) {
      for (const [context, { variants } = { variants: {} }] of Object.entries(statistics?.contexts ?? {})) {
        const known = arms.get(context) ?? settings.map(() => ({ calls: 0, sum: 0 }));
        arms.set(context, known);
        for (const [id, measured] of Object.entries(variants)) {
          const arm = known[id === "baseline" ? base : Number(id.slice(1))];
          const calls = measured.success + measured.failure + (measured.partial ?? 0);
          if (arm === undefined || !(calls > 0)) continue; // ratings alone have no counts
          arm.calls += calls;
          arm.sum += calls * utilityOf(measured, calls, specification);
        }
      }
      return Object.fromEntries(
        [...arms].map(([context, known]) => [
          context,
          sharesOf(known, random).flatMap((weight, index) => {
            const parameters = settings[index];
            if (parameters === undefined || (weight === 0 && index !== base)) return [];
            const role = index === base ? ("baseline" as const) : ("challenger" as const);
            return [{ id: `s${index}`, role, parameters, weight }];
          }),
        ]),
      );
    },
  };
}

/** How often each arm was the best of a draw. */
function sharesOf(arms: readonly Arm[], random: Random): number[] {
  const calls = arms.reduce((sum, arm) => sum + arm.calls, 0);
  const mean = arms.reduce((sum, arm) => sum + arm.sum, 0) / Math.max(1, calls);
  const wins = arms.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    arms.forEach(({ calls: own, sum }, index) => {
      const weight = own + PRIOR_CALLS;
      const drawn = (sum + PRIOR_CALLS * mean) / weight + (CALL_DEVIATION / Math.sqrt(weight)) * random.gaussian();
      if (drawn > most) [best, most] = [index, drawn];
    });
    wins[best] = (wins[best] ?? 0) + 1;
  }
  return wins.map((count) => count / DRAWS);
}

function utilityOf(measured: VariantStatistics, calls: number, { objective }: LearnerSpecification): number {
  const part = (name: string): { weight: number; good: number; bad: number; reference: number } => {
    const written = objective[name] ?? 0;
    const fields = typeof written === "number" ? { weight: written } : written;
    return { weight: 0, good: 1, bad: 2, reference: 1, ...fields };
  };
  const meanOf = (
    histogram: { readonly sum: number; readonly count: number } | undefined,
    otherwise: number,
  ): number => (histogram === undefined || histogram.count === 0 ? otherwise : histogram.sum / histogram.count);
  const [latency, cost] = [part("latency"), part("cost")];
  const speed = Math.log(latency.bad / meanOf(measured.duration, latency.good)) / Math.log(latency.bad / latency.good);
  return (
    part("quality").weight * meanOf(measured.quality, 0.5) +
    part("success").weight * ((measured.success + (measured.partial ?? 0) / 2) / calls) +
    part("feedback").weight * meanOf(measured.feedback, 0.5) +
    latency.weight * Math.min(1, Math.max(0, speed)) +
    cost.weight * (1 - Math.min(1, (measured.cost?.sum ?? 0) / calls / cost.reference))
  );
}

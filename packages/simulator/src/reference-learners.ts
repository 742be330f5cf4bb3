/** Learners that everybody can compare with: the base values for ever, a uniform choice, and the oracle. */
import { type Learner, type LearnerSpecification, spaceOf } from "@trimtab/learning";
import type { Environment } from "./environment.ts";
import { TruthBook } from "./judge/truth-book.ts";
import type { CreateLearner } from "./run-environment.ts";

/** Serves the base values for ever: regret 1 wherever something better could be had. */
export const baseLearner: CreateLearner = () => ({ decide: () => ({}) });

/** Serves every setting of the grid alike: regret 1 where the base values are best. */
export function uniformLearner(specification: LearnerSpecification): Learner {
  const space = spaceOf(specification);
  const base = JSON.stringify(space.base);
  const settings = space.settings();
  const variants = settings.map((parameters, index) => ({
    id: `s${index}`,
    role: JSON.stringify(parameters) === base ? ("baseline" as const) : ("challenger" as const),
    parameters,
    weight: 1 / settings.length,
  }));
  return {
    decide: (statistics) => Object.fromEntries(Object.keys(statistics?.contexts ?? {}).map((id) => [id, variants])),
  };
}

/** Knows the truth: regret 0. It serves what is best in each cycle to everybody, without a holdout. */
export function oracleLearner(environment: Environment): CreateLearner {
  return (_specification, seed) => {
    const run = environment.create(seed);
    const truth = new TruthBook(environment, run.truth);
    const base = truth.keyOf(truth.space.base);
    let cycle = 0;
    return {
      decide() {
        const allocations = run.contexts.map((context) => {
          const parameters = truth.bestOf(context, cycle);
          const baseline = { id: "baseline", role: "baseline", parameters: truth.space.base } as const;
          const key = truth.keyOf(parameters);
          if (key === base) return [context, [{ ...baseline, weight: 1 }]] as const;
          const incumbent = { id: key, role: "incumbent", parameters, weight: 1 } as const;
          return [context, [{ ...baseline, weight: 0 }, incumbent]] as const;
        });
        cycle += 1;
        return Object.fromEntries(allocations);
      },
    };
  };
}

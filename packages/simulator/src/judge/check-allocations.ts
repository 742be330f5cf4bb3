/** What a learner may never serve, whatever it has learnt. */
import type { LearnerAllocations } from "@trimtab/learning";
import type { TruthBook } from "./truth-book.ts";

const DUST = 1e-6;

/**
 * Checks what a learner serves. A baseline share under the holdout is no error here: the scorecard shows it.
 *
 * @param names Setting by variant id, filled as the run goes: an id keeps its parameters for good.
 * @throws {RangeError} with the context and the variant.
 */
export function checkAllocations(
  allocations: LearnerAllocations,
  truth: TruthBook,
  names: Map<string, string>,
  environment: string,
): void {
  const { space } = truth;
  for (const [context, variants] of Object.entries(allocations)) {
    const refuse = (problem: string): never => {
      throw new RangeError(`The learner serves what it must not in ${environment}, context "${context}": ${problem}`);
    };
    let sum = 0;
    const settings = new Set<string>();
    for (const { id, weight, parameters } of variants) {
      if (!(weight >= 0 && weight <= 1 + DUST)) refuse(`variant ${id} has the share ${weight}`);
      sum += weight;
      const key = truth.keyOf(parameters);
      const problem = names.get(id) === key ? undefined : space.problemOf(parameters);
      if (problem !== undefined) refuse(`variant ${id}: ${problem}`);
      if (settings.has(key)) refuse(`variant ${id} has the parameters of another one`);
      settings.add(key);
      if ((names.get(id) ?? key) !== key) refuse(`variant ${id} had other parameters before`);
      names.set(id, key);
    }
    if (Math.abs(sum - 1) > DUST) refuse(`the shares sum to ${sum}`);
    const baselines = variants.filter(({ role }) => role === "baseline");
    if (baselines.length !== 1) refuse(`${baselines.length} variants are the baseline`);
    if (baselines.some(({ parameters }) => truth.keyOf(parameters) !== truth.keyOf(space.base)))
      refuse("the baseline has other values than the base values");
  }
}

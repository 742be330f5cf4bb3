/** An experiment on services whose truth is known: what it declares, and how often it is wrong. */
import { createLearner, type Decision, type LearnerSpecification, type ProductLearner } from "@trimtab/learning";
import { expect, test, vi } from "vitest";
import { BUILT_IN_ENVIRONMENTS } from "./built-in-environments.ts";
import { runEnvironment } from "./run-environment.ts";

vi.setConfig({ testTimeout: 120_000 });

/** Every decision of a run in which two strategies have half of the calls each. */
function decisionsOf(name: string, control: string, treatment: string, cycles: number, seed: number): Decision[] {
  const environment = BUILT_IN_ENVIRONMENTS.find((each) => each.name === name);
  if (environment === undefined) throw new RangeError(`there is no environment ${name}`);
  const decisions: Decision[] = [];
  const create = (specification: LearnerSpecification, learnerSeed: number): ProductLearner => {
    const experiment = { treatment: { kind: treatment } };
    return createLearner({ ...specification, strategy: { kind: control }, experiment }, learnerSeed);
  };
  runEnvironment(environment, create, seed, cycles, {
    onCycle: ({ learner }) => {
      const decision = (learner as ProductLearner).decision();
      if (decision !== undefined) decisions.push(decision);
    },
  });
  return decisions;
}

function codesOf(decisions: readonly Decision[]): string[] {
  return decisions.flatMap(({ experiment }) => experiment?.verdict.code ?? []);
}

test("fixed values are found to be worse than a strategy that learns, and by how much", () => {
  const last = decisionsOf("clear-winner", "response-surface", "fixed", 120, 71).at(-1);
  const { difference, verdict } = last?.experiment ?? {};
  expect(verdict?.code).toBe("EXPERIMENT_CONTROL_BETTER");
  expect(difference?.upper).toBeLessThan(-0.05);
  expect((difference?.upper ?? 0) - (difference?.lower ?? 0)).toBeLessThan(0.03);
});

test("a strategy that learns is found to be better than fixed values, when it is the one under test", () => {
  const last = decisionsOf("clear-winner", "fixed", "response-surface", 120, 71).at(-1);
  expect(last?.experiment?.verdict.code).toBe("EXPERIMENT_TREATMENT_BETTER");
});

test("where all settings are the same, of 20 experiments as many are ever declared as the level allows", () => {
  let declared = 0;
  for (let seed = 0; seed < 20; seed++) {
    const codes = codesOf(decisionsOf("tie", "response-surface", "response-surface", 40, seed));
    if (codes.some((code) => code.endsWith("_BETTER"))) declared += 1;
  }
  // At a level of 0.95 one in twenty may ever be wrong, 1 of 20: more than five would happen to 3 of 10,000 choices of the seeds.
  expect(declared).toBeLessThanOrEqual(5);
});

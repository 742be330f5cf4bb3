import { expect, test } from "vitest";
import type { Measurements } from "../evidence/evidence.ts";
import type { Constraint } from "../policy/policy.ts";
import { randomFromSeed } from "../statistics/random.ts";
import { isInTrouble, learnTrouble, type Trouble } from "./common-trouble.ts";
import { type LimitMemory, NO_LIMIT_MEMORY } from "./limit-counts.ts";
import { judgeLimits, updateLimits } from "./outcome-limits.ts";

const SUCCESS: Constraint = { kind: "success-rate", minimum: 0.9 };

function outcomes(success: number, failure: number): Measurements {
  return { success, failure, partial: 0 };
}

/** Three contexts whose baseline had these calls for long. */
function usual(success: number, failure: number): LimitMemory[] {
  return [0, 1, 2].map(() => {
    let memory = NO_LIMIT_MEMORY;
    for (let cycle = 0; cycle < 100; cycle++)
      memory = updateLimits(memory, [SUCCESS], ["base"], "base", new Map([["base", outcomes(success, failure)]]));
    return memory;
  });
}

function learn(
  before: readonly Trouble[] | undefined,
  memories: readonly LimitMemory[],
  now: Measurements,
): readonly Trouble[] {
  return learnTrouble(
    before,
    [SUCCESS],
    "base",
    memories.map((limits) => ({ limits, measured: new Map([["base", now]]) })),
  );
}

test("the holdouts of three contexts with three calls each show an outage of everything in the cycle it begins", () => {
  const memories = usual(19, 1);
  expect(isInTrouble(learn(undefined, memories, outcomes(3, 0))[0])).toBe(false);
  // nine calls, six of them failed: 6·ln(0.4/0.1) + 3·ln(0.6/0.9) = 7.1 for a loss of 0.3, more than ln 20
  const raised = learn(undefined, memories, outcomes(1, 2));
  expect(isInTrouble(raised[0])).toBe(true);
  let calm = raised;
  for (let cycle = 0; cycle < 4; cycle++) calm = learn(calm, memories, outcomes(3, 0));
  expect(isInTrouble(calm[0])).toBe(false);
});

test("an operation that always fails this often is not in trouble, and trouble that lasts is how things are", () => {
  const failing = usual(12, 8);
  let trouble: readonly Trouble[] | undefined;
  for (let cycle = 0; cycle < 50; cycle++) trouble = learn(trouble, failing, outcomes(6, 4));
  expect(isInTrouble(trouble?.[0])).toBe(false);
  const healthy = usual(19, 1);
  let lasting: readonly Trouble[] | undefined;
  for (let cycle = 0; cycle < 31; cycle++) lasting = learn(lasting, healthy, outcomes(1, 2));
  expect(isInTrouble(lasting?.[0])).toBe(false);
});

test("at a usual share of exactly the limit an alarm is raised in few cycles", () => {
  // Each of the three sums is a CUSUM of likelihood ratios: at any cycle one is above ln 20 with a probability of at most 3/20 (Ville,
  // applied backwards in time), so at most 15 % of the cycles. 4.5 standard deviations of 1000 dependent cycles leave 25 %.
  const memories = usual(18, 2);
  const random = randomFromSeed("trouble");
  let trouble: readonly Trouble[] | undefined;
  let raised = 0;
  for (let cycle = 0; cycle < 1000; cycle++) {
    const contexts = memories.map((limits) => {
      let failed = 0;
      for (let call = 0; call < 5; call++) if (random.uniform() < 0.1) failed += 1;
      return { limits, measured: new Map([["base", outcomes(5 - failed, failed)]]) };
    });
    trouble = learnTrouble(trouble, [SUCCESS], "base", contexts);
    if ((trouble[0]?.cycles ?? 0) > 0) raised += 1;
  }
  expect(raised).toBeLessThan(250);
});

test("cycles of common trouble are nobody's evidence: counts stay, alarms go down", () => {
  const measured = new Map([
    ["base", outcomes(1, 2)],
    ["v", outcomes(20, 40)],
  ]);
  const before = updateLimits(NO_LIMIT_MEMORY, [SUCCESS], ["base", "v"], "base", new Map([["v", outcomes(57, 3)]]));
  const trouble: readonly Trouble[] = [{ sums: [5], cycles: 1 }];
  const after = updateLimits(before, [SUCCESS], ["base", "v"], "base", measured, undefined, trouble);
  expect(judgeLimits(after, [SUCCESS], "v", "base")).toMatchObject({ verdict: "passed", level: 0 });
  expect(after.variants["v"]?.[0]).toMatchObject({ good: 57, bad: 3 });
});

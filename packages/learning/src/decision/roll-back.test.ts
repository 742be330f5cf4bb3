import { expect, test } from "vitest";
import { baselineOf, settingOf } from "../policy/setting.ts";

import { type ContextMemory, newContextMemory } from "./operation-state.ts";
import { type Breach, barredVariants, breakerState, rollBack } from "./roll-back.ts";
import { SAMPLE_POLICY } from "./sample-operation.ts";

const BASELINE = baselineOf(SAMPLE_POLICY.parameters);
const LARGE = settingOf({ ...BASELINE.parameters, model: "large" }, BASELINE);
const BREACH: Breach = { variant: LARGE.id, reason: { code: "LIMIT_SUCCESS_RATE", sentence: "It failed." } };

/** A context whose incumbent is the large model, with one challenger beside it. */
function served(memory: ContextMemory = newContextMemory(SAMPLE_POLICY, { genre: "rock" }, BASELINE)): ContextMemory {
  const variants = [
    { ...BASELINE, role: "baseline" as const, weight: 0.05 },
    { ...LARGE, role: "incumbent" as const, weight: 0.85 },
    { id: "v-other", parameters: { ...LARGE.parameters, temperature: 0.6 }, role: "challenger" as const, weight: 0.1 },
  ];
  return { ...memory, incumbent: LARGE, applied: { model: "a-one" }, allocation: { ...memory.allocation, variants } };
}

test("the incumbent's breach brings the base values back and stops every challenger", () => {
  const { memory, challengers, transitions } = rollBack(served(), [BREACH], BASELINE, 10);
  expect(memory.incumbent).toEqual(BASELINE);
  expect(challengers).toEqual([]);
  expect(transitions).toEqual([{ id: "a-one", status: "rolled-back", reason: BREACH.reason }]);
  expect(memory.applied).toEqual({});
  expect(memory.experiment).toBe(1); // sticky keys are reshuffled
});

test("a challenger's breach takes only the challenger back", () => {
  const { memory, challengers, transitions } = rollBack(served(), [{ ...BREACH, variant: "v-other" }], BASELINE, 10);
  expect(memory.incumbent).toEqual(LARGE);
  expect(challengers).toEqual([]);
  expect(transitions).toEqual([]);
  expect([...barredVariants(memory, 11)]).toEqual(["v-other"]);
});

test("the incumbent's breach withdraws what was suggested on top of it: on the base values it would be a setting that nobody measured", () => {
  const suggestion = { changeId: "c-cooler", variant: "v-other", ids: ["a-cooler"] };
  const { memory, transitions } = rollBack({ ...served(), suggestion }, [BREACH], BASELINE, 10);
  expect(memory.suggestion).toBeNull();
  expect(transitions.map(({ id, status, reason }) => [id, status, reason.code])).toEqual([
    ["a-cooler", "superseded", "SUGGESTION_WITHDRAWN"],
    ["a-one", "rolled-back", "LIMIT_SUCCESS_RATE"],
  ]);
  const another = { variant: "v-third", reason: BREACH.reason };
  expect(rollBack({ ...served(), suggestion }, [another], BASELINE, 10).memory.suggestion).toEqual(suggestion);
});

test("what was taken back rests for 40 cycles, then 80, then 120 and not longer", () => {
  let memory = served();
  const rests: number[] = [];
  for (const cycle of [100, 200, 300, 400]) {
    ({ memory } = rollBack(served({ ...memory, rollBacks: [] }), [BREACH], BASELINE, cycle));
    rests.push((memory.bars[LARGE.id]?.until ?? 0) - cycle);
  }
  expect(rests).toEqual([40, 80, 120, 120]);
  expect(barredVariants(memory, 519).has(LARGE.id)).toBe(true);
  expect(barredVariants(memory, 520).has(LARGE.id)).toBe(false);
});

test("three roll-backs within 80 cycles open the breaker for 50, then it is half open for 40", () => {
  let memory = served();
  for (const cycle of [10, 40, 89]) ({ memory } = rollBack(served(memory), [BREACH], BASELINE, cycle));
  expect(breakerState(memory, 90)).toBe("open");
  expect(breakerState(memory, 138)).toBe("open");
  expect(breakerState(memory, 139)).toBe("half-open");
  expect(breakerState(memory, 178)).toBe("half-open");
  expect(breakerState(memory, 179)).toBe("closed");
});

test("three roll-backs over a longer time do not", () => {
  let memory = served();
  for (const cycle of [10, 60, 110]) ({ memory } = rollBack(served(memory), [BREACH], BASELINE, cycle));
  expect(breakerState(memory, 111)).toBe("closed");
});

test("one more roll-back while it is half open opens it again", () => {
  let memory = served();
  for (const cycle of [10, 20, 30]) ({ memory } = rollBack(served(memory), [BREACH], BASELINE, cycle));
  expect(breakerState(memory, 85)).toBe("half-open");
  ({ memory } = rollBack(served(memory), [BREACH], BASELINE, 85));
  expect(breakerState(memory, 86)).toBe("open");
});

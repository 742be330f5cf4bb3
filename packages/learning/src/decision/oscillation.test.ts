import type { ParameterValues } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { baselineOf } from "../policy/setting.ts";
import type { ProposedChange } from "../strategies/strategy.ts";
import { applyProposal, type ProposalOutcome } from "./apply-proposal.ts";
import { type ContextMemory, newContextMemory } from "./operation-state.ts";
import type { ReasonCode } from "./reasons.ts";
import { barredVariants } from "./roll-back.ts";
import { SAMPLE_POLICY } from "./sample-operation.ts";

const BASELINE = baselineOf(SAMPLE_POLICY.parameters);
const LARGE: ParameterValues = { temperature: 0.7, model: "large" };

function apply(memory: ContextMemory, to: ParameterValues, code: ReasonCode, cycle: number): ProposalOutcome {
  const side = { variant: "", parameters: to, calls: 100 };
  const change: ProposedChange = {
    to,
    confidence: 0.99,
    reason: { code, sentence: "As the test says." },
    basis: {
      window: { from: 0, to: cycle },
      windows: 1,
      from: side,
      to: side,
      test: { name: "e-value", value: 100, threshold: 20 },
    },
  };
  const proposal = { memory: null, reason: change.reason, refused: [], change, challengers: [] };
  return applyProposal(memory, proposal, { policy: SAMPLE_POLICY, baseline: BASELINE, now: cycle, cycle });
}

/** Adopts the large model and gives it up again, `times` times, `every` cycles apart. */
function backAndForth(times: number, every: number): ContextMemory {
  let memory = newContextMemory(SAMPLE_POLICY, { genre: "rock" }, BASELINE);
  for (let time = 0; time < times; time++) {
    const adopted = apply(memory, LARGE, "PROVEN_BETTER", time * every);
    expect(adopted.kind).toBe("adapt");
    memory = { ...apply(adopted.memory, BASELINE.parameters, "HOLDOUT_IS_BETTER", time * every + 5).memory, bars: {} };
  }
  return memory;
}

test("what was adopted three times within 200 cycles and given up each time is not adopted again, and rests", () => {
  const refused = apply(backAndForth(3, 30), LARGE, "PROVEN_BETTER", 100);
  expect(refused).toMatchObject({ kind: "hold", reason: { code: "OSCILLATING" } });
  expect(refused.memory.incumbent.id).toBe(BASELINE.id);
  expect([...barredVariants(refused.memory, 101)]).toEqual(refused.refused.map(({ variant }) => variant));
  expect([...barredVariants(refused.memory, 160)]).toEqual([]);
});

test("three times in 300 cycles are no oscillation", () => {
  expect(apply(backAndForth(3, 110), LARGE, "PROVEN_BETTER", 330).kind).toBe("adapt");
});

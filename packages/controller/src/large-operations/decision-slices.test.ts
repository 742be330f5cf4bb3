import type { Decision } from "@trimtab/learning";
import { expect, test } from "vitest";
import { type DecisionSlice, joinDecision, sliceDecision } from "./decision-slices.ts";

const decision: Decision = {
  component: "shop",
  operation: "checkout",
  id: "d-1",
  at: 3,
  window: { from: 1, to: 2 },
  contexts: Array.from({ length: 120 }, (_, index) => ({
    context: { tenant: `t${index}` },
    kind: "hold" as const,
    reason: { code: "COLLECTING" as const, sentence: "The window is not full yet." },
    refused: [],
  })),
  adaptations: [],
  transitions: [{ id: "a-1", status: "superseded", reason: { code: "PROVEN_BETTER", sentence: "b is better." } }],
  allocations: Array.from({ length: 50 }, (_, index) => ({
    context: { tenant: `t${index}` },
    salt: "s",
    variants: [],
  })),
  mayExplore: true,
  acts: [{ act: "freeze-1", result: "done", reason: { code: "NO_CALLS", sentence: "Done." } }],
};

async function* each(slices: readonly DecisionSlice[]): AsyncGenerator<DecisionSlice> {
  yield* slices;
}

test("a decision in slices is the same decision again", async () => {
  const { frame, slices } = sliceDecision(decision);
  expect(slices.map(({ list, items }) => `${list} ${items.length}`)).toEqual(["allocations 50", "transitions 1"]);
  const joined = await joinDecision(structuredClone(frame), each(structuredClone(slices)));
  expect(joined).toEqual(decision);
  expect(joined.contexts).toEqual(decision.contexts); // also when they are asked for again
  expect({ ...joined, id: "d-2" }).toEqual({ ...decision, id: "d-2" });
});

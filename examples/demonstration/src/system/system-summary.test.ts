import { expect, test } from "vitest";
import type { LiftReading, OperationState } from "../controller-api.ts";
import type { Suggestion } from "./controller-client.ts";
import { formatSystemSummary, type SystemFacts, summariseSystem } from "./system-summary.ts";

const lift = (lower: number): LiftReading => ({
  estimate: lower + 0.1,
  lower,
  upper: lower + 0.2,
  level: 0.95,
  windows: 20,
  holdout: { calls: 10 },
  served: { calls: 90 },
});
const state = (...lowers: readonly number[]): OperationState => ({
  cycles: 5,
  states: lowers.map((lower, index) => ({
    context: { audience: `group ${index}` },
    parameters: { slot: "evening", drafts: 3 },
    variants: [{ role: "baseline", share: 0.2, parameters: { slot: "noon", drafts: 3 } }],
    lift: lift(lower),
  })),
});
const FACTS: SystemFacts = {
  seconds: 120,
  seed: 1,
  operations: [
    { component: "flow", operation: "plan", state: state(-0.1, 0.05), performance: { total: 100, successRate: 0.875 } },
  ],
  account: {
    reports: 2,
    repeated: 1,
    sent: 3,
    kept: 3,
    scored: 2,
    learntOnce: 2,
    learntTwice: 0,
    aboutEntities: 1,
    failedBatches: 1,
    problems: [],
  },
  suggestions: [],
  applied: [],
  kills: 1,
  troubles: [],
};
const SUGGESTION: Suggestion = {
  id: "s-1",
  entity: "artist-1",
  target: "builder",
  suggestion: "increase_uniqueness",
  confidence: 0.7,
  reasoning: "",
  status: "delivered",
};
const APPLIED = { id: "s-1", entity: "artist-1", suggestion: "increase_uniqueness", changed: true };

test("one proven context of each component and feedback that adds up are enough", () => {
  const summary = summariseSystem({ ...FACTS, suggestions: [SUGGESTION], applied: [APPLIED] });
  expect(summary.missing).toEqual([]);
  const lines = formatSystemSummary(summary).join("\n");
  expect(lines).toContain("seed 1), with the controller killed 1 time");
  expect(lines).toMatch(/plan +group 1 +\+0\.150 +\+0\.050…\+0\.250 +yes +slot noon -> evening/);
  expect(lines).toContain("2 of 2 scores were learnt from in exactly one cycle, 0 in two");
  expect(lines).toContain("1 batch could not be sent at once");
  expect(lines).toContain("increase_uniqueness for artist-1, confidence 0.70: applied once by builder.");
  expect(lines).toContain("in 1 of 2 contexts; all feedback exactly once");
});

test.each<[string, Partial<SystemFacts>, RegExp]>([
  [
    "nothing proven",
    { operations: [{ ...FACTS.operations[0], state: state(-0.1, 0) } as never] },
    /nothing is proven yet for flow/,
  ],
  [
    "nothing measured",
    { operations: [{ ...FACTS.operations[0], state: undefined } as never] },
    /nothing is proven yet for flow/,
  ],
  [
    "the last questions",
    { operations: [{ ...FACTS.operations[0], state: undefined, performance: undefined } as never] },
    /nothing is proven/,
  ],
  ["nothing counted", { account: undefined }, /feedback was not counted/],
  [
    "feedback lost",
    { account: { ...FACTS.account, problems: ["3 items were sent, and 2 are kept"] } as never },
    /2 are kept/,
  ],
  [
    "a suggestion that waits",
    { suggestions: [{ ...SUGGESTION, status: "accepted" }] },
    /1 accepted suggestion did not reach/,
  ],
  ["one that nobody applied", { suggestions: [SUGGESTION] }, /not applied exactly once/],
  [
    "one that was applied twice",
    { suggestions: [SUGGESTION], applied: [APPLIED, APPLIED] },
    /not applied exactly once/,
  ],
  ["a trouble", { troubles: ["nothing that the audience tried came about"] }, /nothing that the audience/],
])("%s is missing, and told", (_what, change, missing) => {
  const summary = summariseSystem({ ...FACTS, ...change });
  expect(summary.missing).toEqual([expect.stringMatching(missing)]);
  expect(formatSystemSummary(summary).join("\n")).toMatch(missing);
});

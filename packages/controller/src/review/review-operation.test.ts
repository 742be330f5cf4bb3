import type { StoredAdaptation } from "@trimtab/engine";
import type { ContextDecision, Decision, Lift, OperationPolicy, Reason, VariantSummary } from "@trimtab/learning";
import { expect, test } from "vitest";
import { adaptationOf, decisionOf } from "../http/app-fixture.ts";
import { reviewOperation } from "./review-operation.ts";

const policy: OperationPolicy = {
  component: "shop",
  operation: "checkout",
  context: ["genre"],
  parameters: { level: { type: "integer", base: 3, min: 1, max: 9 } },
  objective: { quality: { weight: 1 } },
  constraints: [],
  mode: "auto",
  confidence: 0.7,
  holdout: 0.05,
  strategy: { kind: "response-surface", options: {} },
};

/** Came into force at this minute, and what it is now. */
function changed(id: string, from: number, to: number, minute: number, now: StoredAdaptation["status"] = "superseded") {
  const at = minute * 60_000;
  const adaptation = adaptationOf(id, at, { oldValue: from, newValue: to });
  const step = { id, reason: adaptation.reason, at };
  const history = [{ ...step, status: "applied" as const }, ...(now === "applied" ? [] : [{ ...step, status: now }])];
  return { ...adaptation, status: now, history };
}

const side = (calls: number, changes: Partial<VariantSummary>): VariantSummary => ({
  variant: "v",
  parameters: {},
  calls,
  ...changes,
});

function liftOf(genre: string, changes: Partial<Lift>): ContextDecision {
  const lift: Lift = {
    estimate: 0.05,
    lower: 0.01,
    upper: 0.09,
    level: 0.95,
    windows: 9,
    since: 0,
    holdout: side(50, {}),
    served: side(900, {}),
    ...changes,
  };
  const reason = { code: "NOTHING_PROVEN", sentence: "" } as const;
  return { context: { genre }, kind: "hold", reason, refused: [], lift };
}

const review = (input: { adaptations?: StoredAdaptation[]; contexts?: ContextDecision[]; last?: Partial<Decision> }) =>
  reviewOperation({
    policy,
    adaptations: input.adaptations ?? [],
    awaiting: [],
    last: decisionOf(1, { contexts: input.contexts ?? [], ...input.last }),
  });

test("without any record there is no data, and nothing is zero", () => {
  const empty = reviewOperation({ policy, adaptations: [], awaiting: [], last: undefined });
  expect(empty).toEqual({
    parameters: [{ parameter: "level", statuses: {}, applied: 0 }],
    verdicts: { approved: 0, rejected: 0, rolledBack: 0, takenBack: 0 },
    impact: [],
    contextsWithoutData: 0,
    sideEffects: [],
    oscillations: [],
    breakers: [],
    awaiting: [],
    resetDueAt: undefined,
  });
});

test("changes are counted by parameter and by what became of them", () => {
  const adaptations = [changed("c", 5, 7, 3, "applied"), changed("b", 3, 5, 2), changed("a", 3, 4, 1, "rolled-back")];
  expect(review({ adaptations }).parameters).toEqual([
    { parameter: "level", statuses: { applied: 1, superseded: 1, "rolled-back": 1 }, applied: 3 },
  ]);
});

test("what people decided is counted by change, whatever a change's parameters are; and what had to be taken back is, too", () => {
  const step = (status: StoredAdaptation["status"], code: Reason["code"]) => ({
    status,
    reason: { code, sentence: "" },
  });
  const decided = (id: string, changeId: string, ...steps: ReturnType<typeof step>[]): StoredAdaptation => {
    const adaptation = { ...changed(id, 3, 5, 1), changeId };
    return { ...adaptation, history: steps.map((each) => ({ id, at: 0, ...each })) };
  };
  const approved = step("approved", "PERSON_APPROVED");
  const { verdicts } = review({
    adaptations: [
      decided("a", "one", approved, step("applied", "PERSON_APPROVED")),
      decided("b", "one", approved, step("applied", "PERSON_APPROVED"), step("rolled-back", "PERSON_ROLLED_BACK")),
      decided("c", "two", approved, step("rolled-back", "LIMIT_LATENCY")),
      decided("d", "three", step("rejected", "PERSON_REJECTED")),
      decided("e", "four", step("applied", "PROVEN_BETTER"), step("rolled-back", "HOLDOUT_IS_BETTER")),
      decided("f", "five", step("applied", "PROVEN_BETTER"), step("rolled-back", "EXPERIMENT_ENDED")),
    ],
  });
  expect(verdicts).toEqual({ approved: 2, rejected: 1, rolledBack: 1, takenBack: 2 });
});

test("the lift of an overridden context, and of every context below it, is told as the override's", () => {
  const set = { id: "act-1", who: "ann", why: "campaign", at: 0, context: { genre: "rock" }, values: { level: 9 } };
  const { impact } = review({
    contexts: [liftOf("rock", {}), liftOf("jazz", {})],
    last: { people: { overrides: [set] } },
  });
  expect(impact.map(({ context, isOverridden }) => [context, isOverridden])).toEqual([
    ["genre=rock", true],
    ["genre=jazz", false],
  ]);
});

test("the impact is the lift, with what its interval allows to say; a context without calls has none", () => {
  const without: ContextDecision = { ...liftOf("pop", {}), lift: undefined } as never;
  const { impact, contextsWithoutData } = review({
    contexts: [
      liftOf("rock", {}),
      liftOf("jazz", { lower: -0.3, upper: -0.1, served: side(1_000, {}) }),
      liftOf("folk", { lower: -0.1, served: side(10, {}) }),
      without,
    ],
  });
  expect(impact.map(({ context, verdict }) => [context, verdict])).toEqual([
    ["genre=jazz", "harms"],
    ["genre=rock", "helps"],
    ["genre=folk", "not told apart"],
  ]);
  expect(contextsWithoutData).toBe(1);
});

test("side effects are on what the objective leaves out, with the weights of what is served on both sides", () => {
  const measured = (seconds: number, rate: number) => ({
    meanDurationSeconds: seconds,
    successRate: rate,
    meanQuality: 0,
  });
  const { sideEffects } = review({
    contexts: [
      liftOf("rock", { holdout: side(50, measured(1, 0.9)), served: side(900, measured(1.2, 0.9)) }),
      // many calls of the holdout where few are served must not move the sum
      liftOf("jazz", { holdout: side(9_000, measured(9, 0.9)), served: side(100, measured(9, 0.9)) }),
    ],
  });
  expect(sideEffects.map(({ measure, isWorse }) => [measure, isWorse])).toEqual([
    ["success rate", false],
    ["mean duration", true],
  ]);
  expect(sideEffects[1]?.holdout).toBeCloseTo(1.8, 9);
  expect(sideEffects[1]?.served).toBeCloseTo(1.98, 9);
  expect(sideEffects[1]?.relative).toBeCloseTo(0.1, 9);
});

test("cost in a unit that the objective does not weigh is a side effect, also where the holdout's is 0", () => {
  const { sideEffects } = review({
    contexts: [
      liftOf("rock", { holdout: side(50, { meanCost: { usd: 0 } }), served: side(900, { meanCost: { usd: 0.1 } }) }),
    ],
  });
  expect(sideEffects).toEqual([
    { measure: "cost", unit: "usd", holdout: 0, served: expect.closeTo(0.1, 9), relative: undefined, isWorse: true },
  ]);
});

test("a value that comes back is told, one that goes on is not", () => {
  const onwards = [changed("b", 5, 7, 2), changed("a", 3, 5, 1)];
  expect(review({ adaptations: onwards }).oscillations).toEqual([]);
  const back = [changed("c", 3, 5, 3, "applied"), changed("b", 5, 3, 2), changed("a", 3, 5, 1)];
  expect(review({ adaptations: back }).oscillations).toEqual([
    { context: "genre=rock", parameter: "level", values: [3, 5, 3, 5], returns: 2 },
  ]);
  expect(review({ adaptations: [changed("a", 3, 5, 1, "rolled-back")] }).oscillations).toMatchObject([{ returns: 1 }]);
});

import { expect, test } from "vitest";
import { judgeTrial, newTrial, type Trial, type TrialView } from "./trial.ts";

const LEVELS = { alpha: 0.05, minimumEffect: 0.002, threshold: 20 };
const KEPT = { verdict: "passed", probability: 1, sentence: "every limit holds", level: 0, proof: 5 } as const;

function trial(change: Partial<Trial>): Trial {
  return { ...newTrial({ temperature: 0.6 }, 0.2, false), windows: 5, decisions: 5, calls: 200, ...change };
}

function view(mean: number, deviation: number, change: Partial<TrialView> = {}): TrialView {
  const unknown = { mean: 0, deviation: 0.1, prior: 0.1 };
  return {
    difference: { mean, deviation, prior: 0.1 },
    inherited: unknown,
    limits: KEPT,
    limitProbability: 1,
    mayInherit: true,
    needsRatings: false,
    isSparse: false,
    ...change,
  };
}

test("four deviations above nothing are proof, two are not", () => {
  expect(judgeTrial("v", trial({}), view(0.08, 0.02), LEVELS)).toMatchObject({ kind: "better", isInherited: false });
  expect(judgeTrial("v", trial({}), view(0.04, 0.02), LEVELS).kind).toBe("going-on");
});

test("confidence is the probability of being better and keeping the limits, and never 1", () => {
  // Φ(0.07/0.02) = Φ(3.5) = 0.999767
  expect(judgeTrial("v", trial({}), view(0.07, 0.02), LEVELS)).toMatchObject({
    confidence: expect.closeTo(0.999767, 6) as number,
  });
  const unsure = { limits: { ...KEPT, probability: 0.8 }, limitProbability: 0.9 };
  expect(judgeTrial("v", trial({}), view(0.07, 0.02, unsure), LEVELS)).toMatchObject({
    confidence: expect.closeTo(0.9 * 0.999767, 6) as number,
  });
  expect(judgeTrial("v", trial({}), view(0.5, 0.02), LEVELS)).toMatchObject({ confidence: 0.9999 });
});

test("clean calls are no proof of a limit until they would be unlikely in a breach", () => {
  const unproven = { limits: { ...KEPT, proof: Math.log(9.9) } };
  expect(judgeTrial("v", trial({}), view(0.08, 0.02, unproven), LEVELS)).toMatchObject({
    kind: "blocked",
    reason: { code: "LIMIT_UNPROVEN" },
  });
  // ten to one; or the other contexts, which had the calls, have proven the setting and its limits
  expect(
    judgeTrial("v", trial({}), view(0.08, 0.02, { limits: { ...KEPT, proof: Math.log(10.1) } }), LEVELS).kind,
  ).toBe("better");
  const inherited = { mean: 0.08, deviation: 0.02, prior: 0.1 };
  expect(judgeTrial("v", trial({}), view(0.08, 0.02, { ...unproven, inherited }), LEVELS).kind).toBe("better");
});

test("fewer than twenty calls prove nothing, however good they look", () => {
  expect(judgeTrial("v", trial({ calls: 19 }), view(0.08, 0.02), LEVELS).kind).toBe("going-on");
});

test("a proven variant that may break a limit is not promoted, and one whose limits are unknown neither", () => {
  const unsure = { ...KEPT, probability: 0.4 };
  expect(judgeTrial("v", trial({}), view(0.08, 0.02, { limits: unsure }), LEVELS)).toMatchObject({
    kind: "blocked",
    reason: { code: "LIMIT_UNPROVEN" },
  });
  const unknown = { ...KEPT, verdict: "unknown", probability: 0 } as const;
  expect(judgeTrial("v", trial({}), view(0.08, 0.02, { limits: unknown }), LEVELS)).toMatchObject({
    kind: "blocked",
    reason: { code: "LIMIT_UNKNOWN" },
  });
});

test("what others have proven is taken over, unless this context contradicts or its world has just changed", () => {
  const inherited = { mean: 0.08, deviation: 0.02, prior: 0.1 };
  expect(judgeTrial("v", trial({}), view(0.04, 0.02, { inherited }), LEVELS)).toMatchObject({
    kind: "better",
    isInherited: true,
  });
  expect(judgeTrial("v", trial({}), view(0.01, 0.02, { inherited }), LEVELS).kind).toBe("going-on");
  expect(judgeTrial("v", trial({}), view(0.04, 0.02, { inherited, mayInherit: false }), LEVELS).kind).toBe("going-on");
});

test("only a context with few calls may take it over without having run it", () => {
  const inherited = { mean: 0.08, deviation: 0.02, prior: 0.1 };
  const untried = trial({ calls: 0, windows: 0, decisions: 0 });
  expect(judgeTrial("v", untried, view(0.06, 0.03, { inherited }), LEVELS).kind).toBe("going-on");
  expect(judgeTrial("v", untried, view(0.06, 0.03, { inherited, isSparse: true }), LEVELS).kind).toBe("better");
});

test("losers go after two decisions, equals after fifteen, and what never had calls after twenty", () => {
  expect(judgeTrial("v", trial({ decisions: 2 }), view(-0.03, 0.02), LEVELS)).toMatchObject({
    kind: "worse",
    reason: { code: "PROVEN_WORSE" },
  });
  expect(judgeTrial("v", trial({ decisions: 1 }), view(-0.03, 0.02), LEVELS).kind).toBe("going-on");
  expect(judgeTrial("v", trial({ decisions: 15 }), view(0.001, 0.004), LEVELS)).toMatchObject({
    kind: "equivalent",
    reason: { code: "EQUIVALENT" },
  });
  expect(judgeTrial("v", trial({ idle: 20, decisions: 0 }), view(0, 0.1), LEVELS)).toMatchObject({
    kind: "equivalent",
    reason: { code: "TOO_FEW_CALLS" },
  });
});

test("what was proven before an incident gets forty new calls before it is judged", () => {
  expect(judgeTrial("v", trial({ isRetry: true, calls: 30 }), view(-0.03, 0.02), LEVELS).kind).toBe("going-on");
  expect(judgeTrial("v", trial({ isRetry: true, calls: 40 }), view(-0.03, 0.02), LEVELS).kind).toBe("worse");
});

test("what keeps the limits by a few calls of its own is not promoted while settings like it break them", () => {
  expect(judgeTrial("v", trial({}), view(0.1, 0.02, { limitProbability: 0.75 }), LEVELS)).toMatchObject({
    kind: "blocked",
    reason: { code: "LIMIT_UNPROVEN" },
  });
  expect(judgeTrial("v", trial({}), view(0.1, 0.02, { limitProbability: 0.85 }), LEVELS).kind).toBe("better");
  expect(judgeTrial("v", trial({}), view(0.1, 0.02, { limitProbability: 0.1 }), LEVELS)).toMatchObject({
    kind: "worse",
    reason: { code: "LIMIT_UNPROVEN" },
  });
});

test("a retry is judged by its own first forty calls, not by what settings like it did in the incident", () => {
  const remembered = { limitProbability: 0.05 };
  expect(judgeTrial("v", trial({ isRetry: true, calls: 20 }), view(0.01, 0.02, remembered), LEVELS).kind).toBe(
    "going-on",
  );
  expect(judgeTrial("v", trial({ isRetry: true, calls: 40 }), view(0.01, 0.02, remembered), LEVELS).kind).toBe("worse");
});

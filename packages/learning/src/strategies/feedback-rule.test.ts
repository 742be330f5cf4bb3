/** Row F5: three or more scored entries with a mean quality under 0.5 in a context raise temperature by 0.1, with 0.75. */
import { describe, expect, test } from "vitest";
import { type DecideOutput, decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import { SAMPLE_POLICY, sampleEvidence, sampleMeasurements } from "../decision/sample-operation.ts";
import type { Evidence, FeedbackEntry } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf } from "../policy/setting.ts";
import { feedbackRule } from "./feedback-rule.ts";
import { describeStrategy } from "./strategy-contract.ts";

describeStrategy("feedback-rule", () => feedbackRule({}));

const POLICY: OperationPolicy = { ...SAMPLE_POLICY, strategy: { kind: "feedback-rule", options: {} } };
const BASE = baselineOf(POLICY.parameters).id;

/** Entries on calls of genre=rock, one second apart. */
function entries(scores: readonly number[], first = 1, changes: Partial<FeedbackEntry> = {}): FeedbackEntry[] {
  return scores.map((score, index) => {
    const id = `f${first + index}`;
    return { id, context: { genre: "rock" }, variant: BASE, score, at: 1000 * (first + index), ...changes };
  });
}

/** One cycle for each list of entries; what is not the feedback's is as in the sample. */
function run(
  cycles: readonly (readonly FeedbackEntry[] | Evidence["feedback"])[],
  policy: OperationPolicy = POLICY,
  alter: (evidence: Evidence, cycle: number) => Evidence = (evidence) => evidence,
): Decision[] {
  let output: DecideOutput | undefined;
  return cycles.map((arrived, cycle) => {
    const measured = sampleEvidence(policy, cycle, output?.decision.allocations ?? [], () =>
      sampleMeasurements(20, 0.8, 0.6),
    );
    const feedback = Array.isArray(arrived)
      ? { kind: "value" as const, value: arrived as FeedbackEntry[] }
      : (arrived as Evidence["feedback"]);
    const evidence = alter({ ...measured, ...(feedback === undefined ? {} : { feedback }) }, cycle);
    output = decide({ policy, state: output?.state, evidence, now: evidence.window.to, seed: "rule" });
    return JSON.parse(JSON.stringify(output.decision)) as Decision;
  });
}

function rock(decision: Decision | undefined) {
  return decision?.contexts.find(({ context }) => context["genre"] === "rock");
}

describe("three scored entries with a mean under 0.5", () => {
  test("raise temperature from 0.7 to 0.8 with a confidence of 0.75 and the feedback ids as evidence", () => {
    const [decision] = run([entries([0.2, 0.4, 0.6])]);
    expect(decision?.adaptations).toHaveLength(1); // rock, not jazz
    const [adaptation] = decision?.adaptations ?? [];
    expect(adaptation).toMatchObject({
      context: { genre: "rock" },
      parameter: "temperature",
      oldValue: 0.7,
      newValue: 0.8,
      confidence: 0.75,
      status: "applied",
      basis: { feedback: ["f1", "f2", "f3"], window: { from: 1000, to: 3000 }, test: { threshold: 0.5 } },
    });
    expect(adaptation?.basis.test?.value).toBeCloseTo(0.4, 12);
    expect(adaptation?.reason).toEqual({
      code: "POOR_FEEDBACK",
      sentence: "3 scored entries of feedback have a mean quality of 0.400, under 0.5: temperature 0.7 to 0.8.",
    });
  });

  test("may arrive one by one, in a context without calls, and while the metrics cannot be read", () => {
    const [one, two, three] = entries([0.1, 0.2, 0.3]).map((entry) => [entry]);
    const dark: Evidence["cells"] = { kind: "timeout", detail: "5 s" };
    const decisions = run([one, two, three, []], POLICY, (evidence, cycle) => ({
      ...evidence,
      cells: cycle === 1 || cycle === 2 ? dark : { kind: "value", value: [] },
    }));
    expect(decisions.map(({ adaptations }) => adaptations.length)).toEqual([0, 0, 0, 1]);
    expect(rock(decisions[1])?.reason.code).toBe("EVIDENCE_TIMEOUT");
    expect(decisions[3]?.adaptations[0]?.basis.feedback).toEqual(["f1", "f2", "f3"]);
    expect(decisions.map(({ mayExplore }) => mayExplore)).toEqual([false, false, false, false]); // nobody is known to call
  });

  test("are done once judged: the same three never move it twice", () => {
    expect(run([entries([0.2, 0.2, 0.2]), [], []]).map(({ adaptations }) => adaptations.length)).toEqual([1, 0, 0]);
  });

  test("under an operation's confidence of 0.8 are a suggestion", () => {
    const [decision] = run([entries([0.2, 0.2, 0.2])], { ...POLICY, confidence: 0.8 });
    expect(decision?.adaptations[0]?.status).toBe("suggested");
  });
});

test.each([
  ["two entries", entries([0, 0]), "TOO_LITTLE_FEEDBACK"],
  ["a mean of exactly 0.5", entries([0.5, 0.5, 0.5]), "FEEDBACK_GOOD_ENOUGH"],
  ["good ratings", entries([0.9, 0.8, 1, 0.7]), "FEEDBACK_GOOD_ENOUGH"],
  ["the same entry three times", [0, 0, 0].flatMap(() => entries([0])), "TOO_LITTLE_FEEDBACK"],
  [
    "scores that are no numbers from 0 to 1",
    entries([Number.NaN, -1, 2, Number.POSITIVE_INFINITY]),
    "TOO_LITTLE_FEEDBACK",
  ],
  ["entries about another value", entries([0, 0, 0], 1, { variant: "v-other" }), "TOO_LITTLE_FEEDBACK"],
])("%s changes nothing", (_name, arrived, code) => {
  const [decision] = run([arrived]);
  expect(decision?.adaptations).toEqual([]);
  expect(rock(decision)?.reason.code).toBe(code);
});

test("a mean that good ratings lifted to 0.5 is forgotten: the next three are judged by themselves", () => {
  const decisions = run([entries([0.9, 0.9, 0.9]), entries([0.1, 0.1, 0.1], 4)]);
  expect(decisions[1]?.adaptations[0]?.basis.feedback).toEqual(["f4", "f5", "f6"]);
});

test("late ratings of the value before do not move the new one on", () => {
  const decisions = run([entries([0.2, 0.2, 0.2]), entries([0.1, 0.1, 0.1], 4)]);
  expect(decisions.map(({ adaptations }) => adaptations.length)).toEqual([1, 0]);
});

test("entries whose variant nobody knows count for the value in force", () => {
  const unknown = (scores: number[], first: number): FeedbackEntry[] =>
    entries(scores, first).map(({ id, context, score, at }) => ({ id, context, score, at }));
  const decisions = run([unknown([0.2, 0.2, 0.2], 1), unknown([0.2, 0.2, 0.2], 4), unknown([0.2, 0.2, 0.2], 7)]);
  expect(decisions.flatMap(({ adaptations }) => adaptations.map(({ newValue }) => newValue))).toEqual([0.8, 0.9]);
  expect(rock(decisions[2])?.reason.code).toBe("AT_BOUND");
});

test.each(["no-data", "not-a-number", "several-series", "stale", "partial", "error", "timeout"] as const)(
  "feedback that is %s moves nothing",
  (kind) => {
    expect(run([{ kind, detail: "as the store says" }])[0]?.adaptations).toEqual([]);
  },
);

test("in mode observe feedback neither moves anything nor waits for another mode", () => {
  const observing: OperationPolicy = { ...POLICY, mode: "observe" };
  let state: DecideOutput["state"] | undefined;
  for (const policy of [observing, POLICY]) {
    const feedback = { kind: "value" as const, value: policy === observing ? entries([0, 0, 0]) : [] };
    const evidence = { ...sampleEvidence(policy, 0, [], () => sampleMeasurements(20, 0.8, 0.6)), feedback };
    const output = decide({ policy, state, evidence, now: 1, seed: "rule" });
    expect(output.decision.adaptations).toEqual([]);
    ({ state } = output);
  }
});

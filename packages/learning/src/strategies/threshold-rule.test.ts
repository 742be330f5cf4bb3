/** Row by row what was asked for: under 0.7 up by 0.1 to at most 0.9, over 0.9 down by 0.1 to at least 0.5. */
import { describe, expect, test } from "vitest";
import { type DecideOutput, decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import { SAMPLE_POLICY, sampleEvidence } from "../decision/sample-operation.ts";
import type { Measurements } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { describeStrategy } from "./strategy-contract.ts";
import { thresholdRule, thresholdRuleProblems } from "./threshold-rule.ts";

const POLICY: OperationPolicy = { ...SAMPLE_POLICY, strategy: { kind: "threshold-rule", options: {} } };

describeStrategy("threshold-rule", () => thresholdRule({}));

/** Runs cycles in which every variant has the calls that `measure` says. */
function run(
  cycles: number,
  measure: (share: number, cycle: number) => Measurements,
  policy: OperationPolicy = POLICY,
): Decision[] {
  const decisions: Decision[] = [];
  let output: DecideOutput | undefined;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const evidence = sampleEvidence(policy, cycle, output?.decision.allocations ?? [], (_parameters, _context, share) =>
      measure(share, cycle),
    );
    output = decide({ policy, state: output?.state, evidence, now: evidence.window.to, seed: "rule" });
    decisions.push(output.decision);
  }
  return decisions;
}

/** Outcomes of the incumbent; the holdout's always fail, to show that they do not count. */
function outcomes(success: number, failure: number, partial = 0) {
  return (share: number): Measurements =>
    share < 0.5 ? { success: 0, failure: 20, partial: 0 } : { success, failure, partial };
}

/** Temperatures that rock moved to, in order. */
function moves(decisions: readonly Decision[]): unknown[] {
  return decisions.flatMap(({ adaptations }) =>
    adaptations.filter(({ context }) => context["genre"] === "rock").map(({ newValue }) => newValue),
  );
}

describe("from the base value of 0.7", () => {
  test("60 of 100 raises to 0.8, then to 0.9, and there it ends", () => {
    const decisions = run(8, outcomes(60, 40));
    expect(moves(decisions)).toEqual([0.8, 0.9]);
    expect(decisions.at(-1)?.contexts.find(({ context }) => context["genre"] === "rock")?.reason.code).toBe("AT_BOUND");
  });

  test("95 of 100 lowers to 0.6, then to 0.5, and there it ends", () => {
    expect(moves(run(8, outcomes(95, 5)))).toEqual([0.6, 0.5]);
  });

  test.each([
    [70, 30],
    [80, 20],
    [90, 10],
  ])("%d of 100 changes nothing: the thresholds themselves are not past", (success, failure) => {
    expect(moves(run(4, outcomes(success, failure)))).toEqual([]);
  });

  test("a partial counts one half: 60 successes and 30 partials of 100 are 0.75", () => {
    expect(moves(run(3, outcomes(60, 10, 30)))).toEqual([]);
    expect(moves(run(1, outcomes(50, 20, 30)))).toEqual([0.8]); // 0.65
  });
});

test("the last 100 operations are the shortest run of windows that holds them", () => {
  // 40 a cycle: the first two cycles are too few, the third makes 120 with a rate of 0.6
  const decisions = run(3, outcomes(24, 16));
  expect(decisions.map(({ adaptations }) => adaptations.length)).toEqual([0, 0, 2]);
  const [adaptation] = decisions[2]?.adaptations ?? [];
  expect(adaptation?.basis.windows).toBe(3);
  expect(adaptation?.basis.from.calls).toBe(120);
  expect(adaptation?.basis.window).toEqual({ from: 10_000, to: 16_000 });
});

test("old windows fall out: once a bad hour is over 100 operations ago it is forgotten", () => {
  const rates = [55, 80, 80, 80];
  const decisions = run(4, (_share, cycle) => ({
    success: (rates[cycle] ?? 0) / 2,
    failure: 50 - (rates[cycle] ?? 0) / 2,
    partial: 0,
  }));
  expect(moves(decisions.slice(0, 2))).toEqual([0.8]); // 67.5 of 100
  expect(moves(decisions.slice(2))).toEqual([]);
});

test("after a change the operations are counted anew, with calls of the new value", () => {
  const decisions = run(6, outcomes(24, 16));
  expect(decisions.map(({ adaptations }) => adaptations.length)).toEqual([0, 0, 2, 0, 0, 2]);
  const second = decisions[5]?.adaptations[0];
  expect(second?.oldValue).toBe(0.8);
  expect(second?.basis.from.parameters["temperature"]).toBe(0.8);
  expect(second?.basis.from.calls).toBe(120);
});

test("the confidence is the posterior probability that the rate is past its threshold", () => {
  const [clear] = run(1, outcomes(30, 70))[0]?.adaptations ?? [];
  expect(clear?.confidence).toBe(0.9999);
  const decision = run(1, outcomes(69, 31))[0];
  // 0.69 of 100: the true rate is under 0.7 with a probability of about 0.6, less than the threshold of 0.7
  expect(decision?.adaptations[0]?.status).toBe("suggested");
  expect(decision?.adaptations[0]?.confidence).toBeGreaterThan(0.5);
  expect(decision?.adaptations[0]?.confidence).toBeLessThan(0.7);
  expect(decision?.contexts.find(({ context }) => context["genre"] === "rock")?.kind).toBe("suggest");
});

test("the baseline keeps its holdout beside the value in force", () => {
  const allocation = run(1, outcomes(60, 40))[0]?.allocations.find(({ context }) => context["genre"] === "rock");
  expect(allocation?.variants.map(({ role, weight, parameters }) => [role, weight, parameters["temperature"]])).toEqual(
    [
      ["baseline", 0.05, 0.7],
      ["incumbent", 0.95, 0.8],
    ],
  );
});

test("a change supersedes the one before it", () => {
  const decisions = run(2, outcomes(60, 40));
  const first = decisions[0]?.adaptations.find(({ context }) => context["genre"] === "rock");
  expect(decisions[1]?.transitions.map(({ id, status }) => [id, status])).toContainEqual([first?.id, "superseded"]);
});

test("direction and every other option are the person's", () => {
  const options = {
    parameter: "retries",
    below: 0.5,
    above: 0.8,
    step: 1,
    ceiling: 4,
    floor: 0,
    operations: 50,
    direction: "lower-when-low",
  };
  const policy: OperationPolicy = {
    ...POLICY,
    parameters: { retries: { type: "integer", base: 2, min: 0, max: 5 } },
    strategy: { kind: "threshold-rule", options },
  };
  const raised = run(3, outcomes(45, 5), policy).flatMap(({ adaptations }) =>
    adaptations.map(({ newValue }) => newValue),
  );
  expect(raised).toEqual([3, 3, 4, 4]); // two contexts
  const lowered = run(3, outcomes(20, 30), policy).flatMap(({ adaptations }) =>
    adaptations.map(({ newValue }) => newValue),
  );
  expect(lowered).toEqual([1, 1, 0, 0]);
});

test("a largest step smaller than the rule's step is kept", () => {
  const temperature = { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.05, largestStep: 0.05 } as const;
  expect(moves(run(1, outcomes(60, 40), { ...POLICY, parameters: { temperature } }))).toEqual([0.75]);
});

test("wrong options are all told", () => {
  expect(thresholdRuleProblems({})).toEqual([]);
  expect(thresholdRuleProblems({ below: 0.95, floor: 2 })).toHaveLength(2);
  expect(
    thresholdRuleProblems({ bellow: 0.5, step: Number.NaN, direction: "up" }).map(
      ({ path, message }) => `${path.join(".")} ${message}`,
    ),
  ).toEqual([
    "bellow is no option of this strategy; did you mean below?",
    "step NaN is not a finite number",
    'direction "up" is unknown; write one of raise-when-low, lower-when-low',
  ]);
});

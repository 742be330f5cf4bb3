import { expect, test } from "vitest";
import type { CycleLedger, EnvironmentTrace, JudgedChange } from "../run-environment.ts";
import { scoreBoardOf } from "./score-board.ts";

const CYCLE: CycleLedger = {
  traffic: 10,
  served: 6.8,
  base: 5,
  best: 7,
  uniform: 4,
  spread: 0.4,
  violating: 0,
  brokenMajorities: 0,
  changes: 0,
  falseChanges: 0,
  needlessReturns: 0,
  smallestBaselineShare: 0.05,
};

function trace(
  environment: string,
  more: Partial<CycleLedger>,
  judged: readonly JudgedChange[] = [],
  hasLimits = false,
): EnvironmentTrace {
  const cycles = Array.from({ length: 20 }, () => ({ ...CYCLE, ...more }));
  return { environment, seed: 1, contexts: 1, hasLimits, hasOutages: false, cycles, judged };
}

function target(traces: readonly EnvironmentTrace[], metric: RegExp): unknown {
  return scoreBoardOf(traces).targets.find((row) => metric.test(row.metric));
}

test("a mean regret of 0.1 and 0.25 is 0.175: only what must be", () => {
  const traces = [trace("fine", { served: 6.8 }), trace("slow", { served: 6.5 })];
  expect(target(traces, /^regret, mean/)).toMatchObject({ value: expect.closeTo(0.175, 9), verdict: "must" });
  expect(target(traces, /^regret, worst/)).toMatchObject({ worst: "slow", value: expect.closeTo(0.25, 9) });
});

test("seeds of one environment are one environment", () => {
  const { environments } = scoreBoardOf([trace("one", { served: 6.8 }), trace("one", { served: 6.4 })]);
  expect(environments).toHaveLength(1);
  expect(environments[0]).toMatchObject({ seeds: 2, regret: { mean: expect.closeTo(0.2, 9) }, reached: 1 });
});

test("environments without limits do not dilute the traffic that breaks one", () => {
  const traces = [trace("free", {}), trace("limited", { violating: 0.4 }, [], true)];
  expect(target(traces, /breaks a limit, mean/)).toMatchObject({ value: expect.closeTo(0.04, 9), verdict: "missed" });
});

test("a baseline share under the holdout is missed", () => {
  expect(target([trace("greedy", { smallestBaselineShare: 0.049 })], /smallest share/)).toMatchObject({
    verdict: "missed",
  });
  expect(target([trace("honest", { smallestBaselineShare: 0.05 })], /smallest share/)).toMatchObject({
    verdict: "good",
  });
});

test("confidence is compared with the share that is right, bin by bin", () => {
  const judged = [0.96, 0.97, 0.97, 0.96, 1].map((confidence, index) => ({ confidence, isRight: index !== 1 }));
  const { calibration } = scoreBoardOf([trace("any", {}, judged)]);
  expect(calibration).toMatchObject([
    { from: 0.95, to: 0.98, changes: 4, meanConfidence: expect.closeTo(0.965, 9), right: { mean: 0.75 } },
    { from: 0.999, to: 1, changes: 1, meanConfidence: 1, right: { mean: 1 } },
  ]);
});

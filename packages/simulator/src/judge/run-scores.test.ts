import { describe, expect, test } from "vitest";
import type { CycleLedger, EnvironmentTrace } from "../run-environment.ts";
import { scoresOf } from "./run-scores.ts";

/** A cycle of ten calls, utilities given per call. */
function cycle(
  perCall: { served: number; base?: number; best?: number; uniform?: number },
  more: Partial<CycleLedger> = {},
): CycleLedger {
  const { served, base = 0.5, best = 0.7, uniform = 0.4 } = perCall;
  return {
    traffic: 10,
    served: 10 * served,
    base: 10 * base,
    best: 10 * best,
    uniform: 10 * uniform,
    spread: 0.4,
    violating: 0,
    brokenMajorities: 0,
    changes: 0,
    falseChanges: 0,
    needlessReturns: 0,
    smallestBaselineShare: 0.05,
    ...more,
  };
}

function trace(cycles: readonly CycleLedger[], contexts = 1): EnvironmentTrace {
  return { environment: "by-hand", seed: 1, contexts, hasLimits: true, hasOutages: true, cycles, judged: [] };
}

function repeat(count: number, ledger: CycleLedger): CycleLedger[] {
  return Array.from({ length: count }, () => ledger);
}

describe("where something better can be had", () => {
  test("half of the lift in every cycle is a regret of one half", () => {
    expect(scoresOf(trace(repeat(8, cycle({ served: 0.6 }))))).toMatchObject({ kind: "lift", regret: 0.5 });
  });

  test("the base values have the regret 1, the oracle 0, and what is worse than the base more than 1", () => {
    expect(scoresOf(trace(repeat(8, cycle({ served: 0.5 })))).regret).toBeCloseTo(1, 12);
    expect(scoresOf(trace(repeat(8, cycle({ served: 0.7 })))).regret).toBeCloseTo(0, 12);
    expect(scoresOf(trace(repeat(8, cycle({ served: 0.4 })))).regret).toBeCloseTo(1.5, 12);
  });

  test("three quarters at the base and one at the best are 0.75 in all and 0 in the last quarter", () => {
    const scores = scoresOf(trace([...repeat(30, cycle({ served: 0.5 })), ...repeat(10, cycle({ served: 0.7 }))]));
    expect(scores.regret).toBeCloseTo(0.75, 12);
    expect(scores.lastQuarterRegret).toBeCloseTo(0, 12);
  });

  test("cycles weigh as many calls as they have", () => {
    const busy = cycle({ served: 0.7 });
    const heavy = { ...busy, traffic: 30, served: 21, base: 15, best: 21, uniform: 12 };
    // 10 calls miss 0.2 each, of 40 that could have won 0.2
    expect(scoresOf(trace([cycle({ served: 0.5 }), heavy])).regret).toBeCloseTo(0.25, 12);
  });

  test("80 % of the lift is reached when ten cycles together have it", () => {
    // from cycle 20 on 100 %: eight such cycles with two of the base are 80 %
    const cycles = [...repeat(20, cycle({ served: 0.5 })), ...repeat(20, cycle({ served: 0.7 }))];
    expect(scoresOf(trace(cycles)).cyclesToLift).toBe(28);
    expect(scoresOf(trace(repeat(40, cycle({ served: 0.65 })))).cyclesToLift).toBeUndefined();
  });
});

test("where the base values are best, a uniform choice has the regret 1", () => {
  const of = (served: number): number => scoresOf(trace(repeat(4, cycle({ served, best: 0.5 })))).regret;
  expect(scoresOf(trace(repeat(4, cycle({ served: 0.5, best: 0.5 }))))).toMatchObject({
    kind: "baseline-best",
    regret: 0,
  });
  expect(of(0.4)).toBeCloseTo(1, 12);
  expect(of(0.49)).toBeCloseTo(0.1, 12);
});

test("where nothing matters there is no regret", () => {
  const same = cycle({ served: 0.5, best: 0.5, uniform: 0.5 }, { spread: 0 });
  expect(scoresOf(trace([same]))).toMatchObject({ kind: "nothing-matters", regret: 0, lastQuarterRegret: 0 });
});

test("counts are per context, calls per call, majorities per context and cycle", () => {
  const cycles = [
    cycle({ served: 0.5 }, { violating: 4, changes: 2, falseChanges: 1, brokenMajorities: 1 }),
    cycle({ served: 0.5 }, { needlessReturns: 1, smallestBaselineShare: 0.04 }),
  ];
  expect(scoresOf(trace(cycles, 2))).toMatchObject({
    violatingTraffic: 0.2,
    changes: 1,
    falseChanges: 0.5,
    needlessReturns: 0.5,
    brokenMajority: 0.25,
    smallestBaselineShare: 0.04,
  });
});

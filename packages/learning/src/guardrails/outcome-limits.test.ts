import { expect, test } from "vitest";
import type { Measurements } from "../evidence/evidence.ts";
import type { Constraint } from "../policy/policy.ts";
import { type LimitMemory, NO_LIMIT_MEMORY } from "./limit-counts.ts";
import { judgeLimits, updateLimits } from "./outcome-limits.ts";

const SUCCESS: Constraint = { kind: "success-rate", minimum: 0.9 };
const RATIO: Constraint = { kind: "p95-latency-ratio", maximumRatio: 1.5 };

function outcomes(success: number, failure: number): Measurements {
  return { success, failure, partial: 0 };
}

/** Calls that took 1 s or less, and calls that took between 2 and 4 s. */
function durations(quick: number, slow: number): Measurements {
  return {
    ...outcomes(quick + slow, 0),
    duration: { bounds: [0.5, 1, 2, 4], counts: [0, quick, 0, slow, 0], sum: quick + 3 * slow, count: quick + slow },
  };
}

function after(
  cycles: number,
  constraints: readonly Constraint[],
  measured: Readonly<Record<string, Measurements>>,
  from: LimitMemory = NO_LIMIT_MEMORY,
): LimitMemory {
  let memory = from;
  for (let cycle = 0; cycle < cycles; cycle++)
    memory = updateLimits(memory, constraints, ["base", "v"], "base", new Map(Object.entries(measured)));
  return memory;
}

test("a variant that fails half of its calls violates a limit of 0.9 after two cycles of twenty", () => {
  const memory = after(2, [SUCCESS], { base: outcomes(20, 0), v: outcomes(10, 10) });
  expect(judgeLimits(memory, [SUCCESS], "v", "base").verdict).toBe("violated");
  expect(judgeLimits(memory, [SUCCESS], "base", "base").verdict).toBe("passed");
});

test("a good past does not hide an outage", () => {
  const good = after(500, [SUCCESS], { base: outcomes(20, 0), v: outcomes(20, 0) });
  const judgement = judgeLimits(
    after(2, [SUCCESS], { base: outcomes(20, 0), v: outcomes(5, 15) }, good),
    [SUCCESS],
    "v",
    "base",
  );
  expect(judgement.verdict).toBe("violated");
});

test("when the baseline fails as well, going back to it would not help", () => {
  const memory = after(3, [SUCCESS], { base: outcomes(10, 10), v: outcomes(10, 10) });
  expect(judgeLimits(memory, [SUCCESS], "v", "base").verdict).toBe("passed");
});

test("no data is unknown, never passed, and never evidence against a variant", () => {
  expect(judgeLimits(NO_LIMIT_MEMORY, [SUCCESS], "v", "base").verdict).toBe("unknown");
  const memory = after(5, [SUCCESS, RATIO], { base: outcomes(100, 0), v: outcomes(100, 0) });
  expect(judgeLimits(memory, [SUCCESS, RATIO], "v", "base").verdict).toBe("unknown"); // there were no durations
  const once = after(1, [SUCCESS], { v: outcomes(18, 2) });
  expect(after(20, [SUCCESS], { base: outcomes(20, 0) }, once).variants["v"]).toEqual(once.variants["v"]);
});

test("a tail that is longer than 1.5 x the baseline's p95 in more than 5 % of the calls violates the limit", () => {
  const constraints = [RATIO];
  const fine = after(20, constraints, { base: durations(40, 0), v: durations(40, 0) });
  expect(judgeLimits(fine, constraints, "v", "base").verdict).toBe("passed");
  expect(judgeLimits(fine, constraints, "v", "base").probability).toBeGreaterThan(0.99);
  const slow = after(4, constraints, { base: durations(40, 0), v: durations(28, 12) }, fine);
  expect(judgeLimits(slow, constraints, "v", "base").verdict).toBe("violated");
});

test("a multiple of the baseline's p95 is unknown until 200 of its calls were timed", () => {
  const constraints = [RATIO];
  expect(
    judgeLimits(after(4, constraints, { base: durations(40, 0), v: durations(40, 0) }), constraints, "v", "base")
      .verdict,
  ).toBe("unknown");
  expect(
    judgeLimits(after(6, constraints, { base: durations(40, 0), v: durations(40, 0) }), constraints, "v", "base")
      .verdict,
  ).toBe("passed");
});

test("a variant that is no longer served is forgotten", () => {
  const memory = after(3, [SUCCESS], { base: outcomes(20, 0), v: outcomes(10, 10) });
  expect(updateLimits(memory, [SUCCESS], ["base"], "base", new Map()).variants["v"]).toBeUndefined();
});

test("what fails a little more because everything does is not blamed, although the baseline has few calls", () => {
  const usual = after(200, [SUCCESS], { base: outcomes(4, 0), v: outcomes(95, 5) });
  // v falls from 0.95 to 0.86; the baseline, with four calls a cycle, to 0.75: its own alarm has not risen far yet
  const common = { base: outcomes(3, 1), v: outcomes(86, 14) };
  const own = { base: outcomes(4, 0), v: outcomes(86, 14) };
  expect(judgeLimits(after(8, [SUCCESS], own, usual), [SUCCESS], "v", "base").verdict).toBe("violated");
  expect(judgeLimits(after(8, [SUCCESS], common, usual), [SUCCESS], "v", "base").verdict).toBe("passed");
});

test("a context with too few timed calls of the baseline takes the limit from all contexts, but only where these have enough", () => {
  const measured = new Map([
    ["base", durations(4, 0)],
    ["v", durations(30, 10)],
  ]);
  const judged = (siblings: number): string => {
    const all = durations(siblings, 0).duration;
    const memory = updateLimits(NO_LIMIT_MEMORY, [RATIO], ["base", "v"], "base", measured, all);
    return judgeLimits(memory, [RATIO], "v", "base").verdict;
  };
  expect(judged(100)).toBe("unknown");
  expect(judged(400)).toBe("violated");
});

test("twenty-six clean calls prove little of a limit of 0.9, seventy prove it ten to one", () => {
  const proofAfter = (calls: number): number =>
    judgeLimits(after(1, [SUCCESS], { base: outcomes(20, 0), v: outcomes(calls, 0) }), [SUCCESS], "v", "base").proof;
  // per clean call ln(0.9/0.86) = 0.04546: the smallest breach that is watched for is 0.86
  expect(proofAfter(26)).toBeCloseTo(26 * Math.log(0.9 / 0.86), 9);
  expect(proofAfter(26)).toBeLessThan(Math.log(10));
  expect(proofAfter(70)).toBeGreaterThan(Math.log(10));
});

import { expect, test } from "vitest";
import type { Measurements } from "../evidence/evidence.ts";
import type { Constraint } from "../policy/policy.ts";
import { type LimitMemory, NO_LIMIT_MEMORY } from "./limit-counts.ts";
import { limitLevels } from "./limit-shares.ts";
import { judgeLimits, updateLimits } from "./outcome-limits.ts";

const RATIO: readonly Constraint[] = [{ kind: "success-rate-ratio", minimumRatio: 0.9 }];

function outcomes(success: number, failure: number): Measurements {
  return { success, failure, partial: 0 };
}

function after(cycles: number, base: Measurements, v: Measurements, from: LimitMemory = NO_LIMIT_MEMORY): LimitMemory {
  const measured = new Map([
    ["base", base],
    ["v", v],
  ]);
  let memory = from;
  for (let cycle = 0; cycle < cycles; cycle++) memory = updateLimits(memory, RATIO, ["base", "v"], "base", measured);
  return memory;
}

test("a limit of 0.9 x baseline is 0.72 where the baseline has 0.8: 0.78 keeps it, 0.5 breaks it", () => {
  const usual = after(20, outcomes(80, 20), outcomes(78, 22));
  expect(judgeLimits(usual, RATIO, "v", "base")).toMatchObject({ verdict: "passed" });
  expect(judgeLimits(usual, RATIO, "v", "base").probability).toBeGreaterThan(0.99);
  const bad = after(2, outcomes(80, 20), outcomes(50, 50), usual);
  expect(judgeLimits(bad, RATIO, "v", "base")).toMatchObject({ verdict: "violated" });
  expect(judgeLimits(bad, RATIO, "v", "base").sentence).toContain("success_rate >= 0.9 x baseline");
});

test("before the baseline has a hundred calls the limit is unknown, and no alarm rises", () => {
  const early = after(4, outcomes(20, 4), outcomes(0, 50));
  expect(judgeLimits(early, RATIO, "v", "base")).toMatchObject({ verdict: "unknown", level: 0 });
  expect(limitLevels(early, RATIO, "base")).toEqual([null]);
  expect(judgeLimits(after(5, outcomes(20, 4), outcomes(20, 4)), RATIO, "v", "base").verdict).toBe("passed");
});

test("the distance to a limit that moves with the baseline is better known than the baseline", () => {
  const [moving] = limitLevels(after(20, outcomes(80, 20), outcomes(80, 20)), RATIO, "base");
  const [fixed] = limitLevels(
    after(20, outcomes(80, 20), outcomes(80, 20)),
    [{ kind: "success-rate", minimum: 0.72 }],
    "base",
  );
  expect(moving?.allowed).toBeCloseTo(0.28, 9);
  expect(moving?.baseline.variance).toBeCloseTo(0.01 * (fixed?.baseline.variance ?? 0), 9);
});

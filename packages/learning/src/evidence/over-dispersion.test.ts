import { expect, test } from "vitest";
import { randomFromSeed } from "../statistics/random.ts";
import { dispersionOf, type LastContrasts, learnDispersion, NO_DISPERSION } from "./over-dispersion.ts";
import type { ClosedWindow, Dispersion, WindowArm } from "./windows.ts";

/** What is believed after windows of one cycle with two variants, whose means vary by φ·v + τ² although v is what sampling explains. */
function learnt(factor: number, perCycle: number, windows: number): Dispersion {
  const random = randomFromSeed(`${factor} ${perCycle}`);
  let sums = NO_DISPERSION;
  let last: LastContrasts = {};
  for (let number = 0; number < windows; number++) {
    const believed = dispersionOf(sums);
    const arms = ["a", "b"].map((variant): WindowArm => {
      const calls = 5 + random.integer(200); // only different numbers of calls tell the two causes apart
      const v = 0.04 / calls;
      const utility = 0.5 + Math.sqrt(factor * v + perCycle) * random.gaussian();
      const measurements = { success: calls, failure: 0, partial: 0 };
      return { variant, calls, utility, variance: believed.factor * v + believed.perCycle, measurements };
    });
    const window: ClosedWindow = { from: number, to: number + 1, cycles: 1, arms, isCurrent: true };
    ({ sums, last } = learnDispersion(sums, last, window, believed));
  }
  return dispersionOf(sums);
}

/** The variance of one cycle's mean of so many calls, as a multiple of what is true. */
function ratio(factor: number, perCycle: number, calls: number): number {
  const believed = learnt(factor, perCycle, 800);
  const v = 0.04 / calls;
  return (believed.factor * v + believed.perCycle) / (factor * v + perCycle);
}

// 800 squares of normal numbers have a mean with a relative deviation of √(2/800) = 0.05; neighbours share a window (0.07), and the two
// unknowns trade against each other (about 0.12 at the ends of the range). The bounds are at three to four of those.
test("whether calls come in clusters or variants have good and bad cycles, the variance is right for few calls and for many", () => {
  for (const [factor, perCycle] of [
    [8, 0],
    [1, 0.04 ** 2],
    [4, 0.03 ** 2],
  ] as const) {
    for (const calls of [10, 30, 100]) {
      expect(ratio(factor, perCycle, calls)).toBeGreaterThan(0.6);
      expect(ratio(factor, perCycle, calls)).toBeLessThan(1.5);
    }
  }
});

test("independent calls need neither, and before anything is measured a little of the second is believed", () => {
  const { factor, perCycle } = learnt(1, 0, 800);
  expect(factor).toBeLessThan(1.6);
  expect(perCycle).toBeLessThan(0.01 ** 2);
  expect(dispersionOf(NO_DISPERSION)).toEqual({ factor: 1, perCycle: 0.015 ** 2 });
});

test("one incident in one variant does not make the operation deaf", () => {
  const window = (utility: number, number: number): ClosedWindow => ({
    from: number,
    to: number + 1,
    cycles: 1,
    isCurrent: true,
    arms: [0.5, utility].map((mean, index) => ({
      variant: `v${index}`,
      calls: 100,
      utility: mean,
      variance: 0.0004,
      measurements: { success: 100, failure: 0, partial: 0 },
    })),
  });
  let sums = NO_DISPERSION;
  let last: LastContrasts = {};
  for (let number = 0; number < 60; number++) {
    const next = window(number === 30 ? 0 : 0.5, number);
    ({ sums, last } = learnDispersion(sums, last, next, { factor: 1, perCycle: 0.01 ** 2 }));
  }
  expect(dispersionOf(sums).factor).toBeLessThan(2);
});

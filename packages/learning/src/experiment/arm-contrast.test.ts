import { type AllocatedVariant, assignVariant, parseAllocationDocument } from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import type { ClosedWindow } from "../evidence/windows.ts";
import { baselineOf, settingOf } from "../policy/setting.ts";
import { randomFromSeed } from "../statistics/random.ts";
import {
  type ArmContrastSums,
  armContrast,
  composeArms,
  type ExperimentArm,
  learnArmContrast,
} from "./arm-contrast.ts";

const SPACE = { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } } as const;
const BASELINE = baselineOf(SPACE);

function variant(temperature: number, role: AllocatedVariant["role"], weight: number): AllocatedVariant {
  return { ...settingOf({ temperature }, BASELINE), role, weight };
}

/** Half of the calls each: the first arm has found 0.9, the second still tries it beside the baseline. */
const FOUND: ExperimentArm = {
  share: 0.5,
  variants: [variant(0.7, "baseline", 0.05), variant(0.9, "incumbent", 0.95)],
};
const TRYING: ExperimentArm = {
  share: 0.5,
  variants: [variant(0.7, "baseline", 0.8), variant(0.9, "challenger", 0.2)],
};

/** Windows in which every variant has its true utility and noise of this deviation. */
function learn(
  arms: readonly [ExperimentArm, ExperimentArm],
  utilities: Record<number, number>,
  {
    windows = 200,
    deviation = 0.05,
    seed = "arms",
    level = (): number => 0,
    sums: from = undefined as ArmContrastSums | undefined,
  } = {},
): { sums: ArmContrastSums | undefined; everMissed: (truth: number) => boolean } {
  const random = randomFromSeed(seed);
  const known = new Map(
    arms.flatMap(({ variants }) =>
      variants.map(({ id, parameters }) => [id, Number(parameters["temperature"])] as const),
    ),
  );
  const bounds: (readonly [number, number])[] = [];
  let sums = from;
  for (let number = 0; number < windows; number++) {
    const common = level();
    const window: ClosedWindow = {
      from: number,
      to: number + 1,
      cycles: 2,
      isCurrent: true,
      arms: [...known].map(([id, temperature]) => ({
        variant: id,
        calls: 50,
        utility: common + (utilities[temperature] ?? 0) + deviation * random.gaussian(),
        variance: deviation ** 2,
        measurements: { success: 50, failure: 0, partial: 0 },
      })),
    };
    sums = learnArmContrast(sums, window, arms);
    const interval = armContrast(sums);
    if (interval !== undefined) bounds.push([interval.lower, interval.upper]);
  }
  return { sums, everMissed: (truth) => bounds.some(([lower, upper]) => lower > truth || upper < truth) };
}

describe("the comparison", () => {
  test("finds the better arm, and by how much: 0.75 of the calls differ by 0.1", () => {
    const { sums } = learn([FOUND, TRYING], { 0.7: 0.6, 0.9: 0.7 });
    const interval = armContrast(sums);
    expect(interval?.lower).toBeGreaterThan(0.04);
    expect(interval?.lower).toBeLessThan(0.075);
    expect(interval?.upper).toBeGreaterThan(0.075);
  });

  test("is not fooled by a day that gets better for everyone", () => {
    let day = 0;
    const { everMissed } = learn([FOUND, TRYING], { 0.7: 0.3, 0.9: 0.3 }, { level: () => (day += 0.002) });
    expect(everMissed(0)).toBe(false);
  });

  test("of 1,000 experiments without a difference at most one in twenty is ever wrong", () => {
    let missed = 0;
    for (let run = 0; run < 1000; run++) {
      if (learn([FOUND, TRYING], { 0.7: 0.5, 0.9: 0.5 }, { windows: 150, seed: `tie ${run}` }).everMissed(0))
        missed += 1;
    }
    // a true share of 0.05 deviates by 0.0069: 80 is 4.3 of those, missed once in 100,000 seeds
    expect(missed).toBeLessThanOrEqual(80);
    expect(missed).toBeGreaterThan(0);
  });

  test("arms that serve the same differ by nothing, and by next to nothing after many windows", () => {
    const interval = armContrast(learn([FOUND, FOUND], { 0.7: 0.6, 0.9: 0.7 }).sums);
    expect(interval?.estimate).toBe(0);
    expect(interval?.upper).toBeGreaterThan(0);
    expect(interval?.upper).toBeLessThan(0.02);
  });

  test("windows in which the arms serve nearly the same do not outweigh those in which they differ", () => {
    const almost: ExperimentArm = {
      share: 0.5,
      variants: [variant(0.7, "baseline", 0.79), variant(0.9, "challenger", 0.21)],
    };
    const { sums } = learn([almost, TRYING], { 0.7: 0.5, 0.9: 0.6 }, { windows: 20 });
    const interval = armContrast(learn([FOUND, TRYING], { 0.7: 0.5, 0.9: 0.6 }, { windows: 180, sums }).sums);
    // 180 of 200 windows differ by 0.075, 20 by 0.001: with inverse variances the estimate would be 0.0011
    expect(interval?.estimate).toBeGreaterThan(0.06);
    expect(interval?.lower).toBeGreaterThan(0.03);
  });

  test("a window without a variant that has a tenth of an arm or more says nothing, one without a rare one does", () => {
    const empty: ClosedWindow = { from: 0, to: 1, cycles: 2, isCurrent: true, arms: [] };
    expect(learnArmContrast(undefined, empty, [FOUND, TRYING])).toBeUndefined();
    const arms = [0.9].map((temperature) => ({
      variant: variant(temperature, "incumbent", 1).id,
      calls: 60,
      utility: 0.6,
      variance: 0.001,
      measurements: { success: 60, failure: 0, partial: 0 },
    }));
    // 0.05 of the first arm is missing, 0.8 of the second
    expect(learnArmContrast(undefined, { ...empty, arms }, [FOUND, FOUND])?.windows).toBe(1);
    expect(learnArmContrast(undefined, { ...empty, arms }, [FOUND, TRYING])).toBeUndefined();
    expect(armContrast(undefined)).toBeUndefined();
  });

  test("ratings are compared apart, and before the first they may add or take all of their weight", () => {
    const calls = { weight: 10_000, score: 500, variance: 400, tuning: 0.001 };
    const unrated = armContrast({ windows: 100, calls, ratings: null }, 0.2);
    expect(unrated?.estimate).toBeCloseTo(0.05, 12);
    expect((unrated?.upper ?? 0) - (unrated?.lower ?? 0)).toBeGreaterThan(0.4);
    const rated = armContrast({ windows: 100, calls, ratings: { ...calls, score: 100 } }, 0.2);
    expect(rated?.estimate).toBeCloseTo(0.06, 12);
  });
});

describe("what is served", () => {
  test("is the baseline alone while neither arm has anything else", () => {
    const arm: ExperimentArm = { share: 0.5, variants: [variant(0.7, "baseline", 1)] };
    expect(composeArms([arm, arm], 0.05)).toEqual(arm.variants);
  });

  const before = composeArms([TRYING, TRYING], 0.05);
  const after = composeArms([FOUND, TRYING], 0.05);

  test("sums to one, with each arm's share in its stretch and the holdout once", () => {
    for (const variants of [before, after]) {
      expect(variants.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(variants.filter(({ role }) => role === "baseline").map(({ weight }) => weight)).toEqual([0.05]);
    }
    expect(
      after.map(({ role, parameters, weight }) => [role, parameters["temperature"], Number(weight.toFixed(6))]),
    ).toEqual([
      ["baseline", 0.7, 0.05],
      ["incumbent", 0.9, 0.475],
      ["incumbent", 0.7, 0.375],
      ["challenger", 0.9, 0.1],
    ]);
  });

  test("is a document that any service takes", () => {
    const allocation = { context: {}, salt: "s", variants: after };
    const operation = { context: [], holdoutSalt: "h", parameters: SPACE, allocations: [allocation] };
    const document = {
      schema: 1,
      revision: "1",
      issuedAt: "2026-11-20T10:00:00Z",
      exploreUntil: "2026-11-20T10:05:00Z",
      component: "shop",
      operations: { search: operation },
    };
    expect(parseAllocationDocument(document)).toHaveProperty("document");
  });

  test("keeps every key in its arm, and the holdout's in the holdout, while the first arm changes all it serves", () => {
    const salts = { holdoutSalt: "permanent", salt: "experiment" };
    let moved = 0;
    for (let number = 0; number < 5_000; number++) {
      const point = { key: `user ${number}` };
      const places = [before, after].map((variants) => variants.indexOf(assignVariant(variants, salts, point)));
      const [was = 0, is = 0] = places;
      // before: 0 holdout, 1 and 2 the first arm, 3 and 4 the second; after: 0, then 1, then 2 and 3
      const arm = [0, 1, 1, 2, 2][was];
      expect([0, 1, 2, 2][is]).toBe(arm);
      if (arm === 1) moved += 1;
    }
    // 0.475 of the keys; the deviation of a share of 5,000 is 0.0071, five of those
    expect(Math.abs(moved / 5_000 - 0.475)).toBeLessThan(0.0355);
  });
});

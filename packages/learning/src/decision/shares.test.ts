import fc from "fast-check";
import { expect, test } from "vitest";
import { composeVariants, LARGEST_CHALLENGER_SHARE } from "./shares.ts";

const setting = (id: string) => ({ id, parameters: { x: id } });

test("whatever is asked for, shares sum to one, the holdout stands and challengers stay under their cap", () => {
  const weight = fc.double({ min: 0, max: 3, noNaN: true });
  const holdout = fc.double({ min: 0, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(fc.array(weight, { maxLength: 5 }), holdout, fc.boolean(), (weights, share, isBaselineBest) => {
      const baseline = setting("base");
      const challengers = weights.map((each, index) => ({ setting: setting(`v${index}`), weight: each }));
      const incumbent = isBaselineBest ? baseline : setting("best");
      const variants = composeVariants({ baseline, incumbent, challengers, holdout: share });
      const sum = variants.reduce((total, variant) => total + variant.weight, 0);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-9);
      expect(variants[0]?.weight).toBeGreaterThanOrEqual(share);
      const tried = variants
        .filter((variant) => variant.role === "challenger")
        .reduce((total, variant) => total + variant.weight, 0);
      expect(tried).toBeLessThanOrEqual(LARGEST_CHALLENGER_SHARE + 1e-9);
      for (const { weight: each } of variants) {
        expect(each).toBeGreaterThanOrEqual(0);
        expect(Math.abs(each * 10_000 - Math.round(each * 10_000))).toBeLessThan(1e-6);
      }
    }),
  );
});

test("a holdout of a third is rounded up, never down", () => {
  const variants = composeVariants({
    baseline: setting("base"),
    incumbent: setting("best"),
    challengers: [],
    holdout: 1 / 3,
  });
  expect(variants.map(({ weight }) => weight)).toEqual([0.3334, 0.6666]);
});

import type { ParameterSpace } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { randomFromSeed } from "../statistics/random.ts";
import { featureMapOf } from "../surface/features.ts";
import { FIRST_LEVELS, PooledSurface } from "../surface/pooled-surface.ts";
import { learnArms, noEvidence } from "../surface/surface-evidence.ts";
import { SurfaceView } from "./surface-view.ts";

const SPACE: ParameterSpace = { model: { type: "choice", base: "a", choices: ["a", "b", "c"] } };
const FEATURES = featureMapOf(SPACE);
const [A, B, C] = [{ model: "a" }, { model: "b" }, { model: "c" }];

/** b is better than a by 0.1, c by 0.05; both are known well. */
function view(): SurfaceView {
  const known = new Map([
    ["a", A],
    ["b", B],
    ["c", C],
  ]);
  const arm = (variant: string, value: number) => ({ variant, value, variance: 1e-5 });
  const evidence = learnArms(
    noEvidence(FEATURES.size, 0),
    [arm("a", 0.5), arm("b", 0.6), arm("c", 0.55)],
    known,
    FEATURES,
    0,
  );
  const surface = new PooledSurface(
    FEATURES.variances,
    0.06,
    FIRST_LEVELS,
    new Map([["x", { context: {}, evidence }]]),
  );
  return new SurfaceView(FEATURES, surface.beliefOf("x"), A);
}

test("what may hardly be served takes no chance of being best from what may", () => {
  expect(view().probabilityBest([B, C], [1, 1], 400, randomFromSeed("draws"))).toEqual([1, 0]);
  const [best = 0, second = 0] = view().probabilityBest([B, C], [0.3, 1], 400, randomFromSeed("draws"));
  // 0.3 of 400 draws has a standard error of 0.023; 0.12 is five of those
  expect(Math.abs(best - 0.3)).toBeLessThan(0.12);
  expect(best + second).toBeCloseTo(1, 9);
});

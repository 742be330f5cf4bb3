import type { ParameterSpace } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { featureMapOf } from "../surface/features.ts";
import { FIRST_LEVELS, PooledSurface } from "../surface/pooled-surface.ts";
import { learnArms, noEvidence, type SurfaceEvidence } from "../surface/surface-evidence.ts";
import { mayTry } from "./challengers.ts";
import { LimitView } from "./limit-view.ts";

const SPACE: ParameterSpace = {
  candidates: { type: "integer", base: 2, min: 1, max: 9 },
  model: { type: "choice", base: "small", choices: ["small", "large"] },
};
const FEATURES = featureMapOf(SPACE);
const at = (candidates: number, model = "small") => ({
  id: `${model} ${candidates}`,
  parameters: { candidates, model },
});
const KNOWN = new Map([at(2), at(3), at(5)].map(({ id, parameters }) => [id, parameters]));
/** 5 % of the calls may be slow; the baseline has 1 %, known from about 1,000 calls. */
const LEVEL = { allowed: 0.05, baseline: { share: 0.01, variance: 0.00001 } };

/** Five windows of 200 calls each: 2 % slow with three candidates, 30 % with five. */
function measured(): SurfaceEvidence {
  let evidence = noEvidence(FEATURES.size, 0);
  for (let window = 0; window < 5; window++) {
    const arm = (candidates: number, share: number) => ({
      variant: at(candidates).id,
      value: share,
      variance: (share * (1 - share)) / 200,
    });
    evidence = learnArms(evidence, [arm(2, 0.01), arm(3, 0.02), arm(5, 0.3)], KNOWN, FEATURES, 0);
  }
  return evidence;
}

function viewOf(evidence: SurfaceEvidence, level: typeof LEVEL | null = LEVEL): LimitView {
  const members = new Map([["a", { context: {}, evidence }]]);
  const belief = new PooledSurface(FEATURES.variances, 0.1, FIRST_LEVELS, members).beliefOf("a");
  return new LimitView(FEATURES, [{ level, belief }], at(2).parameters);
}

test("before anything is measured the base values keep the limit and everything else may be tried", () => {
  const view = viewOf(noEvidence(FEATURES.size, 0));
  expect(view.probability(at(2))).toBeGreaterThan(0.99);
  for (const setting of [at(3), at(9), at(4, "large")]) {
    expect(view.probability(setting)).toBeLessThan(0.8);
    expect(mayTry(setting, view)).toBe(true);
  }
});

test("a setting that never ran is not tried where its neighbours were too slow", () => {
  const view = viewOf(measured());
  expect(view.probability(at(3))).toBeGreaterThan(0.9);
  expect(view.probability(at(5))).toBeLessThan(0.001);
  // six candidates never ran; five were far over the limit
  expect(mayTry(at(6), view)).toBe(false);
});

test("where nobody knows how the baseline stands nothing is sure, and without limits everything is", () => {
  expect(viewOf(measured(), null).probability(at(3))).toBe(0);
  expect(new LimitView(FEATURES, [], at(2).parameters).probability(at(9))).toBe(1);
});

import type { Context, ParameterSpace, ParameterValues } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { addScaled, dot, quadraticForm } from "../statistics/linear-algebra.ts";
import { featureMapOf } from "./features.ts";
import { type Belief, FIRST_LEVELS, PooledSurface, type SurfaceLevels } from "./pooled-surface.ts";
import { discount, learnArms, noEvidence, type SurfaceArm, type SurfaceEvidence } from "./surface-evidence.ts";

const SPACE: ParameterSpace = {
  level: { type: "integer", base: 5, min: 1, max: 9 },
  model: { type: "choice", base: "small", choices: ["small", "large"] },
};
const BASE: ParameterValues = { level: 5, model: "small" };
const LARGE: ParameterValues = { level: 5, model: "large" };
const FEATURES = featureMapOf(SPACE);
const KNOWN = new Map([
  ["base", BASE],
  ["v", LARGE],
]);

function windowOf(difference: number, level = 0.5): SurfaceArm[] {
  return [
    { variant: "base", value: level, variance: 0.0005 },
    { variant: "v", value: level + difference, variance: 0.0005 },
  ];
}

function learnt(difference: number, windows = 10): SurfaceEvidence {
  let evidence = noEvidence(FEATURES.size, 0);
  for (let index = 0; index < windows; index++)
    evidence = learnArms(evidence, windowOf(difference), KNOWN, FEATURES, 0);
  return evidence;
}

function surfaceOf(
  contexts: Readonly<Record<string, [Context, SurfaceEvidence]>>,
  levels: SurfaceLevels = FIRST_LEVELS,
): PooledSurface {
  const members = Object.entries(contexts).map(([id, [context, evidence]]) => [id, { context, evidence }] as const);
  return new PooledSurface(FEATURES.variances, 0.06, levels, new Map(members));
}

/** Mean and deviation of the large model minus the small one. */
function differenceBy({ mean, covariance }: Belief): [number, number] {
  const offset = addScaled(FEATURES.vector(LARGE), FEATURES.vector(BASE), -1);
  return [dot(offset, mean), Math.sqrt(quadraticForm(offset, covariance, offset))];
}

test("coordinates: two choices, four waves, and waves per choice", () => {
  expect(FEATURES.size).toBe(2 + 4 + 4);
  const waves = FEATURES.variances.slice(0, 4);
  expect(waves.reduce((sum, variance) => sum + variance, 0)).toBeCloseTo(1, 12);
  expect([...waves].sort((left, right) => right - left)).toEqual(waves); // slow waves are likelier than quick ones
  expect(FEATURES.vector(BASE)).not.toEqual(FEATURES.vector(LARGE));
});

test("a large space keeps its coordinates under the limit", () => {
  const choice = { type: "choice", base: "a", choices: ["a", "b", "c", "d"] } as const;
  const number = { type: "number", base: 0.5, min: 0, max: 1 } as const;
  expect(featureMapOf({ a: choice, b: choice, c: number, d: number, e: number }).size).toBeLessThanOrEqual(36);
});

test("what a context measures it believes, and what hits both variants alike it does not even see", () => {
  const [mean, deviation] = differenceBy(surfaceOf({ a: [{}, learnt(0.1)] }).beliefOf("a").posterior);
  expect(mean).toBeGreaterThan(0.08);
  expect(mean).toBeLessThan(0.1);
  expect(deviation).toBeLessThan(0.02);
  let shaken = noEvidence(FEATURES.size, 0);
  for (let index = 0; index < 10; index++)
    shaken = learnArms(shaken, windowOf(0.1, 0.2 + 0.05 * index), KNOWN, FEATURES, 0);
  const calm = learnt(0.1);
  shaken.score.forEach((score, index) => expect(score).toBeCloseTo(calm.score[index] ?? Number.NaN, 6));
});

test("a window with one variant says nothing", () => {
  const only = windowOf(0.1).slice(0, 1);
  expect(learnArms(noEvidence(FEATURES.size, 0), only, KNOWN, FEATURES, 0)).toEqual(noEvidence(FEATURES.size, 0));
});

test("a new context begins with what the others know, less sure of it", () => {
  const surface = surfaceOf({
    a: [{ genre: "a" }, learnt(0.1)],
    b: [{ genre: "b" }, learnt(0.1)],
    c: [{ genre: "c" }, noEvidence(FEATURES.size, 0)],
  });
  const [known, knownDeviation] = differenceBy(surface.beliefOf("a").posterior);
  const [expected, expectedDeviation] = differenceBy(surface.beliefOf("c").posterior);
  expect(expected).toBeGreaterThan(0.05);
  expect(expected).toBeLessThan(known);
  expect(expectedDeviation).toBeGreaterThan(knownDeviation);
});

test("nobody counts twice: what a lone context inherits is the prior alone", () => {
  const [mean] = differenceBy(surfaceOf({ a: [{}, learnt(0.1)] }).beliefOf("a").inherited);
  expect(mean).toBeCloseTo(0, 9);
});

test("contexts with the same label teach each other more than strangers do", () => {
  const levels: SurfaceLevels = { ...FIRST_LEVELS, lambdas: { global: 0.1, label: 1, own: 0.05 } };
  const surface = surfaceOf(
    {
      a: [{ genre: "rock", mood: "calm" }, learnt(0.15)],
      b: [{ genre: "rock", mood: "wild" }, noEvidence(FEATURES.size, 0)],
      c: [{ genre: "jazz", mood: "wild" }, noEvidence(FEATURES.size, 0)],
      d: [{ genre: "jazz", mood: "calm" }, learnt(0)],
    },
    levels,
  );
  const [sibling] = differenceBy(surface.beliefOf("b").posterior);
  const [stranger] = differenceBy(surface.beliefOf("c").posterior);
  expect(sibling).toBeGreaterThan(stranger + 0.01);
});

test("contexts that disagree teach the surface that little is shared", () => {
  const disagreeing = Object.fromEntries(
    [0.3, -0.3, 0.3, -0.3].map((difference, index) => [`k${index}`, [{ kind: `k${index}` }, learnt(difference)]]),
  ) as Record<string, [Context, SurfaceEvidence]>;
  const agreeing = Object.fromEntries(
    [0.1, 0.1, 0.1, 0.1].map((difference, index) => [`k${index}`, [{ kind: `k${index}` }, learnt(difference)]]),
  ) as Record<string, [Context, SurfaceEvidence]>;
  const after = (contexts: typeof agreeing): SurfaceLevels => {
    let levels = FIRST_LEVELS;
    for (let turn = 0; turn < 10; turn++) levels = surfaceOf(contexts, levels).nextLevels(true);
    return levels;
  };
  expect(after(disagreeing).lambdas.own).toBeGreaterThan(4 * after(agreeing).lambdas.own);
});

test("old evidence counts less, and half as much after 300 cycles", () => {
  const fresh = learnt(0.1, 1);
  const later = learnArms(fresh, [], KNOWN, FEATURES, 300);
  later.score.forEach((score, index) => expect(score).toBeCloseTo((fresh.score[index] ?? 0) / 2, 9));
  expect(discount(fresh, 0).precision.every((value) => value === 0)).toBe(true);
});

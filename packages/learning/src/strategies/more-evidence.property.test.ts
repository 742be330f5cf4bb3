/**
 * More evidence for a variant never lowers its chance for the same rate: whatever is measured again exactly as before makes a variant
 * that looks better than the incumbent more likely to be better, and one that looks worse less likely. For each belief that a
 * strategy decides by.
 */
import type { VariantId } from "@trimtab/conventions";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClosedWindow } from "../evidence/windows.ts";
import { posteriorOf, probabilityAbove } from "../statistics/e-value.ts";
import { randomFromSeed } from "../statistics/random.ts";
import { featureMapOf } from "../surface/features.ts";
import { FIRST_LEVELS, PooledSurface } from "../surface/pooled-surface.ts";
import { learnArms as learnOnSurface, noEvidence } from "../surface/surface-evidence.ts";
import { ArmBelief, learnArms, NO_ARMS } from "./arm-evidence.ts";
import { SurfaceView } from "./surface-view.ts";

const SPACE = { temperature: { type: "number", base: 0.5, min: 0.1, max: 0.9, step: 0.1 } } as const;
const BASE = { temperature: 0.5 };
const OTHER = { temperature: 0.7 };
const KNOWN = new Map<VariantId, { readonly temperature: number }>([
  ["base", BASE],
  ["other", OTHER],
]);

const anyCase = fc.record({
  difference: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
  calls: fc.integer({ min: 5, max: 2000 }),
  windows: fc.integer({ min: 1, max: 20 }),
  more: fc.integer({ min: 1, max: 20 }),
});

/** The chance of the variant after so many equal windows, by each belief. */
const CHANCES: Readonly<Record<string, (windows: number, difference: number, calls: number) => number>> = {
  "response-surface": (windows, difference, calls) => {
    const features = featureMapOf(SPACE);
    let evidence = noEvidence(features.size, 1);
    for (let window = 0; window < windows; window++)
      evidence = learnOnSurface(evidence, armsOf(difference, calls), KNOWN, features, 1);
    const contexts = new Map([["a", { context: {}, evidence }]]);
    const surface = new PooledSurface(features.variances, 0.06, FIRST_LEVELS, contexts);
    const view = new SurfaceView(features, surface.beliefOf("a"), BASE);
    return view.probabilityBest([OTHER], [1], 1, randomFromSeed("unused"))[0] ?? Number.NaN;
  },
  "thompson-sampling": (windows, difference, calls) => {
    let evidence = NO_ARMS;
    const learning = { cycle: 1, halfLifeCycles: 300, mostArms: 8 };
    for (let window = 0; window < windows; window++)
      evidence = learnArms(evidence, windowOf(difference, calls), KNOWN, learning);
    const { mean, deviation } = new ArmBelief(evidence, 0.06).difference("other", "base");
    return probabilityAbove(0, mean, deviation);
  },
  "hill-climbing": (windows, difference, calls) => {
    const information = (windows * calls) / 0.5;
    const { mean, deviation } = posteriorOf({ score: information * difference, information }, 0.06);
    return probabilityAbove(0, mean, deviation);
  },
};

test.each(Object.keys(CHANCES))(
  "%s: the same again never speaks against what looked better, nor for what looked worse",
  (strategy) => {
    const chance = CHANCES[strategy] ?? (() => Number.NaN);
    fc.assert(
      fc.property(anyCase, ({ difference, calls, windows, more }) => {
        const before = chance(windows, difference, calls);
        const after = chance(windows + more, difference, calls);
        // towards what the evidence says: up where it looked better, down where it looked worse
        expect(Math.sign(difference) * (after - before)).toBeGreaterThanOrEqual(-1e-9);
      }),
      { numRuns: 60 },
    );
  },
);

function armsOf(difference: number, calls: number): { variant: VariantId; value: number; variance: number }[] {
  return [
    { variant: "base", value: 0.5, variance: 0.25 / calls },
    { variant: "other", value: 0.5 + difference, variance: 0.25 / calls },
  ];
}

function windowOf(difference: number, calls: number): ClosedWindow {
  const arms = armsOf(difference, calls).map(({ variant, value, variance }) => ({
    variant,
    calls,
    utility: value,
    variance,
    measurements: { success: calls, failure: 0, partial: 0 },
  }));
  return { from: 0, to: 1, cycles: 1, arms, isCurrent: true };
}

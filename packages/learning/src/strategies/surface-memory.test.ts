import type { Json } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { SAMPLE_POLICY } from "../decision/sample-operation.ts";
import { baselineOf, settingOf } from "../policy/setting.ts";
import { featureMapOf } from "../surface/features.ts";
import { learnArms, noEvidence } from "../surface/surface-evidence.ts";
import type { ContextObservation } from "./strategy.ts";
import { channelsOf, UTILITY } from "./surface-channels.ts";
import { learnWindows } from "./surface-learning.ts";
import { openShared, openTrials } from "./surface-memory.ts";

const BASELINE = baselineOf(SAMPLE_POLICY.parameters);
const LARGE = settingOf({ temperature: 0.7, model: "large" }, BASELINE);
const FEATURES = featureMapOf(SAMPLE_POLICY.parameters);
const KNOWN = new Map([BASELINE, LARGE].map(({ id, parameters }) => [id, parameters]));
const EVIDENCE = {
  [UTILITY]: learnArms(
    noEvidence(FEATURES.size, 5),
    [
      { variant: BASELINE.id, value: 0.5, variance: 0.001 },
      { variant: LARGE.id, value: 0.6, variance: 0.001 },
    ],
    KNOWN,
    FEATURES,
    5,
  ),
};

function observation(change: Partial<ContextObservation>): ContextObservation {
  return {
    id: "a",
    context: {},
    memory: undefined,
    baseline: BASELINE,
    incumbent: BASELINE,
    serving: [],
    known: KNOWN,
    measured: new Map(),
    windows: [],
    takenBack: [],
    barred: new Set(),
    limits: () => ({ verdict: "passed", probability: 1, sentence: "", level: 0, proof: 5 }),
    limitLevels: [],
    ...change,
  };
}

/** What is left of the evidence of a context that served `incumbent` when these variants are taken back. */
function kept(incumbent: string, takenBack: readonly string[]): number {
  const memory = { ...openTrials(observation({}), 5), incumbent } as unknown as Json;
  const seen = observation({ memory, takenBack });
  const learnt = learnWindows(seen, openTrials(seen, 5), EVIDENCE, channelsOf(SAMPLE_POLICY), FEATURES, 5);
  const size = (score: readonly number[]): number => score.reduce((sum, each) => sum + Math.abs(each), 0);
  return size(learnt.evidence[UTILITY]?.score ?? []) / size(EVIDENCE[UTILITY].score);
}

test("a challenger that is taken back is news about the challenger; a proven one is news about the world", () => {
  expect(kept(BASELINE.id, [LARGE.id])).toBe(1);
  expect(kept(LARGE.id, [LARGE.id])).toBeCloseTo(0.1, 12);
});

test("memories in another form are not read", () => {
  expect(openShared({ levels: 7 })).toEqual(openShared(undefined));
  expect(openTrials(observation({ memory: { trials: { v: {} }, incumbent: "v" } }), 5).trials).toEqual({});
});

import type { AllocatedVariant } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { newContextMemory } from "../decision/operation-state.ts";
import { SAMPLE_POLICY, sampleMeasurements } from "../decision/sample-operation.ts";
import type { Evidence, EvidenceCell, EvidenceWindow } from "../evidence/evidence.ts";
import { baselineOf, settingOf } from "../policy/setting.ts";
import { type Splitting, splitEvidence } from "./arm-evidence.ts";
import { baselineArm, type ServedArms } from "./experiment-memory.ts";

const ROCK = { genre: "rock" };
const BASELINE = baselineOf(SAMPLE_POLICY.parameters);
const LARGE = settingOf({ model: "large", temperature: 0.7 }, BASELINE);
const HOT = settingOf({ model: "small", temperature: 0.9 }, BASELINE);
/** The control serves the large model to 0.6 of the calls, the treatment to 0.4 · 0.2 of them. */
const ARMS: ServedArms = [
  { share: 0.6, variants: [variant(BASELINE, "baseline", 0.1), variant(LARGE, "incumbent", 0.9)] },
  {
    share: 0.4,
    variants: [variant(BASELINE, "baseline", 0.7), variant(LARGE, "challenger", 0.2), variant(HOT, "challenger", 0.1)],
  },
];
const UNSEEN: ServedArms = [baselineArm(BASELINE, 0.6), baselineArm(BASELINE, 0.4)];

function variant(setting: typeof BASELINE, role: AllocatedVariant["role"], weight: number): AllocatedVariant {
  return { ...setting, role, weight };
}

function splitting(changedAt: number): Splitting {
  const memory = { ...newContextMemory(SAMPLE_POLICY, ROCK, BASELINE), changedAt };
  return {
    contextKeys: ["genre"],
    contexts: { "genre=rock": { memory, arms: ARMS, armsBefore: UNSEEN } },
    unusable: new Set(),
    unseen: UNSEEN,
    baseline: BASELINE.id,
    holdout: 0.1,
  };
}

/** Calls of each variant that each arm is given, of 1,000 each. */
function callsOf(window: EvidenceWindow, changedAt: number, variants = [BASELINE, LARGE, HOT]): number[][] {
  const cells = variants.map(({ id }): EvidenceCell => {
    return { context: ROCK, variant: id, reading: { kind: "value", value: sampleMeasurements(1000, 1, 0.5) } };
  });
  const evidence: Evidence = { window, queries: [], cells: { kind: "value", value: cells } };
  return splitEvidence(evidence, splitting(changedAt)).map(({ cells: own }) =>
    variants.map(({ id }) => {
      const reading = own.kind === "value" ? own.value.find((cell) => cell.variant === id)?.reading : undefined;
      return reading?.kind === "value" ? Math.round(reading.value.success) : 0;
    }),
  );
}

test("each arm has its part of what both serve, all of what it serves alone, and all of the holdout", () => {
  // large: 0.54 to 0.08; baseline: 0.1 of the holdout and 0.24 of the treatment's own; hot is the treatment's alone
  expect(callsOf({ from: 10, to: 20 }, 10)).toEqual([
    [294, 871, 0],
    [1000, 129, 1000],
  ]);
});

test("before the change the parts were others, and a window that straddles it lies between", () => {
  // only the base values, 0.9 of them outside of the holdout; what nobody served goes by the shares
  expect(callsOf({ from: 0, to: 10 }, 10)).toEqual([
    [640, 600, 600],
    [460, 400, 400],
  ]);
  const [[straddling = 0] = []] = callsOf({ from: 0, to: 20 }, 10, [BASELINE]);
  expect(straddling).toBeGreaterThan(294);
  expect(straddling).toBeLessThan(640);
});

test("an entry of feedback is one arm's, by its id, in proportion", () => {
  const entries = Array.from({ length: 1000 }, (_, number) => ({
    id: `f-${number}`,
    context: ROCK,
    variant: LARGE.id,
    score: 1,
    at: 15,
  }));
  const evidence: Evidence = {
    window: { from: 10, to: 20 },
    queries: [],
    cells: { kind: "value", value: [] },
    feedback: { kind: "value", value: entries },
  };
  const [control, treatment] = splitEvidence(evidence, splitting(10)).map(({ feedback }) =>
    feedback?.kind === "value" ? feedback.value.map(({ id }) => id) : [],
  );
  expect(new Set([...(control ?? []), ...(treatment ?? [])]).size).toBe(1000);
  expect((control ?? []).length + (treatment ?? []).length).toBe(1000);
  // 0.871 of 1,000 with a deviation of 10.6: five of those
  expect(Math.abs((control ?? []).length - 871)).toBeLessThan(53);
});

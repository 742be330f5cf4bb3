import { describe, expect, test } from "vitest";
import type { Guardrail, GuardrailEffect, GuardrailSubject } from "./guardrail.ts";
import { describeGuardrail, EMPTY_MEMORY, GUARDED_POLICY, sampleSubject } from "./guardrail-contract.ts";
import { GUARDRAIL_IDS, guardrailsThat, objectionOf } from "./guardrails.ts";
import { updateLimits } from "./outcome-limits.ts";
import { NO_SAMPLE_RATIO } from "./sample-ratio.ts";

const EFFECTS: readonly GuardrailEffect[] = ["take-back", "hold", "refuse", "rest"];
const ALL = EFFECTS.flatMap((effect) => guardrailsThat(effect));

const { baseline, incumbent } = sampleSubject();

/** The incumbent after five cycles in which so many of its hundred calls failed, and five of a hundred of the base values. */
function afterFailures(failed: number): GuardrailSubject {
  const outcomes = (failure: number) => ({ success: 100 - failure, failure, partial: 0, duration: quick });
  const quick = { bounds: [0.5, 1], counts: [100, 0, 0], sum: 20, count: 100 };
  const measured = new Map([
    [baseline.id, outcomes(5)],
    [incumbent.id, outcomes(failed)],
  ]);
  let { limits } = EMPTY_MEMORY;
  for (let cycle = 0; cycle < 5; cycle++)
    limits = updateLimits(limits, GUARDED_POLICY.constraints, [baseline.id, incumbent.id], baseline.id, measured);
  return sampleSubject({ memory: { ...EMPTY_MEMORY, limits } });
}

const withHarm = (...harm: number[]): GuardrailSubject => sampleSubject({ memory: { ...EMPTY_MEMORY, harm } });
const withStops = (stops: number): GuardrailSubject => {
  const measured = new Map([[incumbent.id, { success: 9, failure: 1, partial: 0, stops }]]);
  return sampleSubject({ role: "challenger", measured });
};
const withRatio = (calls: number, misfits: number): GuardrailSubject => {
  const sentence = "The incumbent had 70.0 % of 900 calls where its share is 95.0 %";
  return sampleSubject({
    memory: { ...EMPTY_MEMORY, ratio: { ...NO_SAMPLE_RATIO, cycles: 9, calls, misfits, sentence } },
  });
};
const withTemperature = (temperature: unknown): GuardrailSubject => {
  const parameters = { ...baseline.parameters, temperature: temperature as number };
  return sampleSubject({ setting: { id: "asked-for", parameters } });
};
const withAdoptions = (adoptions: number): GuardrailSubject => {
  const list = Array.from({ length: adoptions }, (_, index) => ({ variant: incumbent.id, cycle: 200 + index }));
  return sampleSubject({ memory: { ...EMPTY_MEMORY, adoptions: list } });
};

const EXAMPLES: Readonly<Record<string, Parameters<typeof describeGuardrail>[1]>> = {
  "service-stop": { passed: withStops(0), violated: withStops(1), unknown: sampleSubject() },
  "outcome-limits": { passed: afterFailures(5), violated: afterFailures(40), unknown: sampleSubject() },
  harm: { passed: withHarm(0.1, 2, 0), violated: withHarm(0.1, 6.5, 0), unknown: withHarm() },
  "sample-ratio": { passed: withRatio(900, 0), violated: withRatio(0, 2), unknown: withRatio(399, 0) },
  "parameter-bounds": { passed: withTemperature(0.9), violated: withTemperature(0.95) },
  rest: { passed: sampleSubject(), violated: sampleSubject({ barred: new Set([incumbent.id]) }) },
  // the incumbent has 0.6, and 0.2 is the largest step
  "largest-step": {
    passed: withTemperature(0.8),
    violated: withTemperature(0.9),
    unknown: withTemperature(Number.NaN),
  },
  oscillation: { passed: withAdoptions(2), violated: withAdoptions(3) },
};

test("every guardrail of the list is under the contract", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual([...GUARDRAIL_IDS].sort());
  expect(ALL.map(({ id }) => id).sort()).toEqual([...GUARDRAIL_IDS].sort());
});

for (const guardrail of ALL) describeGuardrail(guardrail, EXAMPLES[guardrail.id] ?? {});

describe("what follows of a judgement", () => {
  test("a setting that shall run is refused also where it is unknown whether it may", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, "0.7", null])
      expect(objectionOf("refuse", withTemperature(value))).toBeDefined();
    expect(objectionOf("refuse", withTemperature(0.8))).toBeUndefined();
  });

  test("a context goes on being learnt from until something is known against it", () => {
    expect(objectionOf("hold", withRatio(0, 0))).toBeUndefined();
    expect(objectionOf("hold", withRatio(0, 2))?.code).toBe("SAMPLE_RATIO_MISMATCH");
  });

  test("one that breaks a limit of success is told by another reason than one that is slow", () => {
    const [limits] = ALL.filter(({ id }) => id === "outcome-limits") as [Guardrail];
    expect(limits.judge(afterFailures(40))).toMatchObject({ verdict: "violated", code: "LIMIT_SUCCESS_RATE" });
    expect(limits.judge(afterFailures(40)).sentence).toContain("success_rate >= 0.9");
  });
});

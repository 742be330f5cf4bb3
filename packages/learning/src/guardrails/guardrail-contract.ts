/**
 * What every guardrail must keep: above all that no data is never passed. Its test calls `describeGuardrail` with a subject for each
 * verdict that the guardrail can reach.
 */
import { contextId } from "@trimtab/conventions";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../decision/decide.ts";
import { type OperationState, openMemory } from "../decision/operation-state.ts";
import { SAMPLE_CONTEXTS, SAMPLE_POLICY, sampleEvidence, sampleMeasurements } from "../decision/sample-operation.ts";
import type { Evidence, MissingKind } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf, type Setting, settingOf } from "../policy/setting.ts";
import type { Guardrail, GuardrailJudgement, GuardrailMemory, GuardrailSubject } from "./guardrail.ts";
import { NO_LIMIT_MEMORY } from "./limit-counts.ts";
import { NO_SAMPLE_RATIO } from "./sample-ratio.ts";

/** The sample operation with a limit of each sort. */
export const GUARDED_POLICY: OperationPolicy = {
  ...SAMPLE_POLICY,
  constraints: [
    { kind: "success-rate", minimum: 0.9 },
    { kind: "success-rate-ratio", minimumRatio: 0.95 },
    { kind: "p95-latency", maximumSeconds: 1 },
    { kind: "p95-latency-ratio", maximumRatio: 1.3 },
  ],
};

const BASELINE = baselineOf(GUARDED_POLICY.parameters);
const [INCUMBENT, CHALLENGER] = [0.6, 0.8].map((temperature) =>
  settingOf({ ...BASELINE.parameters, temperature }, BASELINE),
) as [Setting, Setting];

/** Nothing measured and nothing decided yet. */
export const EMPTY_MEMORY: GuardrailMemory = {
  limits: NO_LIMIT_MEMORY,
  ratio: NO_SAMPLE_RATIO,
  harm: [],
  adoptions: [],
};

/** The incumbent of the sample operation, of which nothing was measured, or as the caller says. */
export function sampleSubject(more: Partial<GuardrailSubject> = {}): GuardrailSubject {
  const nothing = { memory: EMPTY_MEMORY, measured: new Map(), barred: new Set<string>(), cycle: 300 };
  const settings = { baseline: BASELINE, incumbent: INCUMBENT, setting: INCUMBENT };
  return { policy: GUARDED_POLICY, ...settings, role: "incumbent", ...nothing, ...more };
}

const KINDS: Readonly<Record<MissingKind, true>> = {
  "no-data": true,
  "not-a-number": true,
  "several-series": true,
  stale: true,
  partial: true,
  error: true,
  timeout: true,
};
const MISSING_KINDS = Object.keys(KINDS) as MissingKind[];

/** Runs the contract; `examples` holds one subject for each verdict that the guardrail can reach. */
export function describeGuardrail(
  guardrail: Guardrail,
  examples: Partial<Record<GuardrailJudgement["verdict"], GuardrailSubject>>,
): void {
  const isOnEvidence = guardrail.effect === "take-back" || guardrail.effect === "hold";

  describe(`${guardrail.id} keeps the guardrail contract`, () => {
    test.each(Object.entries(examples))("it can say %s", (verdict, subject) => {
      expect(guardrail.judge(subject)).toMatchObject({ verdict });
    });

    test("it can say violated; and where it judges by evidence, all three", () => {
      const verdicts = isOnEvidence ? ["passed", "unknown", "violated"] : ["violated"];
      expect(Object.keys(examples)).toEqual(expect.arrayContaining(verdicts));
    });

    test("it says so in a sentence, with numbers that are numbers", () => {
      fc.assert(
        fc.property(anySubject(), (subject) => {
          const { sentence, numbers } = guardrail.judge(subject);
          expect(sentence).toMatch(/[.]$/);
          expect(sentence).not.toMatch(/NaN|undefined|Infinity/);
          for (const value of Object.values(numbers)) expect(value).toSatisfy(Number.isFinite);
        }),
      );
    });

    test("the same subject has the same judgement, whatever the order of variants, and stays as it is", () => {
      fc.assert(
        fc.property(anySubject(), (subject) => {
          const copy = structuredClone(subject);
          const judged = guardrail.judge(subject);
          expect(guardrail.judge(turnedRound(subject))).toEqual(judged);
          expect(subject).toEqual(copy);
        }),
      );
    });

    if (!isOnEvidence) return; // it judges values, and none is missing before it is asked

    test("where nothing was measured it never says passed", () => {
      fc.assert(
        fc.property(anySubject(), (subject) => {
          const { verdict } = guardrail.judge({ ...subject, memory: EMPTY_MEMORY, measured: new Map() });
          expect(verdict).toBe("unknown");
        }),
      );
    });

    test.each(MISSING_KINDS)("a reading that is no value (%s) never makes it passed", (kind) => {
      for (const place of ["everything", "one cell"] as const) {
        const verdicts = (values: number, missing: number) =>
          subjectsAfter(values, missing, kind, place).map((subject) => guardrail.judge(subject).verdict);
        expect(verdicts(0, 4)).not.toContain("passed");
        const before = verdicts(4, 0);
        // what was known before may be forgotten, and nothing is learnt
        for (const [index, verdict] of verdicts(4, 4).entries()) expect([before[index], "unknown"]).toContain(verdict);
      }
    });
  });
}

/** What is served, after cycles with values and then some without, as `decide` remembers it. */
function subjectsAfter(
  values: number,
  missing: number,
  kind: MissingKind,
  place: "everything" | "one cell",
): GuardrailSubject[] {
  let state: OperationState | undefined;
  const [context = {}] = SAMPLE_CONTEXTS;
  for (let cycle = 0; cycle < values + missing; cycle++) {
    const { contexts } = openMemory(GUARDED_POLICY, state).memory;
    const allocations = Object.values(contexts).map(({ allocation }) => allocation);
    const full = sampleEvidence(GUARDED_POLICY, cycle, allocations, () => sampleMeasurements(200, 0.97, 0.5));
    const evidence = cycle < values ? full : without(full, kind, place);
    const now = evidence.window.to;
    state = decide({ policy: GUARDED_POLICY, evidence, now, seed: "guardrails", state }).state;
  }
  const { memory: operation } = openMemory(GUARDED_POLICY, state);
  const memory = operation.contexts[contextId(context)];
  const served = memory?.allocation.variants ?? [{ ...BASELINE, role: "baseline" as const }];
  return served
    .filter(({ id }) => id !== BASELINE.id)
    .concat([{ ...CHALLENGER, role: "challenger", weight: 0 }])
    .map((setting) => sampleSubject({ setting, role: setting.role, memory: memory ?? EMPTY_MEMORY }));
}

function without(evidence: Evidence, kind: MissingKind, place: "everything" | "one cell"): Evidence {
  const missing = { kind, detail: "the source said so" };
  if (place === "everything" || evidence.cells.kind !== "value") return { ...evidence, cells: missing };
  const [first, ...others] = evidence.cells.value;
  const cells = first === undefined ? others : [{ ...first, reading: missing }, ...others];
  // the other contexts have their values: a cycle in which nothing at all arrives is the other place
  return { ...evidence, cells: { kind: "value", value: cells } };
}

/** The same subject with every record and list that has no order of its own turned round. */
function turnedRound(subject: GuardrailSubject): GuardrailSubject {
  const { memory, measured, barred } = subject;
  const turned = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(record).reverse());
  return {
    ...subject,
    memory: {
      limits: { ...memory.limits, variants: turned(memory.limits.variants) },
      ratio: { ...memory.ratio, roles: turned(memory.ratio.roles) },
      harm: [...memory.harm].reverse(),
      adoptions: [...memory.adoptions].reverse(),
    },
    measured: new Map([...measured].reverse()),
    barred: new Set([...barred].reverse()),
  };
}

/** Any memory of the sample operation, and any setting that is not the base values. */
function anySubject(): fc.Arbitrary<GuardrailSubject> {
  const some = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });
  const share = fc.record({ good: some(5000), bad: some(500) });
  const sums = fc.array(some(12), { minLength: 3, maxLength: 3 });
  const counts = fc.option(
    fc
      .tuple(share, sums, share, share)
      .map(([recent, level, own, beside]) => ({ ...recent, sums: level, own, beside })),
  );
  const limit = fc.tuple(counts, counts, counts, counts);
  const role = fc.record({
    sum: fc.double({ min: -500, max: 500, noNaN: true }),
    squares: some(9000),
    expected: some(4000),
  });
  const adoption = fc.record({ variant: fc.constantFrom(INCUMBENT.id, CHALLENGER.id), cycle: fc.nat(300) });
  const measurements = fc.record({ success: fc.nat(50), failure: fc.nat(9), partial: fc.nat(9), stops: fc.nat(2) });
  return fc
    .record({
      limits: fc.tuple(limit, limit, limit),
      ratio: fc.record({
        cycles: fc.nat(60),
        calls: some(9000),
        roles: fc.record({ baseline: role, incumbent: role, challenger: role }),
        misfits: fc.nat(3),
      }),
      harm: fc.oneof(fc.constant([]), sums),
      adoptions: fc.array(adoption, { maxLength: 6 }),
      measured: fc.option(fc.tuple(measurements, measurements)),
      isIncumbent: fc.boolean(),
      barred: fc.subarray([INCUMBENT.id, CHALLENGER.id]),
    })
    .map(({ limits, ratio, harm, adoptions, measured, isIncumbent, barred }) => {
      const ids = [BASELINE.id, INCUMBENT.id, CHALLENGER.id];
      const variants = Object.fromEntries(ids.map((id, index) => [id, limits[index] ?? []]));
      const sentence = ratio.misfits === 0 ? "" : "The challenger had 9.0 % of 900 calls where its share is 22.0 %";
      return sampleSubject({
        setting: isIncumbent ? INCUMBENT : CHALLENGER,
        role: isIncumbent ? "incumbent" : "challenger",
        memory: { limits: { variants }, ratio: { ...ratio, sentence }, harm, adoptions },
        measured: new Map(measured?.map((each, index) => [ids[index + 1] ?? "", each])),
        barred: new Set(barred),
      });
    });
}

import { type Allocation, parameterValuesProblems } from "@trimtab/conventions";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Evidence, EvidenceCell, Measurements, MissingKind, Reading } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf } from "../policy/setting.ts";
import { type DecideOutput, decide } from "./decide.ts";
import { SAMPLE_CONTEXTS, SAMPLE_POLICY, sampleMeasurements, sampleWindow } from "./sample-operation.ts";
import { LARGEST_CHALLENGER_SHARE } from "./shares.ts";

const CONSTRAINED: OperationPolicy = {
  ...SAMPLE_POLICY,
  constraints: [
    { kind: "success-rate", minimum: 0.6 },
    { kind: "p95-latency-ratio", maximumRatio: 1.5 },
  ],
};
const POLICIES: readonly OperationPolicy[] = [
  SAMPLE_POLICY,
  CONSTRAINED,
  { ...CONSTRAINED, mode: "suggest", holdout: 1 / 3 },
  { ...SAMPLE_POLICY, strategy: { kind: "threshold-rule", options: {} } },
  { ...SAMPLE_POLICY, mode: "observe" },
];

const BASELINE = { ...baselineOf(SAMPLE_POLICY.parameters), weight: 1 };

/** How good a variant looks in a cycle: drawn per cycle and model, so that runs promote, drop and roll back. */
type Luck = { readonly calls: number; readonly small: number; readonly large: number };
const anyLuck: fc.Arbitrary<Luck> = fc.record({
  calls: fc.integer({ min: 0, max: 400 }),
  small: fc.double({ min: 0.2, max: 1, noNaN: true }),
  large: fc.double({ min: 0.2, max: 1, noNaN: true }),
});
const anyRun = fc.record({
  policy: fc.constantFrom(...POLICIES),
  luck: fc.array(anyLuck, { minLength: 1, maxLength: 25 }),
  seed: fc.string(),
});

/** Each draw stays for four cycles, so that something can be proven. */
function run(
  policy: OperationPolicy,
  luck: readonly Luck[],
  seed: string,
  reorder: (cells: EvidenceCell[]) => EvidenceCell[] = (cells) => cells,
): DecideOutput[] {
  const outputs: DecideOutput[] = [];
  for (let cycle = 0; cycle < luck.length * 4; cycle++) {
    const before = outputs.at(-1);
    const cells = reorder(cellsOf(before?.decision.allocations ?? [], luck[Math.floor(cycle / 4)] as Luck));
    const evidence: Evidence = { window: sampleWindow(cycle), queries: [], cells: { kind: "value", value: cells } };
    outputs.push(decide({ policy, state: before?.state, evidence, now: evidence.window.to, seed }));
  }
  return outputs;
}

function cellsOf(allocations: readonly Allocation[], { calls, small, large }: Luck): EvidenceCell[] {
  return SAMPLE_CONTEXTS.flatMap((context) => {
    const allocation = allocations.find((each) => each.context["genre"] === context["genre"]);
    return (allocation?.variants ?? [BASELINE]).flatMap(({ id, parameters, weight }): EvidenceCell[] => {
      const count = Math.round(calls * weight);
      const rate = parameters["model"] === "large" ? large : small;
      return count === 0
        ? []
        : [{ context, variant: id, reading: { kind: "value", value: sampleMeasurements(count, rate, rate) } }];
    });
  });
}

test("whatever happens: shares sum to one, holdout and caps hold, nothing leaves the space, no step is too large", () => {
  fc.assert(
    fc.property(anyRun, ({ policy, luck, seed }) => {
      for (const { decision } of run(policy, luck, seed)) {
        for (const { variants } of decision.allocations) {
          expect(Math.abs(variants.reduce((sum, { weight }) => sum + weight, 0) - 1)).toBeLessThan(1e-9);
          expect(variants.filter(({ role }) => role === "baseline")).toHaveLength(1);
          expect(variants.find(({ role }) => role === "baseline")?.weight).toBeGreaterThanOrEqual(policy.holdout);
          const tried = variants
            .filter(({ role }) => role === "challenger")
            .reduce((sum, { weight }) => sum + weight, 0);
          expect(tried).toBeLessThanOrEqual(LARGEST_CHALLENGER_SHARE + 1e-9);
          expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length);
          expect(variants.length).toBeLessThanOrEqual(policy.mode === "observe" ? 1 : 9);
          const incumbent = variants.find(({ role }) => role === "incumbent") ?? variants[0];
          for (const { parameters, role } of variants) {
            expect(parameterValuesProblems(policy.parameters, parameters)).toEqual([]);
            const from = role === "challenger" ? (incumbent?.parameters ?? {}) : parameters;
            // the sample's largest step, in numbers: the product's own measure of a step is on trial, too
            const step = Math.abs(Number(parameters["temperature"]) - Number(from["temperature"]));
            expect(step).toBeLessThanOrEqual(0.2 + 1e-9);
          }
        }
        for (const { confidence, oldValue, newValue, parameter } of decision.adaptations) {
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
          expect(newValue).not.toBe(oldValue);
          const distance = parameter === "temperature" ? Math.abs(Number(newValue) - Number(oldValue)) : 0;
          expect(distance).toBeLessThanOrEqual(0.2 + 1e-9);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("the order of the cells means nothing, and the same arguments give the same decision", () => {
  fc.assert(
    fc.property(anyRun, ({ policy, luck, seed }) => {
      const once = JSON.stringify(run(policy, luck, seed));
      expect(JSON.stringify(run(policy, luck, seed))).toBe(once);
      expect(JSON.stringify(run(policy, luck, seed, (cells) => cells.reverse()))).toBe(once);
    }),
    { numRuns: 25 },
  );
});

test("at most one adaptation per context and parameter is applied, and nothing leaves a final state", () => {
  fc.assert(
    fc.property(anyRun, ({ policy, luck, seed }) => {
      const status = new Map<string, string>();
      const place = new Map<string, string>();
      for (const { decision } of run(policy, luck, seed)) {
        for (const { id, status: next } of decision.transitions) {
          expect(["applied", "suggested"]).toContain(status.get(id));
          status.set(id, next);
        }
        for (const { id, context, parameter, status: first } of decision.adaptations) {
          expect(status.has(id)).toBe(false);
          status.set(id, first);
          place.set(id, `${context["genre"]} ${parameter}`);
        }
        const applied = [...status].filter(([, each]) => each === "applied").map(([id]) => place.get(id));
        expect(new Set(applied).size).toBe(applied.length);
      }
    }),
    { numRuns: 60 },
  );
});

test("a reading of any kind that is no value, anywhere, changes nothing in its context", () => {
  const anyKind = fc.constantFrom<MissingKind>(
    "no-data",
    "not-a-number",
    "several-series",
    "stale",
    "partial",
    "error",
    "timeout",
  );
  const bad = fc.oneof(
    fc.constant(Number.NaN),
    fc.constant(Number.NEGATIVE_INFINITY),
    fc.constant(Number.POSITIVE_INFINITY),
    fc.double({ max: -1e-9, noNaN: true }),
  );
  const anyBadReading: fc.Arbitrary<Reading<Measurements>> = fc.oneof(
    anyKind.map((kind) => ({ kind, detail: "drawn" })),
    fc.tuple(fc.constantFrom("success", "failure", "partial"), bad).map(([field, value]) => ({
      kind: "value" as const,
      value: { success: 1, failure: 1, partial: 1, [field]: value },
    })),
    bad.map((value) => ({
      kind: "value" as const,
      value: { success: 1, failure: 0, partial: 0, duration: { bounds: [1], counts: [1, value], sum: 1, count: 1 } },
    })),
    bad.map((value) => ({
      kind: "value" as const,
      value: { success: 1, failure: 0, partial: 0, quality: { bounds: [1], counts: [1, 0], sum: value, count: 1 } },
    })),
  );
  fc.assert(
    fc.property(anyRun, anyBadReading, fc.nat(), ({ policy, luck, seed }, reading, position) => {
      const before = run(policy, luck, seed).at(-1) as DecideOutput;
      const cells = cellsOf(before.decision.allocations, luck[0] as Luck);
      if (cells.length === 0) return;
      const place = position % cells.length;
      const spoilt = cells.map((cell, index) => (index === place ? { ...cell, reading } : cell));
      const evidence: Evidence = { window: sampleWindow(1000), queries: [], cells: { kind: "value", value: spoilt } };
      const { decision } = decide({ policy, state: before.state, evidence, now: evidence.window.to, seed });
      const genre = cells[place]?.context["genre"];
      const held = decision.contexts.find(({ context }) => context["genre"] === genre);
      expect(held?.kind).toBe("hold");
      expect(held?.reason.code).toMatch(/^EVIDENCE_/);
      const allocationOf = (from: readonly Allocation[]) => from.find(({ context }) => context["genre"] === genre);
      expect(allocationOf(decision.allocations)).toEqual(allocationOf(before.decision.allocations));
      expect(decision.adaptations.some(({ context }) => context["genre"] === genre)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

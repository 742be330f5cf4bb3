import type { Allocation } from "@trimtab/conventions";
import { expect, test } from "vitest";
import type { Evidence, EvidenceCell, Histogram, Measurements } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf } from "../policy/setting.ts";
import { type DecideOutput, decide } from "./decide.ts";
import { SAMPLE_POLICY, sampleMeasurements, sampleWindow } from "./sample-operation.ts";

/** Half of the utility is what people say, and they say it eight cycles later. */
const RATED: OperationPolicy = { ...SAMPLE_POLICY, objective: { success: { weight: 0.5 }, feedback: { weight: 0.5 } } };
const DELAY = 8;
const ROCK = { genre: "rock" };
const BASELINE = { ...baselineOf(RATED.parameters), weight: 1 };

type Served = Allocation["variants"];

/** Calls succeed alike; the large model is rated 0.9, the small one 0.4. Ratings belong to what served, and come late. */
function run(cycles: number): { readonly outputs: readonly DecideOutput[]; readonly lateOnes: number } {
  const outputs: DecideOutput[] = [];
  const history: Served[] = [];
  let lateOnes = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const before = outputs.at(-1);
    const served =
      before?.decision.allocations.find(({ context }) => context["genre"] === "rock")?.variants ??
      ([BASELINE] as unknown as Served);
    history.push(served);
    const cells = new Map<string, Measurements>();
    for (const { id, weight } of served) {
      const { quality: _, ...calls } = sampleMeasurements(Math.round(200 * weight), 0.9, 0.5);
      cells.set(id, calls);
    }
    for (const { id, weight, parameters } of history[cycle - DELAY] ?? []) {
      if (!cells.has(id)) lateOnes += 1;
      const feedback = ratings(Math.round(60 * weight), parameters["model"] === "large" ? 0.9 : 0.4);
      cells.set(id, { ...(cells.get(id) ?? { success: 0, failure: 0, partial: 0 }), feedback });
    }
    const value = [...cells].map(([variant, measurements]): EvidenceCell => {
      return { context: ROCK, variant, reading: { kind: "value", value: measurements } };
    });
    const evidence: Evidence = { window: sampleWindow(cycle), queries: [], cells: { kind: "value", value } };
    outputs.push(decide({ policy: RATED, state: before?.state, evidence, now: evidence.window.to, seed: "late" }));
  }
  return { outputs, lateOnes };
}

function ratings(count: number, mean: number): Histogram {
  return { bounds: [], counts: [count], sum: count * mean, count };
}

test("what only late ratings show is found, and ratings of what no longer runs are taken as well", () => {
  const { outputs, lateOnes } = run(60);
  const adaptations = outputs.flatMap(({ decision }) => decision.adaptations);
  expect(adaptations.map(({ parameter, newValue }) => `${parameter} ${newValue}`)).toContain("model large");
  // nothing was adopted before the first ratings could have come
  const first = outputs.findIndex(({ decision }) => decision.adaptations.length > 0);
  expect(first).toBeGreaterThan(DELAY);
  expect(lateOnes).toBeGreaterThan(0);
  for (const { decision } of outputs)
    expect(decision.contexts.some(({ reason }) => reason.code === "INTERNAL_ERROR")).toBe(false);
});

test("the lift holds what ratings add: half of the difference of 0.5", () => {
  const { decision } = run(120).outputs.at(-1) as DecideOutput;
  const lift = decision.contexts.find(({ context }) => context["genre"] === "rock")?.lift;
  expect(lift?.estimate).toBeGreaterThan(0.2);
  expect(lift?.estimate).toBeLessThan(0.3);
  expect(lift?.lower).toBeGreaterThan(0);
});

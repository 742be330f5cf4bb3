/** A small operation and evidence about it, for tests and for people who write a strategy of their own. */

import { type AllocatedVariant, type Allocation, type Context, RATIO_BOUNDARIES } from "@trimtab/conventions";
import type { Evidence, EvidenceCell, EvidenceWindow, Histogram, Measurements } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf } from "../policy/setting.ts";

/** An operation with a number and a choice, in two contexts; quality and success count alike. */
export const SAMPLE_POLICY: OperationPolicy = {
  component: "shop",
  operation: "search",
  context: ["genre"],
  parameters: {
    temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1, largestStep: 0.2 },
    model: { type: "choice", base: "small", choices: ["small", "large"] },
  },
  objective: { quality: { weight: 0.5 }, success: { weight: 0.5 } },
  constraints: [],
  mode: "auto",
  confidence: 0.7,
  holdout: 0.05,
  strategy: { kind: "response-surface", options: {} },
};

/** The contexts of the sample operation. */
export const SAMPLE_CONTEXTS: readonly Context[] = [{ genre: "jazz" }, { genre: "rock" }];

/** So many calls, of which a share succeeds, all scored with about this quality. */
export function sampleMeasurements(calls: number, successRate: number, quality: number): Measurements {
  const success = Math.round(calls * successRate);
  return { success, failure: calls - success, partial: 0, quality: scores(calls, quality), duration: seconds(calls) };
}

/** The evidence of cycle number `cycle` (two seconds each, 10 s after 1970), one cell per variant that is served. */
export function sampleEvidence(
  policy: OperationPolicy,
  cycle: number,
  allocations: readonly Allocation[],
  measure: (parameters: Allocation["variants"][number]["parameters"], context: Context, share: number) => Measurements,
): Evidence {
  const baseline: AllocatedVariant = { ...baselineOf(policy.parameters), role: "baseline", weight: 1 };
  const cells: EvidenceCell[] = SAMPLE_CONTEXTS.flatMap((context) => {
    const allocation = allocations.find((each) => each.context["genre"] === context["genre"]);
    return (allocation?.variants ?? [baseline]).map(({ id, parameters, weight }): EvidenceCell => {
      return { context, variant: id, reading: { kind: "value", value: measure(parameters, context, weight) } };
    });
  });
  return { window: sampleWindow(cycle), queries: [], cells: { kind: "value", value: cells } };
}

/** The window of cycle number `cycle`. */
export function sampleWindow(cycle: number): EvidenceWindow {
  return { from: 10_000 + 2000 * cycle, to: 12_000 + 2000 * cycle };
}

/** Half of the scores a little below, half a little above. */
function scores(calls: number, quality: number): Histogram {
  const counts = Array.from({ length: RATIO_BOUNDARIES.length + 1 }, () => 0);
  for (const score of [Math.max(0.001, quality - 0.1), Math.min(1, quality + 0.1)]) {
    const bucket = RATIO_BOUNDARIES.findIndex((bound) => score <= bound);
    counts[bucket] = (counts[bucket] ?? 0) + calls / 2;
  }
  return { bounds: RATIO_BOUNDARIES, counts, sum: calls * quality, count: calls };
}

function seconds(calls: number): Histogram {
  return { bounds: [0.1, 0.2, 0.4], counts: [0, calls, 0, 0], sum: 0.15 * calls, count: calls };
}

/** Made-up but complete cycles of the operation `shop/checkout`, for tests of stores and of what is built on them. */
import { type Allocation, variantId } from "@trimtab/conventions";
import type { Adaptation, Decision, OperationPolicy } from "@trimtab/learning";
import type { CycleRecord } from "./store.ts";

/** Cycles are half a minute apart, and this is when the first one runs. */
export const FIRST_CYCLE_AT: number = Date.UTC(2026, 10, 20, 10, 0, 0);
/** The time between two cycles of the samples. */
export const INTERVAL_MILLISECONDS = 30_000;

/** A policy with one number between 0 and 1 whose base is 0.5. */
export function samplePolicy(changes: Partial<OperationPolicy> = {}): OperationPolicy {
  return {
    component: "shop",
    operation: "checkout",
    context: ["genre"],
    parameters: { temperature: { type: "number", base: 0.5, min: 0, max: 1, step: 0.1 } },
    objective: { success: { weight: 1 } },
    constraints: [],
    mode: "auto",
    confidence: 0.7,
    holdout: 0.05,
    strategy: { kind: "threshold-rule", options: {} },
    ...changes,
  };
}

/** An allocation for one genre: the holdout, an incumbent and a challenger. */
export function sampleAllocation(genre: string, decision: string): Allocation {
  const learnt = (temperature: number): { id: string; parameters: { temperature: number } } => ({
    id: variantId({ temperature }),
    parameters: { temperature },
  });
  return {
    context: { genre },
    salt: "b7",
    decision,
    variants: [
      {
        id: variantId({ temperature: 0.5 }, "baseline"),
        role: "baseline",
        weight: 0.05,
        parameters: { temperature: 0.5 },
      },
      { ...learnt(0.6), role: "incumbent", weight: 0.75 },
      { ...learnt(0.7), role: "challenger", weight: 0.2 },
    ],
  };
}

/** An adaptation of `temperature` from 0.5 to 0.6. */
export function sampleAdaptation(id: string, at: number, changes: Partial<Adaptation> = {}): Adaptation {
  const side = (temperature: number) => ({
    variant: variantId({ temperature }),
    parameters: { temperature },
    calls: 900,
  });
  return {
    id,
    changeId: `change-of-${id}`,
    at,
    component: "shop",
    operation: "checkout",
    context: { genre: "rock" },
    parameter: "temperature",
    oldValue: 0.5,
    newValue: 0.6,
    confidence: 0.93,
    reason: { code: "PROVEN_BETTER", sentence: "0.6 succeeds more often." },
    basis: { window: { from: at - 60_000, to: at }, windows: 2, from: side(0.5), to: side(0.6) },
    status: "applied",
    ...changes,
  };
}

/** The decision of a cycle that changes nothing, with one allocation that stays the same for ever. */
export function sampleDecision(cycle: number, changes: Partial<Decision> = {}): Decision {
  const at = FIRST_CYCLE_AT + (cycle - 1) * INTERVAL_MILLISECONDS;
  return {
    component: "shop",
    operation: "checkout",
    id: `decision-${cycle}`,
    at,
    window: { from: at - 60_000, to: at - 30_000 },
    contexts: [],
    adaptations: [],
    transitions: [],
    allocations: [sampleAllocation("rock", "decision-1")],
    mayExplore: true,
    ...changes,
  };
}

/** The record of a cycle that changes nothing. */
export function sampleCycle(cycle: number, changes: Partial<Decision> = {}): CycleRecord {
  const decision = sampleDecision(cycle, changes);
  const policy = samplePolicy({ component: decision.component, operation: decision.operation });
  return {
    component: decision.component,
    operation: decision.operation,
    cycle,
    policy,
    policyHash: "policy-1",
    seed: `seed-${cycle}`,
    evidence: {
      window: decision.window,
      queries: [{ question: "calls", promql: `sum(increase(calls[30s] @ ${decision.window.to / 1000}))` }],
      cells: {
        kind: "value",
        value: [
          {
            context: { genre: "rock" },
            variant: variantId({ temperature: 0.6 }),
            reading: { kind: "value", value: { success: 90 + cycle, failure: 3, partial: 1 } },
          },
        ],
      },
    },
    decision,
    state: { schema: 1, cyclesSeen: cycle, half: 0.1 + 0.2 },
  };
}

/** One context as its strategy sees it. */
import type { ContextId } from "@trimtab/conventions";
import type { FeedbackEntry } from "../evidence/evidence.ts";
import type { ContextEvidence } from "../evidence/evidence-quality.ts";
import { limitLevels } from "../guardrails/limit-shares.ts";
import { judgeLimits } from "../guardrails/outcome-limits.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import type { ContextObservation } from "../strategies/strategy.ts";
import type { ContextObserved } from "./observe-context.ts";
import type { ContextMemory } from "./operation-state.ts";
import { barredVariants } from "./roll-back.ts";

/** What is known of a context in this cycle. */
export interface ObservedContext {
  readonly id: ContextId;
  /** After this cycle's roll-backs. */
  readonly memory: ContextMemory;
  /** As the cycle found it: the evidence may speak of what was served then. */
  readonly before: ContextMemory;
  readonly observed: ContextObserved;
  readonly evidence: ContextEvidence;
  readonly feedback: readonly FeedbackEntry[] | undefined;
}

/** The observation. */
export function observationOf(
  { id, memory, before, observed, evidence: { measured }, feedback }: ObservedContext,
  { policy, baseline, cycle }: { readonly policy: OperationPolicy; readonly baseline: Setting; readonly cycle: number },
): ContextObservation {
  const { constraints } = policy;
  const variants = [...before.previous, ...before.allocation.variants, ...memory.allocation.variants];
  const retired = Object.entries(before.retired).map(([variant, { parameters }]) => [variant, parameters] as const);
  return {
    id,
    context: memory.context,
    memory: memory.strategy ?? undefined,
    baseline: baseline,
    incumbent: memory.incumbent,
    serving: memory.allocation.variants,
    known: new Map([...retired, ...variants.map((variant) => [variant.id, variant.parameters] as const)]),
    measured,
    ...(feedback === undefined ? {} : { feedback }),
    windows: observed.windows,
    takenBack: observed.breaches.map((breach) => breach.variant),
    barred: barredVariants(memory, cycle),
    limits: (variant) => judgeLimits(observed.memory.limits, constraints, variant, baseline.id),
    limitLevels: limitLevels(observed.memory.limits, constraints, baseline.id),
  };
}

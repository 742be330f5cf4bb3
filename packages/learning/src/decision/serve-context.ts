/** What a context serves from now on. */
import type { AllocatedVariant, Allocation } from "@trimtab/conventions";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { type ContextMemory, saltOf } from "./operation-state.ts";
import { composeVariants, type Serving, withVariants } from "./shares.ts";

/** What serving depends on beside the context. */
export interface ServeOptions {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly now: number;
  readonly cycle: number;
  /** The id of this cycle's decision. */
  readonly decision: string;
}

/** The context with an allocation for these challengers; the very same allocation where nothing changed. */
export function servedContext(
  memory: ContextMemory,
  challengers: Serving["challengers"],
  { policy, baseline, now, cycle, decision }: ServeOptions,
): ContextMemory {
  const { incumbent } = memory;
  const variants = composeVariants({ baseline, incumbent, challengers, holdout: policy.holdout });
  const salt = saltOf(policy, memory.context, memory.experiment);
  return withAllocation(memory, withVariants(memory.allocation, variants, decision, salt), { policy, now, cycle });
}

/** The context with another allocation, which evidence reaches later; the very same context where the allocation is the same. */
export function withAllocation(
  memory: ContextMemory,
  allocation: Allocation,
  { policy, now, cycle }: Pick<ServeOptions, "policy" | "now" | "cycle">,
): ContextMemory {
  if (allocation === memory.allocation) return memory;
  const previous: readonly AllocatedVariant[] = memory.allocation.variants;
  const retired = policy.objective.feedback === undefined ? {} : retire(memory, cycle);
  return { ...memory, allocation, previous, retired, changedAt: now };
}

/** The challengers among variants that are served, as they would be asked for again. */
export function challengersOf(variants: readonly AllocatedVariant[]): Serving["challengers"] {
  const challengers = variants.filter((variant) => variant.role === "challenger");
  return challengers.map(({ id, parameters, weight }) => ({ setting: { id, parameters }, weight }));
}

/** Ratings may still come for what was served before the last change. */
function retire({ previous, retired }: ContextMemory, cycle: number): ContextMemory["retired"] {
  const left = Object.entries(retired).filter(([, { until }]) => until > cycle);
  const now = previous.map(({ id, parameters }) => [id, { parameters, until: cycle + RATED_CYCLES }] as const);
  return Object.fromEntries([...left, ...now]);
}

/** How long a variant that no longer runs may be rated. */
const RATED_CYCLES = 60;

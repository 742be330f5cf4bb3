/** What one operation serves: the last decision's allocations, as far as they fit what is configured now. */
import {
  type Allocation,
  baseValues,
  canonicalJson,
  type OperationAllocations,
  shortDigest,
  variantId,
  withoutChallengers,
} from "@trimtab/conventions";
import { type Decision, isOverridden, type OperationPolicy } from "@trimtab/learning";
import { isFitting } from "./ready-allocations.ts";

/** The part of the allocation document that is this operation's. */
export function servedOperation(
  policy: OperationPolicy,
  decision: Decision | undefined,
  { mayExplore }: { mayExplore: boolean },
): OperationAllocations {
  const learnt = (decision?.allocations ?? [])
    .filter((allocation) => isFitting(policy, allocation))
    .filter(mayServe(policy, decision));
  const allocations = learnt.some(isForEveryContext) ? learnt : [baseAllocation(policy), ...learnt];
  return {
    context: policy.context,
    holdoutSalt: permanentSalt(policy, "holdout"),
    parameters: policy.parameters,
    allocations: mayExplore ? allocations : allocations.map(exploreNoMore),
  };
}

/** The operation has challengers, so that it matters how long they may run. */
export function hasChallengers(operation: OperationAllocations): boolean {
  return operation.allocations.some(({ variants }) => variants.some((variant) => variant.role === "challenger"));
}

/** In mode observe only what a person set is served beside the base values, also before the first decision in that mode. */
function mayServe({ mode }: OperationPolicy, decision: Decision | undefined): (allocation: Allocation) => boolean {
  const people = decision?.people;
  if (mode !== "observe" || people?.frozen !== undefined) return () => true;
  return ({ context }) => isOverridden(people, context);
}

function baseAllocation(policy: OperationPolicy): Allocation {
  const parameters = baseValues(policy.parameters);
  return {
    context: {},
    salt: permanentSalt(policy, "base"),
    variants: [{ id: variantId(parameters, "baseline"), role: "baseline", weight: 1, parameters }],
  };
}

function exploreNoMore(allocation: Allocation): Allocation {
  const variants = withoutChallengers(allocation.variants);
  return variants === allocation.variants ? allocation : { ...allocation, variants };
}

function isForEveryContext({ context }: Allocation): boolean {
  return Object.keys(context).length === 0;
}

/** Made of the operation's name alone, so that who is in the holdout survives every restart and the loss of the store. */
function permanentSalt({ component, operation }: OperationPolicy, use: "holdout" | "base"): string {
  return shortDigest(canonicalJson([use, component, operation]));
}

/** The operation that a suggested change is for, as it stands: its space, and what is in force in the change's context. */
import { findAllocation, variantInForce } from "@trimtab/conventions";
import type { AllocationBoard } from "@trimtab/engine";
import type { FindChangeTarget, FindVariant, OperationPolicy } from "@trimtab/learning";

/** Looks targets up in the configuration in force and in what is served. */
export function changeTargets(
  policies: () => readonly OperationPolicy[],
  board: () => Pick<AllocationBoard, "document">,
): FindChangeTarget {
  return (component, { operation, context }) => {
    const policy = policies().find((each) => each.component === component && each.operation === operation);
    const served = board().document(component)?.document.operations[operation];
    if (policy === undefined || served === undefined) return undefined;
    const inForce = variantInForce(findAllocation(served, context)?.variants ?? []);
    return { space: policy.parameters, inForce: inForce?.parameters ?? {} };
  };
}

/** Looks the values of variants up among those that are served. */
export function servedVariants(board: () => Pick<AllocationBoard, "document">): FindVariant {
  return (component, operation, variant) => {
    for (const { variants } of board().document(component)?.document.operations[operation]?.allocations ?? []) {
      const found = variants.find(({ id }) => id === variant);
      if (found !== undefined) return found.parameters;
    }
    return undefined;
  };
}

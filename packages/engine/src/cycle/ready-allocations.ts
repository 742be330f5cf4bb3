/**
 * What serving needs of each allocation, remembered with it: does it fit the policy, and its text. Of thousands it takes tens of
 * milliseconds; whoever has time beforehand prepares them in parts.
 */
import {
  type Allocation,
  baseValues,
  type OperationAllocations,
  parameterValuesProblems,
  type VariantId,
  variantId,
} from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";

const fitting = new WeakMap<Allocation, { readonly policy: OperationPolicy; readonly fits: boolean }>();
const texts = new WeakMap<Allocation, string>();
const baselines = new WeakMap<OperationPolicy, VariantId>();

/** Looks at some allocations now, so that serving them needs to no more. */
export function prepareAllocations(policy: OperationPolicy, allocations: readonly Allocation[]): void {
  for (const allocation of allocations) if (isFitting(policy, allocation)) textOf(allocation);
}

/**
 * The store outlives the configuration. An allocation with values outside the space, with other base values or with context
 * keys that are not declared any more is not served, until the next decision replaces it.
 */
export function isFitting(policy: OperationPolicy, allocation: Allocation): boolean {
  const known = fitting.get(allocation);
  if (known?.policy === policy) return known.fits;
  const { context, variants } = allocation;
  const baseline = baselineOf(policy);
  const fits =
    Object.keys(context).every((key) => policy.context.includes(key)) &&
    variants.every(
      ({ id, role, parameters }) =>
        (role !== "baseline" || id === baseline) && parameterValuesProblems(policy.parameters, parameters).length === 0,
    );
  fitting.set(allocation, { policy, fits });
  return fits;
}

/** The operations of a document, as `JSON.stringify` writes them. */
export function operationsText(operations: Readonly<Record<string, OperationAllocations>>): string {
  const each = Object.entries(operations).map(([name, { allocations, ...rest }]) => {
    const list = `"allocations":[${allocations.map(textOf).join(",")}]`;
    return `${JSON.stringify(name)}:${JSON.stringify(rest).slice(0, -1)},${list}}`;
  });
  return `{${each.join(",")}}`;
}

function textOf(allocation: Allocation): string {
  let text = texts.get(allocation);
  if (text === undefined) texts.set(allocation, (text = JSON.stringify(allocation)));
  return text;
}

function baselineOf(policy: OperationPolicy): VariantId {
  let id = baselines.get(policy);
  if (id === undefined) baselines.set(policy, (id = variantId(baseValues(policy.parameters), "baseline")));
  return id;
}

/** From summed rollups to evidence cells and discovered operations; pure. */
import { canonicalJson } from "@trimtab/conventions";
import type { DiscoveredOperation, OperationKey, RollupSum } from "@trimtab/engine";
import type { EvidenceCell } from "@trimtab/learning";
import { type Bounds, counterNames, declaredContext, inOrder, measurementsOf } from "../measured-cell.ts";

const MAXIMUM_VALUES = 20;

/** One cell per declared context and variant: sums over all other labels. */
export function evidenceCells(sums: readonly RollupSum[], declaredKeys: readonly string[]): readonly EvidenceCell[] {
  const groups = new Map<string, RollupSum[]>();
  for (const sum of sums) {
    const key = canonicalJson([declaredContext(sum.cell.context, declaredKeys), sum.cell.variant]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sum]);
    else group.push(sum);
  }
  const cells = [...groups.values()].map((group): EvidenceCell => {
    const [{ cell }] = group as [RollupSum];
    const merged = merge(group);
    return {
      context: declaredContext(cell.context, declaredKeys),
      variant: cell.variant,
      reading:
        merged === undefined
          ? { kind: "several-series", detail: "histograms with different bucket bounds were counted in the window" }
          : measurementsOf(merged.increments, merged.bounds),
    };
  });
  return inOrder(cells);
}

/** @returns Undefined when the bounds of two parts differ and both of them counted something. */
function merge(group: readonly RollupSum[]): { increments: Record<string, number>; bounds: Bounds } | undefined {
  const increments: Record<string, number> = {};
  const bounds: Record<string, readonly number[]> = {};
  const inFirstPlace = [...group].sort((left, right) => total(right) - total(left)); // what did not grow may not set the bounds
  for (const { cell, increments: more } of inFirstPlace) {
    let differs = false;
    for (const measure of ["duration", "quality"] as const) {
      const theirs = cell.bounds[measure];
      if (theirs === undefined) continue;
      const ours = (bounds[measure] ??= theirs);
      if (theirs.length === ours.length && theirs.every((bound, index) => bound === ours[index])) continue;
      if ((more[counterNames.count(measure)] ?? 0) > 0) return undefined;
      differs = true;
    }
    for (const name of Object.keys(more)) {
      const increment = more[name] ?? 0;
      if (!differs || increment !== 0) increments[name] = (increments[name] ?? 0) + increment;
    }
  }
  return { increments, bounds };
}

function total({ increments }: RollupSum): number {
  return Object.values(increments).reduce((sum, increment) => sum + increment, 0);
}

/** What an operation's rollups show, for people who write a configuration. */
export function discoveredOperation(key: OperationKey, sums: readonly RollupSum[]): DiscoveredOperation {
  const values = new Map<string, Set<string>>();
  const units = new Set<string>();
  let calls = 0;
  let hasQuality = false;
  for (const { cell, increments } of sums) {
    for (const [name, value] of Object.entries(cell.context)) {
      const seen = values.get(name) ?? new Set<string>();
      values.set(name, seen.add(value));
    }
    for (const [name, increment] of Object.entries(increments)) {
      if (name.startsWith(counterNames.calls(""))) calls += increment;
      if (name === counterNames.count("quality")) hasQuality = true;
      if (name.startsWith(counterNames.cost(""))) units.add(name.slice(counterNames.cost("").length));
    }
  }
  const context = [...values].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    component: key.component,
    operation: key.operation,
    context: Object.fromEntries(context.map(([name, seen]) => [name, [...seen].sort().slice(0, MAXIMUM_VALUES)])),
    variants: [...new Set(sums.map(({ cell }) => cell.variant))].sort(),
    calls,
    hasQuality,
    costUnits: [...units].sort(),
  };
}

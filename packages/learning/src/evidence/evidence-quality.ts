/**
 * May this evidence be used? A reading that is no value stops what depends on it, and a "value" that holds NaN, an infinity or a
 * negative number is none.
 */
import {
  type Context,
  type ContextId,
  canonicalContext,
  contextId,
  OTHER_CONTEXT_VALUE,
  type VariantId,
} from "@trimtab/conventions";
import { callsOf, type Evidence, type Measurements, type MissingKind } from "./evidence.ts";
import { measurementsProblem } from "./measurements.ts";

/** A reading without its value. */
export interface Unusable {
  readonly kind: MissingKind;
  readonly detail: string;
}

/** The evidence of one context: all of it, or why none of it. */
export interface ContextEvidence {
  readonly context: Context;
  /** Variants with calls or ratings. A variant that is absent had none, which is no data and not zero. */
  readonly measured: ReadonlyMap<VariantId, Measurements>;
  readonly unusable?: Unusable;
}

/** Evidence by context, in the order of the context ids. */
export type JudgedEvidence =
  | { readonly unusable: Unusable }
  | { readonly contexts: ReadonlyMap<ContextId, ContextEvidence> };

/** Sorts the evidence by context. One bad cell makes its whole context unusable; one bad answer makes everything so. */
export function judgeEvidence(evidence: Evidence, declaredKeys: readonly string[]): JudgedEvidence {
  if (evidence.cells.kind !== "value")
    return { unusable: { kind: evidence.cells.kind, detail: evidence.cells.detail } };
  const found = new Map<ContextId, { context: Context; measured: Map<VariantId, Measurements>; unusable?: Unusable }>();
  for (const cell of evidence.cells.value) {
    const context = canonicalContext(cell.context, declaredKeys);
    // calls whose labels were collapsed belong to many contexts: no call will ever ask for this one
    if (Object.values(context).includes(OTHER_CONTEXT_VALUE)) continue;
    const id = contextId(context);
    let entry = found.get(id);
    if (entry === undefined) {
      entry = { context, measured: new Map() };
      found.set(id, entry);
    }
    const problem = problemOf(cell.variant, cell.reading, entry.measured);
    // the first by kind and text, not by place: the order of the cells means nothing
    if (problem !== undefined) {
      if (entry.unusable === undefined || isBefore(problem, entry.unusable)) entry.unusable = problem;
    } else if (cell.reading.kind === "value" && hasAnything(cell.reading.value))
      entry.measured.set(cell.variant, cell.reading.value);
  }
  // sorted, because the order in which a source tells things must not reach a decision
  const contexts = [...found].map(([id, entry]) => [id, { ...entry, measured: sortedByKey(entry.measured) }] as const);
  return { contexts: sortedByKey(new Map(contexts)) };
}

/** Ratings come late: also for a variant that has no calls any more. */
function hasAnything(measurements: Measurements): boolean {
  return callsOf(measurements) > 0 || (measurements.feedback?.count ?? 0) > 0;
}

function problemOf(
  variant: VariantId,
  reading: { readonly kind: "value"; readonly value: Measurements } | Unusable,
  measured: ReadonlyMap<VariantId, Measurements>,
): Unusable | undefined {
  if (reading.kind !== "value") return { kind: reading.kind, detail: `${variant}: ${reading.detail}` };
  const problem = measurementsProblem(reading.value);
  if (problem !== undefined) return { kind: "not-a-number", detail: `${variant}: ${problem}` };
  return measured.has(variant)
    ? { kind: "several-series", detail: `${variant} was measured twice in this context` }
    : undefined;
}

function isBefore(left: Unusable, right: Unusable): boolean {
  return left.kind === right.kind ? left.detail < right.detail : left.kind < right.kind;
}

function sortedByKey<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return new Map([...map].sort(([left], [right]) => (left < right ? -1 : 1)));
}

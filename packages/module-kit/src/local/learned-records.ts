/** What learning in this process has recorded, as a module tells it. */
import type { Suggestion } from "@trimtab/engine";
import type { Adaptation, SuggestedChange } from "@trimtab/learning";
import type { ModuleAdaptation, ModuleSuggestion } from "../ports.ts";

/** The rule of suggestions that `suggestAdaptation` makes. */
export const PROPOSED_RULE = "suggest_adaptation";

/** An adaptation that a decision made. */
export function adaptationOf(adaptation: Adaptation): ModuleAdaptation {
  const { id, at, operation, context, parameter, oldValue, newValue, confidence, reason, basis, status } = adaptation;
  const { from, to, windows, feedback = [] } = basis;
  const sides = [from, ...(to === undefined ? [] : [to])].map(
    ({ variant, calls }) => `${variant}: ${calls} calls in ${windows} windows`,
  );
  return {
    id,
    at: new Date(at),
    operation,
    context,
    parameter,
    oldValue,
    newValue,
    confidence,
    reason: reason.sentence,
    basis: feedback.length > 0 ? feedback : sides,
    status,
    applied: status === "applied",
  };
}

/** An adaptation that somebody proposed. */
export function proposedAdaptationOf(suggestion: Suggestion & { readonly change: SuggestedChange }): ModuleAdaptation {
  const { id, createdAt, change, confidence, reasoning, feedback, status } = suggestion;
  const { operation, context, parameter, from, to } = change;
  return {
    id,
    at: new Date(createdAt),
    operation,
    context,
    parameter,
    oldValue: from,
    newValue: to,
    confidence,
    reason: reasoning,
    basis: feedback,
    status: STATUSES[status],
    applied: status === "delivered",
  };
}

const STATUSES: Readonly<Record<Suggestion["status"], ModuleAdaptation["status"]>> = {
  open: "suggested",
  accepted: "approved",
  delivered: "applied",
  dismissed: "rejected",
};

/** A suggestion about an entity. */
export function suggestionOf({ id, entity, target, suggestion, confidence, reasoning }: Suggestion): ModuleSuggestion {
  return { id, entity, ...(target === undefined ? {} : { target }), suggestion, confidence, reasoning };
}

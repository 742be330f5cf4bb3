/** Why a context holds before any strategy is asked. */
import type { ContextId } from "@trimtab/conventions";
import type { MissingKind } from "../evidence/evidence.ts";
import type { Unusable } from "../evidence/evidence-quality.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { ContextDecision, Reason } from "./decision.ts";
import type { ReasonCode } from "./reasons.ts";

/** The context that every call belongs to. */
export const EVERY_CONTEXT: ContextId = "";

const MISSING: Readonly<Record<MissingKind, ReasonCode>> = {
  "no-data": "EVIDENCE_NO_DATA",
  "not-a-number": "EVIDENCE_NOT_A_NUMBER",
  "several-series": "EVIDENCE_SEVERAL_SERIES",
  stale: "EVIDENCE_STALE",
  partial: "EVIDENCE_PARTIAL",
  error: "EVIDENCE_ERROR",
  timeout: "EVIDENCE_TIMEOUT",
};

/** The evidence, or a cell of it, is no value. */
export function missingReason({ kind, detail }: Unusable): Reason {
  return { code: MISSING[kind], sentence: `The evidence cannot be used (${kind}: ${detail}); nothing changes.` };
}

/** There is evidence, but none of this context. */
export function noCallsReason(id: ContextId, policy: OperationPolicy): Reason {
  if (id === EVERY_CONTEXT && policy.context.length > 0) {
    return { code: "BASELINE_ONLY", sentence: "Contexts that were not seen yet have the base values." };
  }
  return { code: "NO_CALLS", sentence: "There were no calls in the window." };
}

/** A decision that changes nothing. */
export function held(reason: Reason): Omit<ContextDecision, "context" | "lift"> {
  return { kind: "hold", reason, refused: [] };
}

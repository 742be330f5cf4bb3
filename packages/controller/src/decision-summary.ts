/**
 * What is asked of every decision, whoever asks: how many contexts were decided for which reason, and whether the evidence could be
 * read. Made once, and for large operations where the decision was made: their contexts are then not looked at here at all.
 */
import type { Decision, Reason } from "@trimtab/learning";

/** The contexts of a decision, counted. */
export interface DecisionSummary {
  /** How many contexts, by the code of the reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Why the evidence could not be read; absent where it could. */
  readonly unread?: Reason;
}

const known = new WeakMap<Decision, DecisionSummary>();

/** The summary of a decision. */
export function summaryOf(decision: Decision): DecisionSummary {
  let summary = known.get(decision);
  if (summary === undefined) known.set(decision, (summary = summarize(decision)));
  return summary;
}

/** Takes over the summary that somebody else has made of it. */
export function rememberSummary(decision: Decision, summary: DecisionSummary): void {
  known.set(decision, summary);
}

function summarize({ contexts }: Decision): DecisionSummary {
  const reasons: Record<string, number> = {};
  for (const { reason } of contexts) reasons[reason.code] = (reasons[reason.code] ?? 0) + 1;
  const unread = contexts.find(({ reason }) => reason.code.startsWith("EVIDENCE_"))?.reason;
  return unread === undefined ? { reasons } : { reasons, unread };
}

/**
 * Feedback on its way to the strategy: by context, and kept while a context cannot be decided, so that an outage of the metric
 * source loses none of it.
 */
import { type ContextId, canonicalContext, contextId, OTHER_CONTEXT_VALUE } from "@trimtab/conventions";
import type { Evidence, FeedbackEntry } from "../evidence/evidence.ts";

/** Entries by context, oldest first. */
export type FeedbackInbox = Map<ContextId, FeedbackEntry[]>;

/** More entries do not wait: the oldest are given up. */
const MOST_WAITING = 1_000;

/**
 * What waited and what arrived. A reading that is no value brings nothing, and neither does an entry whose score is no number from
 * 0 to 1.
 */
export function openInbox(
  waiting: readonly FeedbackEntry[] | undefined,
  arrived: Evidence["feedback"],
  declaredKeys: readonly string[],
): FeedbackInbox {
  const inbox: FeedbackInbox = new Map();
  const ids = new Set<string>();
  for (const entry of [...(waiting ?? []), ...(arrived?.kind === "value" ? arrived.value : [])].sort(byTime)) {
    const context = canonicalContext(entry.context, declaredKeys);
    if (ids.has(entry.id) || !isScored(entry) || Object.values(context).includes(OTHER_CONTEXT_VALUE)) continue;
    ids.add(entry.id);
    const id = contextId(context);
    inbox.set(id, [...(inbox.get(id) ?? []), { ...entry, context }]);
  }
  return inbox;
}

/** What still waits, for the next cycle; undefined where nothing does. */
export function stillWaiting(inbox: FeedbackInbox): readonly FeedbackEntry[] | undefined {
  const entries = [...inbox.values()].flat().sort(byTime);
  return entries.length === 0 ? undefined : entries.slice(-MOST_WAITING);
}

function isScored({ score, at }: FeedbackEntry): boolean {
  return Number.isFinite(score) && score >= 0 && score <= 1 && Number.isFinite(at);
}

function byTime(left: FeedbackEntry, right: FeedbackEntry): number {
  return left.at - right.at || (left.id < right.id ? -1 : 1);
}

/** Feedback about entities, batch by batch: grouped by entity, looked at by every rule, marked as processed exactly once. */
import { canonicalJson, shortDigest } from "@trimtab/conventions";
import { type FindChangeTarget, type SuggestionRule, suggestionsFor } from "@trimtab/learning";
import type { Suggestion, SuggestionStore } from "../stores/suggestion-store.ts";

/** What a run works with. */
export interface FeedbackProcessing {
  readonly store: SuggestionStore;
  readonly rules: readonly SuggestionRule[];
  /** Entries per transaction. Default 100. */
  readonly batch?: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The operations that suggested changes are for. Default: none is known. */
  readonly findTarget?: FindChangeTarget;
  /** Aborted when the run is to end after its batch. */
  readonly signal?: AbortSignal;
}

/** What a run has done. */
export interface ProcessedFeedback {
  readonly processed: number;
  /** New ones. */
  readonly suggestions: readonly Suggestion[];
}

const USUAL_BATCH = 100;

/** Processes everything that waits. Where it throws, the batches before are done and the others wait on. */
export async function processFeedback({
  store,
  rules,
  batch = USUAL_BATCH,
  now,
  findTarget,
  signal,
}: FeedbackProcessing): Promise<ProcessedFeedback> {
  const suggestions: Suggestion[] = [];
  let processed = 0;
  for (;;) {
    const waiting = await store.unprocessedFeedback(batch);
    if (waiting.length === 0 || signal?.aborted === true) return { processed, suggestions };
    const entities = [...new Set(waiting.flatMap(({ entity }) => (entity === undefined ? [] : [entity])))];
    const made: Suggestion[] = [];
    for (const entity of entities) made.push(...(await suggestionsOf(entity, store, rules, now, findTarget)));
    await store.recordProcessing(
      waiting.map(({ id }) => id),
      made,
      now,
    );
    processed += waiting.length;
    suggestions.push(...made);
  }
}

async function suggestionsOf(
  entity: string,
  store: SuggestionStore,
  rules: readonly SuggestionRule[],
  now: number,
  findTarget: FindChangeTarget | undefined,
): Promise<Suggestion[]> {
  const earlier = (await store.lastSuggestions(entity)).map(({ rule, status, decidedAt }) => ({
    rule,
    isOpen: status === "open",
    ...(decidedAt === undefined ? {} : { decidedAt }),
  }));
  const made: Suggestion[] = [];
  for (const rule of rules) {
    const entries = await store.feedbackAbout(entity, rule, now - rule.withinMilliseconds);
    for (const proposed of suggestionsFor(entity, [rule], entries, earlier, now, findTarget)) {
      const id = `s-${shortDigest(canonicalJson([proposed.rule, entity, [...proposed.feedback]]))}`;
      made.push({ ...proposed, id, createdAt: now, status: "open" });
    }
  }
  return made;
}

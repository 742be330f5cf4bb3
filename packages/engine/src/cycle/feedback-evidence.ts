/** Feedback that waits, as a part of a cycle's evidence: each entry in one cycle only, and none where its context cannot be decided. */
import { type ContextId, canonicalContext, contextId, RATIO_BOUNDARIES, type VariantId } from "@trimtab/conventions";
import {
  addMeasurements,
  type Evidence,
  type EvidenceCell,
  type FeedbackEntry,
  type Histogram,
  type Measurements,
  type OperationPolicy,
} from "@trimtab/learning";
import type { Feedback } from "../stores/feedback-store.ts";

const NO_CALLS: Measurements = { success: 0, failure: 0, partial: 0 };

/**
 * The evidence with the feedback that it can use. What it leaves out goes on waiting: everything while the cells could not be read, and
 * the entries of a context of which a cell could not.
 *
 * Ratings of a variant that ran are measurements of it, also when it runs no more; a rating that came later than the objective's
 * attribution is no measurement, and neither is one whose variant nobody knows.
 */
export function withFeedback(evidence: Evidence, waiting: readonly Feedback[], policy: OperationPolicy): Evidence {
  if (evidence.cells.kind !== "value" || waiting.length === 0) return evidence;
  const idOf = (context: FeedbackEntry["context"]): ContextId => contextId(canonicalContext(context, policy.context));
  const unreadable = new Set(
    evidence.cells.value.flatMap(({ reading, context }) => (reading.kind === "value" ? [] : [idOf(context)])),
  );
  const usable = waiting.filter(({ score, context }) => score !== undefined && !unreadable.has(idOf(context)));
  if (usable.length === 0) return evidence;
  return {
    ...evidence,
    cells: { kind: "value", value: withRatings(evidence.cells.value, usable, policy, idOf) },
    feedback: { kind: "value", value: usable.map((item) => entryOf(item, policy)) },
  };
}

function entryOf(item: Feedback, policy: OperationPolicy): FeedbackEntry {
  return {
    id: item.id,
    context: canonicalContext(item.context, policy.context),
    ...(item.variant === undefined ? {} : { variant: item.variant }),
    score: item.score ?? 0,
    at: givenAt(item),
  };
}

function withRatings(
  cells: readonly EvidenceCell[],
  usable: readonly Feedback[],
  policy: OperationPolicy,
  idOf: (context: FeedbackEntry["context"]) => ContextId,
): readonly EvidenceCell[] {
  const { feedback } = policy.objective;
  if (feedback === undefined) return cells;
  const longest = feedback.attributionMilliseconds ?? Number.POSITIVE_INFINITY;
  const scores = new Map<string, { item: Feedback; variant: VariantId; scores: number[] }>();
  for (const item of usable) {
    if (item.variant === undefined || givenAt(item) - (item.servedAt ?? givenAt(item)) > longest) continue;
    const cell = `${item.variant} ${idOf(item.context)}`;
    const entry = scores.get(cell) ?? { item, variant: item.variant, scores: [] };
    entry.scores.push(item.score ?? 0);
    scores.set(cell, entry);
  }
  const merged = cells.map((cell): EvidenceCell => {
    const key = `${cell.variant} ${idOf(cell.context)}`;
    const rated = scores.get(key);
    if (rated === undefined || cell.reading.kind !== "value") return cell;
    scores.delete(key);
    const value = addMeasurements(cell.reading.value, { ...NO_CALLS, feedback: histogramOf(rated.scores) });
    return { ...cell, reading: { kind: "value", value } };
  });
  const added = [...scores.values()].map(
    ({ item, variant, scores: given }): EvidenceCell => ({
      context: canonicalContext(item.context, policy.context),
      variant,
      reading: { kind: "value", value: { ...NO_CALLS, feedback: histogramOf(given) } },
    }),
  );
  return [...merged, ...added];
}

function histogramOf(scores: readonly number[]): Histogram {
  const counts = [...RATIO_BOUNDARIES, 0].map(() => 0);
  let sum = 0;
  let squares = 0;
  for (const score of scores) {
    const bucket = RATIO_BOUNDARIES.findIndex((bound) => score <= bound);
    const place = bucket < 0 ? RATIO_BOUNDARIES.length : bucket;
    counts[place] = (counts[place] ?? 0) + 1;
    sum += score;
    squares += score * score;
  }
  return { bounds: RATIO_BOUNDARIES, counts, sum, count: scores.length, squares };
}

/** Who does not say when is taken to have spoken as it arrived. */
function givenAt({ at, receivedAt }: Feedback): number {
  return at ?? receivedAt;
}

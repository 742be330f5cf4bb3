/** Learned suggestions: all scores of entities looked at together, beside the rules that look at one entity each. */
import { canonicalJson, shortDigest } from "@trimtab/conventions";
import { type EntityScore, type FindVariant, LEARNED_RULE, learnSuggestions } from "@trimtab/learning";
import type { StoredFeedback } from "../stores/feedback-store.ts";
import type { Suggestion, SuggestionStore } from "../stores/suggestion-store.ts";

/** What a look works with. */
export interface SuggestionLearning {
  readonly store: Pick<SuggestionStore, "scoredEntityFeedback" | "lastSuggestionsOfRule" | "recordProcessing">;
  /** The values of variants that are served. */
  readonly findVariant: FindVariant;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is older says little of how an entity does now. */
const LOOKED_BACK_MILLISECONDS = 90 * 86_400_000;
const MOST_SCORES = 10_000;

/** Looks once. @returns The new suggestions, as they are kept. */
export async function learnFromScores({ store, findVariant, now }: SuggestionLearning): Promise<readonly Suggestion[]> {
  const feedback = await store.scoredEntityFeedback(now - LOOKED_BACK_MILLISECONDS, MOST_SCORES);
  if (feedback.length === 0) return [];
  const earlier = new Map(
    (await store.lastSuggestionsOfRule(LEARNED_RULE)).map(({ entity, status, decidedAt }) => [
      entity,
      { isOpen: status === "open", ...(decidedAt === undefined ? {} : { decidedAt }) },
    ]),
  );
  const made = learnSuggestions(feedback.flatMap(scoreOf), earlier, findVariant).map((proposed): Suggestion => {
    const id = `s-${shortDigest(canonicalJson([proposed.rule, proposed.entity, [...proposed.feedback]]))}`;
    return { ...proposed, id, createdAt: now, status: "open" };
  });
  if (made.length > 0) await store.recordProcessing([], made, now);
  return made;
}

function scoreOf(item: StoredFeedback): EntityScore[] {
  const { id, entity, target, score, component, operation, context, variant, receivedAt } = item;
  if (entity === undefined || score === undefined) return [];
  const isOfTarget = component !== undefined && component === target;
  return [
    {
      id,
      entity,
      score,
      context,
      receivedAt,
      ...(target === undefined ? {} : { target }),
      // Only an operation of the target can be changed there.
      ...(isOfTarget && operation !== undefined ? { operation } : {}),
      ...(isOfTarget && variant !== undefined ? { variant } : {}),
    },
  ];
}

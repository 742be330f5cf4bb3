/**
 * What should be changed because of what is said about an entity again and again.
 *
 *     more than 5 entries of type low_engagement about one entity within 30 days   ->   increase_uniqueness, confidence 0.7
 *
 * Nothing is suggested where nothing would change: while the same suggestion for the same entity is open, and after a person has
 * decided it, until as much is said anew. The confidence is the rule's, a constant and no probability.
 */

import { type ChangeTarget, type RuleChange, type SuggestedChange, suggestedChange } from "./suggested-change.ts";

/** When a suggestion is made, and what it says. */
export interface SuggestionRule {
  /** Names the rule, and with the entity its suggestions. */
  readonly id: string;
  /** The type of the feedback that counts. */
  readonly type: string;
  /** Only feedback that this component collected. Default: any. */
  readonly source?: string;
  /** The component that is to make something of it. Default: the one that the newest of the feedback names. */
  readonly target?: string;
  /** Only entries with a score below this, 0 to 1. Default: every entry, scored or not. */
  readonly below?: number;
  /** More entries than this make a suggestion. */
  readonly moreThan: number;
  /** Only entries that are no older than this count, in milliseconds. */
  readonly withinMilliseconds: number;
  /** The suggested change, e.g. `increase_uniqueness`. */
  readonly suggestion: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** The change as a value of a parameter of the target; absent where the target knows itself what to do. */
  readonly change?: RuleChange;
}

/** What an entry about an entity says that rules look at. */
export interface EntityFeedback {
  readonly id: string;
  readonly type: string;
  readonly source?: string;
  readonly target?: string;
  readonly score?: number;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The last suggestion of a rule for an entity. */
export interface EarlierSuggestion {
  readonly rule: string;
  readonly isOpen: boolean;
  /** When a person decided it, in milliseconds since 1970; absent while it is open. */
  readonly decidedAt?: number;
}

/** A suggestion that a rule makes. */
export interface ProposedSuggestion {
  readonly rule: string;
  readonly entity: string;
  readonly target?: string;
  readonly suggestion: string;
  readonly confidence: number;
  /** A sentence for a person. */
  readonly reasoning: string;
  /** The entries that it rests on, oldest first. */
  readonly feedback: readonly string[];
  /** What accepting it changes; absent where the target is told and knows itself what to do. */
  readonly change?: SuggestedChange;
}

/** The operation that a change is for; undefined where it is not configured. */
export type FindChangeTarget = (component: string, change: RuleChange) => ChangeTarget | undefined;

/** The rules that hold where a configuration has none. */
export const DEFAULT_SUGGESTION_RULES: readonly SuggestionRule[] = [
  {
    id: "low-engagement",
    type: "low_engagement",
    moreThan: 5,
    withinMilliseconds: 30 * 86_400_000,
    suggestion: "increase_uniqueness",
    confidence: 0.7,
  },
];

/**
 * The suggestions for one entity.
 *
 * @param entries Everything that was said about the entity, as far back as the longest rule looks; in any order.
 * @param earlier The last suggestion of each rule for the entity.
 * @param now Milliseconds since 1970.
 * @param findTarget Default: no operation is known, so that rules with a change suggest nothing.
 */
export function suggestionsFor(
  entity: string,
  rules: readonly SuggestionRule[],
  entries: readonly EntityFeedback[],
  earlier: readonly EarlierSuggestion[],
  now: number,
  findTarget: FindChangeTarget = () => undefined,
): ProposedSuggestion[] {
  return rules.flatMap((rule): ProposedSuggestion[] => {
    const last = earlier.find((each) => each.rule === rule.id);
    if (last?.isOpen === true) return [];
    const since = Math.max(now - rule.withinMilliseconds, last?.decidedAt ?? Number.NEGATIVE_INFINITY);
    const counted = entries.filter((entry) => entry.receivedAt > since && countsFor(rule, entry)).sort(byArrival);
    if (counted.length <= rule.moreThan) return [];
    const target = rule.target ?? counted.findLast((entry) => entry.target !== undefined)?.target;
    const change =
      rule.change === undefined || target === undefined
        ? undefined
        : suggestedChange(rule.change, findTarget(target, rule.change));
    if (rule.change !== undefined && change === undefined) return []; // nothing would change
    return [
      {
        rule: rule.id,
        entity,
        ...(target === undefined ? {} : { target }),
        suggestion: rule.suggestion,
        confidence: rule.confidence,
        reasoning: reasoningOf(rule, entity, counted, now),
        feedback: counted.map(({ id }) => id),
        ...(change === undefined ? {} : { change }),
      },
    ];
  });
}

function countsFor({ type, source, below }: SuggestionRule, entry: EntityFeedback): boolean {
  if (entry.type !== type || (source !== undefined && entry.source !== source)) return false;
  return below === undefined || (entry.score !== undefined && entry.score < below);
}

function reasoningOf(rule: SuggestionRule, entity: string, counted: readonly EntityFeedback[], now: number): string {
  const days = Math.max(1, Math.ceil((now - (counted[0]?.receivedAt ?? now)) / 86_400_000));
  const scored = rule.below === undefined ? "" : ` with a score under ${rule.below}`;
  return (
    `${counted.length} reports of type ${rule.type}${scored} about ${entity} within ${days} ${days === 1 ? "day" : "days"}, ` +
    `more than ${rule.moreThan}: ${rule.suggestion}.`
  );
}

function byArrival(left: EntityFeedback, right: EntityFeedback): number {
  return left.receivedAt - right.receivedAt || (left.id < right.id ? -1 : 1);
}

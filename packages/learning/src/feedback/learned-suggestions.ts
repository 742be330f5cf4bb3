/**
 * What nobody wrote a rule for: an entity whose scores are below those of its peers, by a test that may be looked at after every entry.
 *
 *     e = M(n, ρ₁) · M(N, ρ₂) · exp(a b / (a + b) · (x̄ − ȳ)²)        M(n, ρ) = √(ρ / (n/4 + ρ)),  a = n² / (2 (n/4 + ρ₁)),  b alike
 *
 * x̄ is the mean of the entity's n scores, ȳ that of the N scores of all others with the same target. For each mean m that both might
 * have, the two factors of a normal mixture are martingales (scores lie in 0 to 1, so their variance is at most 1/4); the smallest
 * product over m is what stands above. So where all are alike, e ever reaches E / (1 − c) with a chance of at most (1 − c) / E, and of E
 * entities any is suggested with confidence c or more with a chance of at most 1 − c, however often it is looked at.
 *
 *     confidence = 1 − E / e
 *
 * Never on no data: an entity without peers, or with few scores, has no e that is large. Careful: it takes a clear difference.
 *
 * Sources: Robbins (1970), "Statistical methods related to the law of the iterated logarithm"; Ville (1939).
 */
import type { Context, ParameterValues, VariantId } from "@trimtab/conventions";
import type { SuggestedChange } from "./suggested-change.ts";
import type { ProposedSuggestion } from "./suggestions.ts";

/** The rule that learned suggestions name. */
export const LEARNED_RULE = "learned-below-peers";

/** A score that an entity was given. */
export interface EntityScore {
  readonly id: string;
  readonly entity: string;
  /** Entities with the same target are peers. */
  readonly target?: string;
  /** 0 to 1. */
  readonly score: number;
  /** What had served, where it is known. */
  readonly operation?: string;
  readonly context?: Context;
  readonly variant?: VariantId;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Earlier learned suggestions by entity. */
export type EarlierLearned = ReadonlyMap<string, { readonly isOpen: boolean; readonly decidedAt?: number }>;

/** The values of a variant of an operation; undefined where it is not served any more. */
export type FindVariant = (component: string, operation: string, variant: VariantId) => ParameterValues | undefined;

/** Suggested from this confidence on. */
const LEAST_CONFIDENCE = 0.7;
/** The e-value grows fastest at about 4 ρ scores. */
const OWN_TUNING = 5;
const PEER_TUNING = 100;
const MOST_EVIDENCE = 100;

/** Suggestions from scores in any order; the same scores give the same suggestions. */
export function learnSuggestions(
  scores: readonly EntityScore[],
  earlier: EarlierLearned,
  findVariant: FindVariant = () => undefined,
): ProposedSuggestion[] {
  const suggestions: ProposedSuggestion[] = [];
  for (const [target, group] of groupBy(scores, ({ target }) => target ?? "")) {
    const byEntity = groupBy(group, ({ entity }) => entity);
    for (const [entity, all] of byEntity) {
      const last = earlier.get(entity);
      if (last?.isOpen === true) continue;
      const own = all.filter(({ receivedAt }) => receivedAt > (last?.decidedAt ?? Number.NEGATIVE_INFINITY));
      const peers = group.filter((each) => each.entity !== entity);
      const compared = compare(own, peers);
      if (compared === undefined || !(compared.mean < compared.peerMean)) continue;
      const confidence = 1 - byEntity.size / compared.eValue;
      if (!(confidence >= LEAST_CONFIDENCE)) continue;
      const change = target === "" ? undefined : betterValues(target, own, peers, findVariant);
      suggestions.push({
        rule: LEARNED_RULE,
        entity,
        ...(target === "" ? {} : { target }),
        suggestion: change === undefined ? "look_into_low_scores" : `set_${change.parameter}`,
        confidence: Math.min(0.999, Math.round(confidence * 1000) / 1000),
        reasoning: reasoningOf(entity, own.length, compared, change),
        feedback: [...own]
          .sort(byArrival)
          .slice(-MOST_EVIDENCE)
          .map(({ id }) => id),
        ...(change === undefined ? {} : { change }),
      });
    }
  }
  return suggestions.sort((left, right) => (left.entity < right.entity ? -1 : 1));
}

interface Comparison {
  readonly mean: number;
  readonly peerMean: number;
  readonly peers: number;
  /** Above 1: evidence that the means differ. */
  readonly eValue: number;
}

/** @returns Undefined where one side has no scores. */
function compare(own: readonly EntityScore[], peers: readonly EntityScore[]): Comparison | undefined {
  if (own.length === 0 || peers.length === 0) return undefined;
  const mean = meanOf(own);
  const peerMean = meanOf(peers);
  const [a, b] = [growth(own.length, OWN_TUNING), growth(peers.length, PEER_TUNING)];
  const start = Math.log(mixture(own.length, OWN_TUNING)) + Math.log(mixture(peers.length, PEER_TUNING));
  const eValue = Math.exp(Math.min(700, start + ((a * b) / (a + b)) * (mean - peerMean) ** 2));
  return { mean, peerMean, peers: peers.length, eValue };
}

function mixture(count: number, tuning: number): number {
  return Math.sqrt(tuning / (count / 4 + tuning));
}

function growth(count: number, tuning: number): number {
  return count ** 2 / (2 * (count / 4 + tuning));
}

/**
 * The values with which the peers' scores were better than with those that served the entity most, by the same test with a confidence as
 * high over all variants that were compared; where they differ in one parameter, and are still served.
 */
function betterValues(
  component: string,
  own: readonly EntityScore[],
  peers: readonly EntityScore[],
  findVariant: FindVariant,
): SuggestedChange | undefined {
  const served = mostCommon(
    own.flatMap((each) => (each.variant === undefined || each.operation === undefined ? [] : [each])),
    ({ operation, variant }) => `${operation} ${variant}`,
  );
  if (served?.operation === undefined || served.variant === undefined) return undefined;
  const { operation, variant, context = {} } = served;
  const from = findVariant(component, operation, variant);
  const others = groupBy(
    peers.filter((each) => each.operation === operation && each.variant !== undefined),
    (each) => each.variant ?? "",
  );
  const same = others.get(variant) ?? [];
  if (from === undefined || same.length === 0) return undefined;
  const rivals = [...others].filter(([id]) => id !== variant);
  let best: { readonly change: SuggestedChange; readonly mean: number } | undefined;
  for (const [id, scores] of rivals.sort(([left], [right]) => (left < right ? -1 : 1))) {
    const to = findVariant(component, operation, id);
    const compared = compare(scores, same);
    if (to === undefined || compared === undefined || compared.mean <= compared.peerMean) continue;
    if (1 - rivals.length / compared.eValue < LEAST_CONFIDENCE) continue;
    const differing = Object.keys(to).filter((name) => to[name] !== from[name]);
    const [parameter = ""] = differing;
    const [before, after] = [from[parameter], to[parameter]];
    if (differing.length !== 1 || before === undefined || after === undefined) continue;
    if (best === undefined || compared.mean > best.mean)
      best = { change: { operation, parameter, context, from: before, to: after }, mean: compared.mean };
  }
  return best?.change;
}

function reasoningOf(
  entity: string,
  count: number,
  { mean, peerMean, peers, eValue }: Comparison,
  change: SuggestedChange | undefined,
): string {
  const better =
    change === undefined
      ? ""
      : ` With ${change.parameter} at ${change.to} others were scored better than with ${change.from}.`;
  return (
    `${count} scores of ${entity} have a mean of ${mean.toFixed(2)}, the ${peers} of its peers one of ${peerMean.toFixed(2)}; ` +
    `the e-value is ${eValue > 1e6 ? "over a million" : eValue.toFixed(0)}.${better}`
  );
}

/** Sums in the order of ids: the same to the last digit in whatever order they arrived. */
function meanOf(scores: readonly EntityScore[]): number {
  const sorted = [...scores].sort((left, right) => (left.id < right.id ? -1 : 1));
  return sorted.reduce((sum, { score }) => sum + score, 0) / scores.length;
}

function mostCommon<Item extends { readonly id: string }>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
): Item | undefined {
  const groups = [...groupBy(items, nameOf)].sort(
    ([left, some], [right, others]) => others.length - some.length || (left < right ? -1 : 1),
  );
  return [...(groups[0]?.[1] ?? [])].sort((left, right) => (left.id < right.id ? -1 : 1))[0];
}

function groupBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}

function byArrival(left: EntityScore, right: EntityScore): number {
  return left.receivedAt - right.receivedAt || (left.id < right.id ? -1 : 1);
}

/**
 * One decision's acts, in the order they were made, before the evidence is looked at.
 *
 * An act that cannot be done is refused with a reason and changes nothing. What stands afterwards is kept by the decision itself:
 * an override or a freeze ends by the person's own word (a release, the end that was given with it) or where a person changes the
 * configuration so that it has no place any more; never by what was measured.
 */
import { type ContextId, canonicalContext, contextId, describeContext } from "@trimtab/conventions";
import type { ActOutcome, AdaptationTransition, ContextDecision, Reason } from "../decision/decision.ts";
import { type ContextMemory, newContextMemory } from "../decision/operation-state.ts";
import type { Serving } from "../decision/shares.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { describeSetting, type Setting } from "../policy/setting.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { Act } from "./act.ts";
import { actOnChange, byOrigin, byPerson, type ChangeAct } from "./change-acts.ts";
import { overrideOf, overrideProblem, type PeopleMemory } from "./people-memory.ts";
import type { ActOrigin, StandingOverride } from "./people-view.ts";
import { KEPT_BY_RESET, resetMemories, undoReset } from "./reset.ts";

/** The decision that the acts are a part of. */
export interface ActingTurn {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly now: number;
  readonly cycle: number;
  readonly contexts: Map<ContextId, ContextMemory>;
  readonly transitions: AdaptationTransition[];
  people: PeopleMemory;
  shared: ContextMemory["strategy"];
  readonly strategy: () => Strategy;
  /** Serves a context anew: what is served under an override is the override. */
  serve(id: ContextId, memory: ContextMemory, challengers: Serving["challengers"]): void;
  /** The context's decision is the act's, whatever the evidence says of it. */
  settle(id: ContextId, kind: ContextDecision["kind"], reason: Reason): void;
}

/** Takes what ends by itself, then the acts, then the reset that is due. */
export function takeActs(turn: ActingTurn, acts: readonly Act[]): ActOutcome[] {
  const outcomes: ActOutcome[] = [...expire(turn)];
  for (const act of acts) {
    const reason = take(turn, act);
    outcomes.push({ act: act.id, result: DONE.has(reason.code) ? "done" : "refused", reason });
  }
  outcomes.push(...scheduledReset(turn));
  return outcomes;
}

const DONE: ReadonlySet<Reason["code"]> = new Set([
  "PERSON_APPROVED",
  "PERSON_REJECTED",
  "PERSON_ROLLED_BACK",
  "PERSON_OVERRODE",
  "PERSON_RELEASED",
  "PERSON_FROZE",
  "PERSON_UNFROZE",
  "PERSON_RESET",
  "PERSON_UNDID_RESET",
  "ALERT_FROZE",
  "ALERT_UNFROZE",
  "ALERT_FREEZE_STAYS",
  "ALERT_ROLLED_BACK",
]);

function take(turn: ActingTurn, act: Act): Reason {
  switch (act.kind) {
    case "approve":
    case "reject":
    case "roll-back":
      return takeChange(turn, act);
    case "override":
      return takeOverride(turn, act);
    case "release":
      return release(turn, act);
    case "freeze":
      return freeze(turn, act);
    case "unfreeze":
      return unfreeze(turn, act);
    case "reset":
      return reset(turn, { keep: turn.policy.reset?.keep ?? KEPT_BY_RESET, lifts: true }, (kept) =>
        byPerson("PERSON_RESET", act, `reset what was learnt, which counts ${kept} from now on`),
      );
    case "undo-reset":
      return undo(turn, act);
  }
}

function takeChange(turn: ActingTurn, act: ChangeAct): Reason {
  const id = contextId(act.change.context);
  const memory = turn.contexts.get(id);
  if (memory === undefined || act.change.adaptations.length === 0) {
    const sentence = `There is no change ${act.change.changeId} in ${describeContext(act.change.context)}.`;
    return { code: "UNKNOWN_CHANGE", sentence };
  }
  const { policy, baseline, cycle } = turn;
  const isOverridden = overrideOf(turn.people, memory.context, policy.context) !== undefined;
  const overruled = alertOverruled(act, turn.people, isOverridden);
  if (overruled !== undefined) return overruled;
  const acted = actOnChange(act, memory, { policy, baseline, cycle, isOverridden });
  if ("refusal" in acted) return acted.refusal;
  turn.transitions.push(...acted.transitions);
  turn.serve(id, acted.memory, acted.challengers);
  turn.settle(id, acted.kind, acted.reason);
  return acted.reason;
}

function takeOverride(turn: ActingTurn, act: Extract<Act, { readonly kind: "override" }>): Reason {
  const { policy, baseline, now, people } = turn;
  const undeclared = Object.keys(act.context).find((key) => !policy.context.includes(key));
  if (undeclared !== undefined) {
    const sentence = `"${undeclared}" is no declared context key; declared: ${policy.context.join(", ") || "none"}.`;
    return { code: "UNKNOWN_CONTEXT", sentence };
  }
  const problem = overrideProblem(policy.parameters, act.values);
  if (problem !== undefined) return { code: "OUTSIDE_SPACE", sentence: `The override cannot be served: ${problem}.` };
  if (act.until !== undefined && !(act.until > now)) {
    return { code: "EXPIRY_PAST", sentence: "The override would have ended before it began." };
  }
  const context = canonicalContext(act.context, policy.context);
  const id = contextId(context);
  const { who, why, at, values, until } = act;
  const override: StandingOverride = {
    id: act.id,
    who,
    why,
    at,
    context,
    values,
    ...(until === undefined ? {} : { until }),
  };
  turn.people = { ...people, overrides: { ...people.overrides, [id]: override } };
  if (!turn.contexts.has(id)) turn.contexts.set(id, newContextMemory(policy, context, baseline));
  const reason = byPerson("PERSON_OVERRODE", act, `set ${describeSetting(values)} for ${describeContext(context)}`);
  serveBelow(turn, override, reason);
  return reason;
}

function release(turn: ActingTurn, act: Extract<Act, { readonly kind: "release" }>): Reason {
  const id = contextId(canonicalContext(act.context, turn.policy.context));
  const override = turn.people.overrides[id];
  if (override === undefined || Object.keys(act.context).some((key) => !turn.policy.context.includes(key))) {
    return { code: "NO_OVERRIDE", sentence: `There is no override of exactly ${describeContext(act.context)}.` };
  }
  const reason = byPerson("PERSON_RELEASED", act, `released the override of ${describeContext(override.context)}`);
  endOverride(turn, override, reason);
  return reason;
}

function* expire(turn: ActingTurn): Generator<ActOutcome> {
  for (const id of Object.keys(turn.people.overrides).sort()) {
    const override = turn.people.overrides[id] as StandingOverride;
    if (override.until === undefined || override.until > turn.now) continue;
    const sentence = `The override of ${describeContext(override.context)} by ${override.who} came to its end.`;
    const reason: Reason = { code: "OVERRIDE_EXPIRED", sentence };
    endOverride(turn, override, reason);
    yield { act: override.id, result: "ended", reason };
  }
}

/** What was in force before serves again, or the override of a wider context. */
function endOverride(turn: ActingTurn, override: StandingOverride, reason: Reason): void {
  const id = contextId(override.context);
  const { [id]: _, ...overrides } = turn.people.overrides;
  turn.people = { ...turn.people, overrides };
  serveBelow(turn, override, reason);
  // a context that was made for the override alone would stand between its calls and what wider contexts learn
  if (id !== "" && turn.contexts.get(id)?.lastSeen === 0) turn.contexts.delete(id);
}

function serveBelow(turn: ActingTurn, { context }: StandingOverride, reason: Reason): void {
  for (const [id, memory] of turn.contexts) {
    if (Object.entries(context).some(([key, value]) => memory.context[key] !== value)) continue;
    turn.serve(id, memory, []);
    turn.settle(id, turn.contexts.get(id)?.allocation === memory.allocation ? "hold" : "shift", reason);
  }
}

/** More alerts than these are not told apart: the freeze ends with those. */
const MOST_ALERTS = 100;

function freeze(turn: ActingTurn, act: Extract<Act, { readonly kind: "freeze" }>): Reason {
  const { frozen, alsoFrozenBy = [] } = turn.people;
  if (act.overruledAt !== undefined) return overruledBy("a person let the operation go on after the alert began");
  const { id, who, why, at, alert }: ActOrigin = act;
  const origin: ActOrigin = { id, who, why, at, ...(alert === undefined ? {} : { alert }) };
  if (frozen?.alert !== undefined && alert !== undefined && alsoFrozenBy.length + 1 < MOST_ALERTS) {
    turn.people = { ...turn.people, alsoFrozenBy: [...alsoFrozenBy, origin] };
    return { code: "ALERT_FROZE", sentence: `${who} holds the freeze of the operation, too: ${why}` };
  }
  // a person who freezes what alerts have frozen takes the freeze over: the end of the alerts does not end it
  if (frozen !== null && (frozen.alert === undefined || alert !== undefined))
    return { code: "ALREADY_FROZEN", sentence: `${frozen.who} froze the operation: ${frozen.why}` };
  turn.people = heldBy(turn.people, [origin]);
  return byOrigin(act, { person: "PERSON_FROZE", alert: "ALERT_FROZE" }, "froze the operation");
}

/** A person ends the freeze whoever holds it; an alert lets go of its own part, and the last one ends it. */
function unfreeze(turn: ActingTurn, act: Extract<Act, { readonly kind: "unfreeze" }>): Reason {
  const { frozen, alsoFrozenBy = [] } = turn.people;
  if (frozen === null) return { code: "NOT_FROZEN", sentence: "The operation is not frozen." };
  const holders = [frozen, ...alsoFrozenBy];
  const left = act.froze === undefined ? [] : holders.filter(({ id }) => id !== act.froze);
  if (left.length === holders.length) return overruledBy(`${frozen.who} froze it: ${frozen.why}`);
  turn.people = heldBy(turn.people, left);
  const [first] = left;
  if (first === undefined)
    return byOrigin(act, { person: "PERSON_UNFROZE", alert: "ALERT_UNFROZE" }, "let the operation go on");
  return {
    code: "ALERT_FREEZE_STAYS",
    sentence: `${act.why}; the operation stays frozen, because ${first.why}`,
  };
}

function heldBy(before: PeopleMemory, [first, ...others]: readonly ActOrigin[]): PeopleMemory {
  const { alsoFrozenBy: _, ...people } = before;
  return { ...people, frozen: first ?? null, ...(others.length === 0 ? {} : { alsoFrozenBy: others }) };
}

/** An alert takes no change back that a person approved, froze or covered with values of their own. */
function alertOverruled(act: ChangeAct, { frozen }: PeopleMemory, isOverridden: boolean): Reason | undefined {
  if (act.alert === undefined) return undefined;
  if (act.overruledAt !== undefined) return overruledBy(`a person approved the change ${act.change.changeId}`);
  if (isOverridden) return overruledBy("a person has set the values of the context");
  if (frozen !== null && frozen.alert === undefined) return overruledBy(`${frozen.who} froze it: ${frozen.why}`);
  return undefined;
}

function overruledBy(what: string): Reason {
  return { code: "ALERT_OVERRULED", sentence: `The alert changes nothing: ${what}.` };
}

function undo(turn: ActingTurn, act: Act): Reason {
  const { beforeReset } = turn.people;
  if (beforeReset === null || beforeReset.until < turn.now) {
    const sentence =
      beforeReset === null
        ? "There was no reset that could be undone."
        : "The time in which the reset could be undone is over.";
    return { code: "NOTHING_TO_UNDO", sentence };
  }
  turn.shared = beforeReset.shared;
  for (const [id, memory] of undoReset(beforeReset, turn.contexts)) turn.contexts.set(id, memory);
  turn.people = { ...turn.people, periodSince: beforeReset.since, beforeReset: null };
  return byPerson("PERSON_UNDID_RESET", act, "undid the reset, so that what was learnt before it counts again");
}

/** The policy's own reset. It waits while the operation is frozen, and takes nothing away that a person set. */
function* scheduledReset(turn: ActingTurn): Generator<ActOutcome> {
  const { policy, now } = turn;
  if (turn.people.beforeReset !== null && turn.people.beforeReset.until < now) {
    turn.people = { ...turn.people, beforeReset: null };
  }
  if (policy.reset === undefined) return;
  if (turn.people.periodSince === null) turn.people = { ...turn.people, periodSince: now };
  const { periodSince, frozen } = turn.people;
  if (frozen !== null || now < (periodSince ?? now) + policy.reset.everyMilliseconds) return;
  const reason = reset(turn, { keep: policy.reset.keep, lifts: false }, (kept) => ({
    code: "RESET_ON_SCHEDULE",
    sentence: `The reset was due: what was learnt counts ${kept} from now on, and the values in force stay.`,
  }));
  yield { act: "schedule", result: reason.code === "RESET_ON_SCHEDULE" ? "done" : "refused", reason };
}

function reset(
  turn: ActingTurn,
  { keep, lifts }: { readonly keep: number; readonly lifts: boolean },
  reasonFor: (kept: string) => Reason,
): Reason {
  const { contexts, shared, now, people } = turn;
  try {
    const since = people.periodSince ?? now;
    const after = resetMemories({ shared, contexts }, { strategy: turn.strategy(), keep, lifts, now, since });
    turn.shared = after.shared;
    for (const [id, memory] of after.contexts) contexts.set(id, memory);
    turn.people = { ...people, periodSince: now, beforeReset: after.before };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { code: "INTERNAL_ERROR", sentence: `The strategy could not reset what it learnt: ${text}` };
  }
  return reasonFor(`${Number((keep * 100).toPrecision(3))} %`);
}

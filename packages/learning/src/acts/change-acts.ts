/** Approving, rejecting and rolling back a change, for one context. */
import { parameterValuesProblems } from "@trimtab/conventions";
import type { AdaptationTransition, ContextDecision, Reason } from "../decision/decision.ts";
import type { ContextMemory } from "../decision/operation-state.ts";
import { challengersOf } from "../decision/serve-context.ts";
import type { Serving } from "../decision/shares.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { describeSetting, type Setting, settingOf } from "../policy/setting.ts";
import type { Act } from "./act.ts";
import { withRejected } from "./reset.ts";

/** An act about a change. */
export type ChangeAct = Extract<Act, { readonly kind: "approve" | "reject" | "roll-back" }>;

/** What an act comes to: a refusal, or what the context is from now on. */
export type ChangeActed =
  | { readonly refusal: Reason }
  | {
      readonly memory: ContextMemory;
      readonly challengers: Serving["challengers"];
      readonly kind: ContextDecision["kind"];
      readonly reason: Reason;
      readonly transitions: readonly AdaptationTransition[];
    };

/** What acting depends on beside the act and its context. */
export interface ChangeActing {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly cycle: number;
  readonly isOverridden: boolean;
}

/** Acts on a change. Nothing is changed where the change has another status than the act needs. */
export function actOnChange(act: ChangeAct, memory: ContextMemory, acting: ChangeActing): ChangeActed {
  if (act.kind === "roll-back") return rollBackChange(act, memory, acting);
  const { suggestion } = memory;
  if (suggestion === null || suggestion.changeId !== act.change.changeId) {
    const [first] = act.change.adaptations;
    const sentence = `The change ${act.change.changeId} is ${first?.status ?? "unknown"} and does not wait for a person.`;
    return { refusal: { code: "CHANGE_NOT_OPEN", sentence } };
  }
  return act.kind === "approve" ? approve(act, memory, suggestion, acting) : reject(act, memory, suggestion);
}

type Suggestion = NonNullable<ContextMemory["suggestion"]>;

function approve(act: ChangeAct, memory: ContextMemory, suggestion: Suggestion, acting: ChangeActing): ChangeActed {
  const { policy, baseline, cycle, isOverridden } = acting;
  if (isOverridden) {
    const sentence = "The context is overridden, so the change would not be served; release the override first.";
    return { refusal: { code: "CONTEXT_OVERRIDDEN", sentence } };
  }
  const changed = act.change.adaptations.map(({ parameter, newValue }) => [parameter, newValue] as const);
  const to = settingOf({ ...memory.incumbent.parameters, ...Object.fromEntries(changed) }, baseline);
  const problem = outsideSpace(policy, to);
  if (problem !== undefined) return { refusal: problem };
  const reason = byPerson("PERSON_APPROVED", act, `approved ${describeSetting(to.parameters)}`);
  const replaced: Reason = { code: "REPLACED", sentence: "A person approved a newer change of the same parameter." };
  const transitions: AdaptationTransition[] = [];
  const applied = { ...memory.applied };
  for (const { id, parameter } of act.change.adaptations) {
    const older = applied[parameter];
    if (older !== undefined) transitions.push({ id: older, status: "superseded", reason: replaced });
    applied[parameter] = id;
    transitions.push({ id, status: "approved", reason }, { id, status: "applied", reason });
  }
  const rejected = (memory.rejected ?? []).filter((variant) => variant !== to.id);
  const after: ContextMemory = {
    ...withRejected(memory, rejected),
    incumbent: to,
    experiment: memory.experiment + 1,
    harm: [],
    applied,
    suggestion: null,
    adoptions: [...memory.adoptions, { variant: suggestion.variant, cycle }],
  };
  return { memory: after, challengers: challengersBut(memory, to.id), kind: "adapt", reason, transitions };
}

function reject(act: ChangeAct, memory: ContextMemory, suggestion: Suggestion): ChangeActed {
  const reason = byPerson("PERSON_REJECTED", act, `rejected the change ${suggestion.changeId}`);
  const after = { ...rejecting(memory, suggestion.variant), suggestion: null };
  const transitions = suggestion.ids.map((id) => ({ id, status: "rejected" as const, reason }));
  return { memory: after, challengers: challengersBut(memory, suggestion.variant), kind: "hold", reason, transitions };
}

/** Back to the values before the change, of those of its parameters that no newer change has taken over. */
function rollBackChange(act: ChangeAct, memory: ContextMemory, { policy, baseline }: ChangeActing): ChangeActed {
  const inForce = act.change.adaptations.filter(({ id, parameter }) => memory.applied[parameter] === id);
  if (inForce.length === 0) {
    const [first] = act.change.adaptations;
    const sentence = `The change ${act.change.changeId} is ${first?.status ?? "unknown"}, so there is nothing to roll back.`;
    return { refusal: { code: "CHANGE_NOT_APPLIED", sentence } };
  }
  const old = Object.fromEntries(inForce.map(({ parameter, oldValue }) => [parameter, oldValue]));
  const to = settingOf({ ...memory.incumbent.parameters, ...old }, baseline);
  const problem = outsideSpace(policy, to);
  if (problem !== undefined) return { refusal: problem };
  const codes = { person: "PERSON_ROLLED_BACK", alert: "ALERT_ROLLED_BACK" } as const;
  const reason = byOrigin(act, codes, `rolled back to ${describeSetting(to.parameters)}`);
  const withdrawn: Reason = {
    code: "SUGGESTION_WITHDRAWN",
    sentence: "A person rolled back the values that it was compared with.",
  };
  const transitions: AdaptationTransition[] = [
    ...inForce.map(({ id }) => ({ id, status: "rolled-back" as const, reason })),
    ...(memory.suggestion?.ids ?? []).map((id) => ({ id, status: "superseded" as const, reason: withdrawn })),
  ];
  const gone = new Set(inForce.map(({ parameter }) => parameter));
  const applied = Object.fromEntries(Object.entries(memory.applied).filter(([parameter]) => !gone.has(parameter)));
  const after: ContextMemory = {
    ...rejecting(memory, memory.incumbent.id),
    incumbent: to,
    experiment: memory.experiment + 1,
    harm: [],
    applied,
    suggestion: null,
  };
  return { memory: after, challengers: [], kind: "roll-back", reason, transitions };
}

/** The reason of an act that was done: who, what and why. */
export function byPerson(code: Reason["code"], { who, why }: Act, what: string): Reason {
  return { code, sentence: `${who} ${what}: ${why}` };
}

/** A sentence with whoever acted and why, with the code of people or that of alerts. */
export function byOrigin(
  act: Act,
  { person, alert }: { readonly person: Reason["code"]; readonly alert: Reason["code"] },
  what: string,
): Reason {
  return byPerson(act.alert === undefined ? person : alert, act, what);
}

/** What a person turned down is not tried again: nothing automatic undoes a person. */
function rejecting(memory: ContextMemory, variant: string): ContextMemory {
  return withRejected(memory, [...new Set([...(memory.rejected ?? []), variant])]);
}

function challengersBut({ allocation }: ContextMemory, variant: string): Serving["challengers"] {
  return challengersOf(allocation.variants).filter(({ setting }) => setting.id !== variant);
}

function outsideSpace(policy: OperationPolicy, to: Setting): Reason | undefined {
  const [problem] = parameterValuesProblems(policy.parameters, to.parameters);
  if (problem === undefined) return undefined;
  return { code: "OUTSIDE_SPACE", sentence: `${problem.path.join(".")} ${problem.message}.` };
}

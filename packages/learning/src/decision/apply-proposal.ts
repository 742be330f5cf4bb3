/**
 * From what a strategy proposes for a context to what happens: the gate of mode and confidence, the limits of a single step, and
 * the records.
 */
import { canonicalJson, contextId, type Json, shortDigest } from "@trimtab/conventions";
import type { GuardrailSubject } from "../guardrails/guardrail.ts";
import { objectionOf } from "../guardrails/guardrails.ts";
import { OSCILLATION_CYCLES, OSCILLATION_REST_CYCLES } from "../guardrails/oscillation.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { describeSetting, type Setting, settingOf } from "../policy/setting.ts";
import type { ContextProposal, ProposedChange } from "../strategies/strategy.ts";
import type { Adaptation, AdaptationTransition, ContextDecision, ExperimentPlace, Reason } from "./decision.ts";
import type { ContextMemory } from "./operation-state.ts";
import { barredVariants, withBaseline } from "./roll-back.ts";
import type { Serving } from "./shares.ts";

/** What a proposal comes to. */
export interface ProposalOutcome {
  readonly memory: ContextMemory;
  readonly kind: ContextDecision["kind"];
  readonly reason: Reason;
  readonly refused: ContextDecision["refused"];
  readonly adaptations: readonly Adaptation[];
  readonly transitions: readonly AdaptationTransition[];
  /** Undefined where what is served stays. */
  readonly challengers?: Serving["challengers"];
}

/** What applying depends on beside the context. */
export interface Applying {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly now: number;
  readonly cycle: number;
  /** The arm of an experiment that the changes are served in. */
  readonly place?: ExperimentPlace | undefined;
}

/** Will a change of this confidence be applied under the policy, or only suggested? */
export function mayApply(policy: OperationPolicy, confidence: number): boolean {
  return policy.mode === "auto" && confidence >= policy.confidence;
}

/** Applies, suggests or refuses what was proposed. */
export function applyProposal(before: ContextMemory, proposal: ContextProposal, applying: Applying): ProposalOutcome {
  const { baseline } = applying;
  const refused = [...proposal.refused];
  const change = proposal.change === undefined ? undefined : withAlternatives(before, proposal.change, refused);
  const changed = change === undefined ? undefined : applyChange(before, change, applying, refused);
  const outcome = changed ?? withdraw(before, proposal);
  const memory: ContextMemory = { ...outcome.memory, strategy: proposal.memory };
  const challengers: { setting: Setting; weight: number }[] = [];
  for (const { parameters, weight } of proposal.challengers ?? []) {
    const setting = settingOf(parameters, baseline);
    // what rests was decided before the proposal; how far it may go depends on the incumbent after it
    const problem = objectionOf("refuse", asked({ ...before, incumbent: memory.incumbent }, setting, applying));
    const isServed = setting.id === baseline.id || setting.id === memory.incumbent.id;
    if (problem !== undefined) refused.push({ variant: setting.id, reason: problem });
    else if (!isServed && challengers.every((other) => other.setting.id !== setting.id))
      challengers.push({ setting, weight });
  }
  const isServing = proposal.challengers !== undefined || changed?.kind === "adapt" || changed?.kind === "roll-back";
  refused.push(...(proposal.undecided ?? []));
  return { ...outcome, memory, refused, ...(isServing ? { challengers } : {}) };
}

/** The change with what was refused beside it in its basis: whoever asks later why it was made asks also why nothing else was. */
function withAlternatives(
  { allocation }: ContextMemory,
  change: ProposedChange,
  refused: ProposalOutcome["refused"],
): ProposedChange {
  if (refused.length === 0) return change;
  const alternatives = refused.map(({ variant, reason }) => {
    const parameters = allocation.variants.find(({ id }) => id === variant)?.parameters;
    return { variant, ...(parameters === undefined ? {} : { parameters }), reason };
  });
  return { ...change, basis: { ...change.basis, refused: alternatives } };
}

/** Why a strategy may give an incumbent up for the base values, whatever the mode. */
const RETREATS: ReadonlySet<string> = new Set(["HOLDOUT_IS_BETTER", "LIMIT_UNPROVEN"]);

function applyChange(
  before: ContextMemory,
  change: ProposedChange,
  applying: Applying,
  refused: { variant: string; reason: Reason }[],
): Omit<ProposalOutcome, "refused"> | undefined {
  const { policy, baseline, cycle } = applying;
  const to = settingOf(change.to, baseline);
  if (to.id === before.incumbent.id) return undefined;
  if (to.id === baseline.id && RETREATS.has(change.reason.code)) return retreat(before, change, baseline, cycle);
  const subject = asked(before, to, applying);
  const problem = objectionOf("refuse", subject);
  if (problem !== undefined) {
    refused.push({ variant: to.id, reason: problem });
    return undefined;
  }
  const unrest = objectionOf("rest", subject);
  if (unrest !== undefined) {
    refused.push({ variant: to.id, reason: unrest });
    return { memory: rest(before, to.id, cycle), kind: "hold", reason: unrest, adaptations: [], transitions: [] };
  }
  if (mayApply(policy, change.confidence)) return adapt(before, change, to, applying);
  const gate = gateReason(policy, change.confidence);
  if (before.suggestion?.variant === to.id) {
    const reason: Reason = {
      code: "SUGGESTION_OPEN",
      sentence: `${describeSetting(to.parameters)} is suggested already. ${gate.sentence}`,
    };
    return { memory: before, kind: "hold", reason, adaptations: [], transitions: [] };
  }
  const adaptations = recordsOf(before, change, to, "suggested", applying);
  const suggestion = { changeId: adaptations[0]?.changeId ?? "", variant: to.id, ids: adaptations.map(({ id }) => id) };
  const reason: Reason = { code: gate.code, sentence: `${change.reason.sentence} ${gate.sentence}` };
  return {
    memory: { ...before, suggestion },
    kind: "suggest",
    reason,
    adaptations,
    transitions: supersede(before, REPLACED),
  };
}

/** The variant may not run for a while, so that its calls go to what serves. */
function rest(before: ContextMemory, variant: string, cycle: number): ContextMemory {
  const bar = { until: cycle + OSCILLATION_REST_CYCLES, cycles: OSCILLATION_REST_CYCLES };
  return { ...before, bars: { ...before.bars, [variant]: bar } };
}

function adapt(
  before: ContextMemory,
  change: ProposedChange,
  to: Setting,
  applying: Applying,
): Omit<ProposalOutcome, "refused"> {
  const { cycle } = applying;
  const adaptations = recordsOf(before, change, to, "applied", applying);
  const transitions: AdaptationTransition[] = [...supersede(before, REPLACED)];
  const applied = { ...before.applied };
  for (const { id, parameter } of adaptations) {
    const older = applied[parameter];
    if (older !== undefined) transitions.push({ id: older, status: "superseded", reason: REPLACED });
    applied[parameter] = id;
  }
  const recent = before.adoptions.filter((adoption) => adoption.cycle > cycle - OSCILLATION_CYCLES);
  const memory = {
    ...before,
    incumbent: to,
    experiment: before.experiment + 1,
    harm: [],
    applied,
    suggestion: null,
    adoptions: [...recent, { variant: to.id, cycle }],
  };
  return { memory, kind: "adapt", reason: change.reason, adaptations, transitions };
}

function retreat(
  before: ContextMemory,
  change: ProposedChange,
  baseline: Setting,
  cycle: number,
): Omit<ProposalOutcome, "refused"> {
  const transitions: AdaptationTransition[] = [
    ...Object.values(before.applied).map((id) => ({ id, status: "rolled-back" as const, reason: change.reason })),
    ...supersede(before, WITHDRAWN),
  ];
  const memory = { ...withBaseline(before, baseline, cycle), suggestion: null };
  return { memory, kind: "roll-back", reason: change.reason, adaptations: [], transitions };
}

/** No change is proposed: an open suggestion whose variant no longer runs is withdrawn. */
function withdraw(before: ContextMemory, proposal: ContextProposal): Omit<ProposalOutcome, "refused"> {
  const { suggestion } = before;
  const kind = proposal.challengers === undefined ? "hold" : "shift";
  const isDropped = suggestion !== null && proposal.refused.some((refusal) => refusal.variant === suggestion.variant);
  if (!isDropped) return { memory: before, kind, reason: proposal.reason, adaptations: [], transitions: [] };
  return {
    memory: { ...before, suggestion: null },
    kind,
    reason: proposal.reason,
    adaptations: [],
    transitions: supersede(before, WITHDRAWN),
  };
}

const REPLACED: Reason = {
  code: "REPLACED",
  sentence: "A newer change of the same parameter and context took its place.",
};
const WITHDRAWN: Reason = { code: "SUGGESTION_WITHDRAWN", sentence: "The evidence does not speak for it any more." };

function supersede(before: ContextMemory, reason: Reason): AdaptationTransition[] {
  return (before.suggestion?.ids ?? []).map((id) => ({ id, status: "superseded", reason }));
}

/** What guardrails are asked about a setting that is not served yet. */
function asked(memory: ContextMemory, setting: Setting, { policy, baseline, cycle }: Applying): GuardrailSubject {
  const { incumbent } = memory;
  const barred = barredVariants(memory, cycle);
  return { policy, baseline, incumbent, setting, memory, measured: new Map(), barred, cycle };
}

function gateReason(policy: OperationPolicy, confidence: number): Reason {
  return policy.mode === "auto"
    ? {
        code: "CONFIDENCE_TOO_LOW",
        sentence: `The confidence of ${confidence.toFixed(3)} is under the threshold of ${policy.confidence}; a person decides.`,
      }
    : { code: "MODE_IS_SUGGEST", sentence: "The operation is in mode suggest; a person decides." };
}

/** One record per parameter that changes. The ids are made of what the records say, so a replay gives the same. */
function recordsOf(
  before: ContextMemory,
  change: ProposedChange,
  to: Setting,
  status: "applied" | "suggested",
  { policy, now, place }: Applying,
): Adaptation[] {
  const { component, operation } = policy;
  const id = contextId(before.context);
  const { window } = change.basis;
  const armKey = place === undefined ? [] : [place.name, place.arm]; // both arms may find the same in the same window
  const content = (...more: readonly Json[]): string =>
    shortDigest(canonicalJson([component, operation, id, window.from, window.to, now, ...armKey, ...more]));
  const changeId = `c-${content(before.incumbent.id, to.id)}`;
  const names = Object.keys(policy.parameters).filter(
    (name) => before.incumbent.parameters[name] !== to.parameters[name],
  );
  return names.flatMap((parameter) => {
    const oldValue = before.incumbent.parameters[parameter];
    const newValue = to.parameters[parameter];
    if (oldValue === undefined || newValue === undefined) return [];
    const { confidence, reason, basis } = change;
    const record = { changeId, at: now, component, operation, context: before.context, parameter, oldValue, newValue };
    const adaptation = {
      id: `a-${content(parameter, oldValue, newValue)}`,
      ...record,
      confidence,
      reason,
      basis,
      status,
    };
    return [place === undefined ? adaptation : { ...adaptation, experiment: place }];
  });
}

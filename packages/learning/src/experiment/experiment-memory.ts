/**
 * What an experiment remembers, and how it begins, goes on and ends.
 *
 *   none      -> running   the control keeps what was learnt, the treatment starts anew; under a freeze, when it has ended
 *   running   -> running   another share: both arms keep what they learnt; another objective, limit, space or own strategy:
 *                          the comparison restarts
 *   running   -> none      the operation's strategy is the treatment's now: the treatment is kept; else the control is.
 *                          What the other arm had applied is rolled back, what it had suggested is superseded
 *   running   -> another   by way of none
 */
import { type ContextId, canonicalJson, type Json, shortDigest } from "@trimtab/conventions";
import type { DecideInput } from "../decision/decide-input.ts";
import type { AdaptationTransition, Arm, ExperimentEnd, Reason } from "../decision/decision.ts";
import {
  type ContextMemory,
  closeMemory,
  digestsOf,
  newContextMemory,
  type OperationMemory,
  type OperationState,
  openMemory,
} from "../decision/operation-state.ts";
import { type DispersionSums, NO_DISPERSION } from "../evidence/over-dispersion.ts";
import type { Trouble } from "../guardrails/common-trouble.ts";
import { NO_SAMPLE_RATIO } from "../guardrails/sample-ratio.ts";
import type { ExperimentPolicy, OperationPolicy, StrategyChoice } from "../policy/policy.ts";
import { baselineOf, type Setting } from "../policy/setting.ts";
import { type ArmContrastSums, armContrast, type ExperimentArm } from "./arm-contrast.ts";

/** The control's part and the treatment's. */
export type ServedArms = readonly [ExperimentArm, ExperimentArm];

/** A context as all its calls together show it; JSON. */
export type WholeContext = {
  /** Its allocation is what is served; the strategy's part of it is not used. */
  readonly memory: ContextMemory;
  readonly arms: ServedArms;
  /** Before the last change of what is served: evidence arrives later than a change. */
  readonly armsBefore: ServedArms;
};

/** What an experiment remembers; JSON. */
export type ExperimentMemory = {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Id and digest of the control's strategy and of the treatment's. */
  readonly strategies: readonly [StrategyName, StrategyName];
  /** Digest of what both arms aim at: when it changes, the comparison restarts. */
  readonly aims: string;
  /** Milliseconds since 1970: the comparison's begin. */
  readonly since: number;
  readonly treatment: OperationMemory;
  readonly dispersion: DispersionSums;
  /** By constraint: does the whole operation miss the limit? Absent before the first cycle. */
  readonly trouble?: readonly Trouble[];
  readonly contexts: Readonly<Record<ContextId, WholeContext>>;
  readonly sums: ArmContrastSums | null;
};

type StrategyName = { readonly kind: string; readonly digest: string };

/** The state of an operation, taken apart. */
export interface OpenedExperiment {
  /** The state of the control, or of the operation where no experiment runs; undefined at the very first cycle. */
  readonly control: OperationState | undefined;
  /** Absent where no experiment runs. */
  readonly experiment?: ExperimentMemory;
  readonly transitions: readonly AdaptationTransition[];
  readonly ended?: ExperimentEnd;
}

/** Takes the state apart under a policy: an experiment that the policy does not name ends, one that is new begins. */
export function openExperiment({ policy, state, now }: DecideInput): OpenedExperiment {
  const stored = state?.["experiment"] as ExperimentMemory | undefined;
  const { experiment: wanted } = policy;
  if (stored !== undefined && wanted !== undefined && isSame(stored, wanted)) {
    return { control: withoutExperiment(state), experiment: goOn(stored, policy, now), transitions: [] };
  }
  const closed = stored === undefined ? undefined : endExperiment(stored, state, policy, now);
  const control = closed === undefined ? withoutExperiment(state) : closed.kept;
  const rest = { transitions: closed?.transitions ?? [], ...(closed === undefined ? {} : { ended: closed.ended }) };
  // under a freeze what is served stays as it is: the experiment waits
  if (wanted === undefined || (control as OperationMemory | undefined)?.people?.frozen) return { control, ...rest };
  return { control: settled(control, now), experiment: begin(policy, wanted, control, now), ...rest };
}

/** The policy of one arm, as its strategy sees it. */
export function policyOfArm({ experiment, ...policy }: OperationPolicy, arm: Arm): OperationPolicy {
  return arm === "treatment" && experiment !== undefined ? { ...policy, strategy: experiment.treatment } : policy;
}

/** An arm that serves the base values only. */
export function baselineArm({ id, parameters }: Setting, share: number): ExperimentArm {
  return { share, variants: [{ id, role: "baseline", weight: 1, parameters }] };
}

function isSame(stored: ExperimentMemory, { name, treatment }: ExperimentPolicy): boolean {
  return stored.name === name && stored.strategies[1].digest === digestOf(treatment);
}

function goOn(stored: ExperimentMemory, policy: OperationPolicy, now: number): ExperimentMemory {
  const aims = aimsOf(policy);
  if (stored.aims === aims) return stored;
  const strategies = [nameOf(policy.strategy), stored.strategies[1]] as const;
  return { ...stored, strategies, aims, since: now, dispersion: NO_DISPERSION, contexts: {}, sums: null };
}

function begin(
  policy: OperationPolicy,
  { name, treatment }: ExperimentPolicy,
  state: OperationState | undefined,
  now: number,
): ExperimentMemory {
  const baseline = baselineOf(policy.parameters);
  const control = openMemory(policyOfArm(policy, "control"), state).memory;
  const fresh = openMemory(policyOfArm(policy, "treatment"), undefined).memory;
  const contexts = Object.entries(control.contexts).map(([id, memory]): [ContextId, WholeContext] => {
    // until now the operation's strategy had all calls
    const alone = [{ share: 1, variants: memory.allocation.variants }, baselineArm(baseline, 0)] as const;
    return [id, { memory: asWhole(memory, baseline), arms: alone, armsBefore: alone }];
  });
  return {
    name,
    startedAt: now,
    strategies: [nameOf(policy.strategy), nameOf(treatment)],
    aims: aimsOf(policy),
    since: now,
    treatment: {
      ...fresh,
      cycle: control.cycle,
      contexts: Object.fromEntries(
        Object.entries(control.contexts).map(([id, { context, lastSeen }]) => [
          id,
          { ...newContextMemory(policy, context, baseline), lastSeen },
        ]),
      ),
      // what a person set holds for all calls
      ...(control.people === undefined ? {} : { people: { ...control.people, beforeReset: null } }),
    },
    dispersion: control.dispersion,
    contexts: Object.fromEntries(contexts),
    sums: null,
  };
}

/** What was measured of all calls so far goes on to be: limits stay as watchful as they were. */
function asWhole(memory: ContextMemory, baseline: Setting): ContextMemory {
  return { ...memory, incumbent: baseline, harm: [], lift: null, applied: {}, suggestion: null, strategy: null };
}

function endExperiment(
  stored: ExperimentMemory,
  state: OperationState | undefined,
  policy: OperationPolicy,
  now: number,
): { kept: OperationState | undefined; transitions: AdaptationTransition[]; ended: ExperimentEnd } {
  const [control, treatment] = stored.strategies;
  const chosen = digestOf(policy.strategy);
  const keepsTreatment = chosen === treatment.digest && chosen !== control.digest;
  const controlMemory = withoutExperiment(state) as OperationMemory | undefined;
  const dropped = keepsTreatment ? controlMemory : stored.treatment;
  const kept = keepsTreatment ? closeMemory(stored.treatment) : withoutExperiment(state);
  const [winner, loser] = keepsTreatment
    ? [`treatment (${treatment.kind})`, "control"]
    : [`control (${control.kind})`, "treatment"];
  const reason: Reason = {
    code: "EXPERIMENT_ENDED",
    sentence: `The experiment "${stored.name}" ended: the ${winner} has all calls again, and what the ${loser} had changed is not served any more.`,
  };
  const difference = armContrast(stored.sums ?? undefined, policy.objective.feedback?.weight);
  return {
    kept: settled(kept, now),
    transitions: Object.values(dropped?.contexts ?? {}).flatMap(({ applied, suggestion }) => [
      ...Object.values(applied).map((id) => ({ id, status: "rolled-back" as const, reason })),
      ...(suggestion?.ids ?? []).map((id) => ({ id, status: "superseded" as const, reason })),
    ]),
    ended: {
      name: stored.name,
      startedAt: stored.startedAt,
      kept: keepsTreatment ? "treatment" : "control",
      ...(difference === undefined ? {} : { difference }),
      windows: stored.sums?.windows ?? 0,
      reason,
    },
  };
}

/** The strategy's share changes although what it serves does not: what arrives now may still be from before. */
function settled(state: OperationState | undefined, now: number): OperationState | undefined {
  if (state === undefined) return undefined;
  const memory = state as unknown as OperationMemory;
  const contexts = Object.entries(memory.contexts).map(([id, context]): [ContextId, ContextMemory] => [
    id,
    { ...context, changedAt: now, previous: context.allocation.variants, ratio: NO_SAMPLE_RATIO },
  ]);
  return closeMemory({ ...memory, contexts: Object.fromEntries(contexts) });
}

function withoutExperiment(state: OperationState | undefined): OperationState | undefined {
  if (state === undefined) return undefined;
  const { experiment: _, ...control } = state;
  return control as OperationState;
}

function aimsOf(policy: OperationPolicy): string {
  const control = digestsOf(policyOfArm(policy, "control"));
  const treatment = digestsOf(policyOfArm(policy, "treatment"));
  return digestOf([control.space, control.aims, treatment.aims]);
}

function nameOf(strategy: StrategyChoice): StrategyName {
  return { kind: strategy.kind, digest: digestOf(strategy) };
}

function digestOf(value: unknown): string {
  return shortDigest(canonicalJson(value as Json));
}

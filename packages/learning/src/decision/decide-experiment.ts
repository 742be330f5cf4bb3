/**
 * One cycle of an operation whose policy has, or whose state had, an experiment: each arm decides for its own calls by the same
 * judgement as an operation without one, and both are served side by side.
 *
 *     limits and sample ratio of all calls -> control on its part of the evidence -> treatment on its part -> compare, compose
 *
 * What holds for the whole operation: a variant that breaks a limit in the calls of both arms together is taken back in both; a
 * sample ratio that does not fit holds both; roll-backs of both count together for the breaker of the arm that does the next one; the
 * variant that was taken back in one arm, or turned down by a person, is not tried in the other; the holdout is one; challengers have no more of all calls than one strategy alone could give them.
 */
import { type ContextId, contextId } from "@trimtab/conventions";
import { withRejected } from "../acts/reset.ts";
import { type JudgedEvidence, judgeEvidence } from "../evidence/evidence-quality.ts";
import { splitEvidence } from "../experiment/arm-evidence.ts";
import { type ExperimentMemory, openExperiment, policyOfArm } from "../experiment/experiment-memory.ts";
import { reportOf } from "../experiment/verdict.ts";
import { observeWhole, serveBoth, unseenArms } from "../experiment/whole-operation.ts";
import { baselineOf } from "../policy/setting.ts";
import type { ArmGuard, DecideArm } from "./arm-guard.ts";
import type { DecideInput, DecideOutput } from "./decide-input.ts";
import type { Arm, ContextDecision, Decision } from "./decision.ts";
import type { WholeContextFindings } from "./observe-context.ts";
import { type ContextMemory, closeMemory, type OperationMemory, type OperationState } from "./operation-state.ts";
import { roundedHoldout } from "./shares.ts";

/** Does an experiment run, or did one run in the last cycle? */
export function isExperimenting({ policy, state }: DecideInput): boolean {
  return policy.experiment !== undefined || state?.["experiment"] !== undefined;
}

/**
 * Decides one cycle of an operation under an experiment.
 *
 * @param decideArm Decides for one strategy.
 */
export function decideExperiment(input: DecideInput, decideArm: DecideArm): DecideOutput {
  const opened = openExperiment(input);
  const ending = opened.ended === undefined ? {} : { experimentEnded: opened.ended };
  if (opened.experiment === undefined) {
    const { decision, state } = decideArm({ ...input, state: opened.control });
    return {
      decision: { ...decision, transitions: [...opened.transitions, ...decision.transitions], ...ending },
      state,
    };
  }
  const both = decideBoth(input, opened.control, opened.experiment, decideArm);
  const transitions = [...opened.transitions, ...both.decision.transitions];
  return { decision: { ...both.decision, transitions, ...ending }, state: both.state };
}

function decideBoth(
  input: DecideInput,
  state: OperationState | undefined,
  opened: ExperimentMemory,
  decideArm: DecideArm,
): DecideOutput {
  const { policy, evidence, now, seed } = input;
  const baseline = baselineOf(policy.parameters);
  const judged = judgeEvidence(evidence, policy.context);
  const cycle = opened.treatment.cycle + 1;
  const whole = { policy, baseline, window: evidence.window, cycle };
  const { memory: observed, findings } =
    "unusable" in judged ? { memory: opened, findings: NOTHING_FOUND } : observeWhole(opened, judged.contexts, whole);
  const [ofControl, ofTreatment] = splitEvidence(evidence, {
    contextKeys: policy.context,
    contexts: opened.contexts,
    unusable: unusableContexts(judged),
    unseen: unseenArms(policy, baseline),
    baseline: baseline.id,
    holdout: roundedHoldout(policy.holdout),
  });
  const guardOf = (arm: Arm): ArmGuard => ({
    place: { name: opened.name, startedAt: opened.startedAt, arm },
    contexts: findings,
  });
  const memories = withCommonMemory(state as OperationMemory | undefined, opened.treatment);
  const control = decideArm(
    { ...input, policy: policyOfArm(policy, "control"), state: memories.control, evidence: ofControl },
    guardOf("control"),
  );
  const treatment = decideArm(
    {
      ...input,
      policy: policyOfArm(policy, "treatment"),
      state: memories.treatment,
      evidence: ofTreatment,
      seed: `${seed} treatment`, // the same strategy in both arms must not draw the same
    },
    guardOf("treatment"),
  );
  const arms = [control.decision.allocations, treatment.decision.allocations] as const;
  const served = serveBoth(observed, arms, { ...whole, now, decision: control.decision.id });
  const memory: ExperimentMemory = { ...served.memory, treatment: treatment.state as unknown as OperationMemory };
  return {
    decision: {
      ...control.decision,
      contexts: contextsOfBoth(control.decision, treatment.decision),
      adaptations: [...control.decision.adaptations, ...treatment.decision.adaptations],
      transitions: [...control.decision.transitions, ...treatment.decision.transitions],
      allocations: served.allocations,
      mayExplore: control.decision.mayExplore || treatment.decision.mayExplore,
      experiment: reportOf(memory, policy),
      ...actsOfBoth(control.decision, treatment.decision),
    },
    state: { ...control.state, experiment: memory as unknown as OperationState },
  };
}

function unusableContexts(judged: JudgedEvidence): ReadonlySet<ContextId> {
  if ("unusable" in judged) return new Set();
  return new Set([...judged.contexts].flatMap(([id, { unusable }]) => (unusable === undefined ? [] : [id])));
}

const NOTHING_FOUND: ReadonlyMap<ContextId, WholeContextFindings> = new Map();

/** Each context with the control's decision, then the treatment's. */
function contextsOfBoth(control: Decision, treatment: Decision): ContextDecision[] {
  const ofContext = new Map<ContextId, ContextDecision[]>();
  const sort = (arm: Arm, decisions: readonly ContextDecision[]): void => {
    for (const { context, ...decision } of decisions) {
      const id = contextId(context);
      ofContext.set(id, [...(ofContext.get(id) ?? []), { context, arm, ...decision }]);
    }
  };
  sort("control", control.contexts);
  sort("treatment", treatment.contexts);
  return [...ofContext].sort(([left], [right]) => (left < right ? -1 : 1)).flatMap(([, decisions]) => decisions);
}

/** A change is one arm's, so an act is done where one of them did it; the other refuses what it does not know. */
function actsOfBoth({ acts }: Decision, treatment: Decision): Pick<Decision, "acts"> {
  if (acts === undefined) return treatment.acts === undefined ? {} : { acts: treatment.acts };
  const others = new Map((treatment.acts ?? []).map((outcome) => [outcome.act, outcome]));
  return { acts: acts.map((own) => (own.result === "refused" ? (others.get(own.act) ?? own) : own)) };
}

/**
 * Roll-backs of one arm count for the other: three within the breaker's time are three, whoever did them. What was taken back in one
 * arm rests in the other too, and what a person turned down in one is not tried in the other.
 */
function withCommonMemory(
  control: OperationMemory | undefined,
  treatment: OperationMemory,
): { control: OperationState | undefined; treatment: OperationState } {
  const shared = (own: OperationMemory, other: OperationMemory): OperationState => {
    const contexts = Object.entries(own.contexts).map(([id, context]): [ContextId, ContextMemory] => {
      const beside = other.contexts[id];
      return [id, beside === undefined ? context : withOther(context, beside)];
    });
    return closeMemory({ ...own, contexts: Object.fromEntries(contexts) });
  };
  if (control === undefined) return { control: undefined, treatment: closeMemory(treatment) };
  return { control: shared(control, treatment), treatment: shared(treatment, control) };
}

function withOther(own: ContextMemory, other: ContextMemory): ContextMemory {
  const rollBacks = [...new Set([...own.rollBacks, ...other.rollBacks])].sort((left, right) => left - right);
  const turnedDown = (other.rejected ?? []).filter((variant) => variant !== own.incumbent.id); // it may stand there by a person's word
  const rejected = [...new Set([...(own.rejected ?? []), ...turnedDown])];
  const served = new Set(own.allocation.variants.map(({ id }) => id));
  const bars = { ...own.bars };
  for (const [variant, bar] of Object.entries(other.bars))
    if (!served.has(variant) && bar.until > (bars[variant]?.until ?? 0)) bars[variant] = bar;
  const counted = { ...own, rollBacks, bars };
  return rejected.length === (own.rejected ?? []).length ? counted : withRejected(counted, rejected);
}

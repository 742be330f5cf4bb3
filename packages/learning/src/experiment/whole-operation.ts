/**
 * An operation under an experiment, as all its calls together show it: limits and the sample ratio are judged on the evidence of
 * both arms, and the arms are compared in windows in which everything that is served stays the same.
 */
import {
  type Allocation,
  type ContextId,
  canonicalJson,
  contextId,
  shortDigest,
  type VariantId,
} from "@trimtab/conventions";
import { observeContext, ratioOf, type WholeContextFindings } from "../decision/observe-context.ts";
import { newContextMemory } from "../decision/operation-state.ts";
import { withAllocation } from "../decision/serve-context.ts";
import { roundedHoldout, withVariants } from "../decision/shares.ts";
import type { EvidenceWindow } from "../evidence/evidence.ts";
import type { ContextEvidence } from "../evidence/evidence-quality.ts";
import { dispersionOf } from "../evidence/over-dispersion.ts";
import { type ClosedWindow, DEFAULT_WINDOW_RULE, type WindowRule } from "../evidence/windows.ts";
import { learnTrouble } from "../guardrails/common-trouble.ts";
import { NO_LIMIT_MEMORY, siblingDurations } from "../guardrails/limit-counts.ts";
import { isSampleMismatched, type ServedShare } from "../guardrails/sample-ratio.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { composeArms, learnArmContrast } from "./arm-contrast.ts";
import { baselineArm, type ExperimentMemory, type ServedArms, type WholeContext } from "./experiment-memory.ts";

/** As many calls for each arm as a window of one strategy has. */
const WHOLE_WINDOW_RULE: WindowRule = {
  ...DEFAULT_WINDOW_RULE,
  minimumCalls: 2 * DEFAULT_WINDOW_RULE.minimumCalls,
  sparseCalls: 2 * DEFAULT_WINDOW_RULE.sparseCalls,
};

/** What a cycle depends on beside the experiment itself. */
export interface WholeCycle {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly window: EvidenceWindow;
  /** The control's count of usable cycles. */
  readonly cycle: number;
}

/** Both arms with nothing but the base values. */
export function unseenArms({ experiment }: OperationPolicy, baseline: Setting): ServedArms {
  const share = experiment?.share ?? 0;
  return [baselineArm(baseline, 1 - share), baselineArm(baseline, share)];
}

/** Takes a cycle's measurements of both arms in: what binds the arms, and what the windows that closed say about them. */
export function observeWhole(
  before: ExperimentMemory,
  found: ReadonlyMap<ContextId, ContextEvidence>,
  { policy, baseline, window, cycle }: WholeCycle,
): { readonly memory: ExperimentMemory; readonly findings: ReadonlyMap<ContextId, WholeContextFindings> } {
  const contexts: Record<ContextId, WholeContext> = { ...before.contexts };
  const findings = new Map<ContextId, WholeContextFindings>();
  const overDispersion = dispersionOf(before.dispersion);
  const siblings = siblingDurations(
    Object.values(contexts).map(({ memory }) => memory.limits),
    policy.constraints,
  );
  const trouble = learnTrouble(
    before.trouble,
    policy.constraints,
    baseline.id,
    [...found]
      .sort(([left], [right]) => (left < right ? -1 : 1)) // sums of fractions depend on their order
      .filter(([, { unusable }]) => unusable === undefined)
      .map(([id, { measured }]) => ({ limits: contexts[id]?.memory.limits ?? NO_LIMIT_MEMORY, measured })),
  );
  let { dispersion } = before;
  let sums = before.sums ?? undefined;
  for (const [id, { context, measured, unusable }] of found) {
    if (unusable !== undefined || measured.size === 0) continue;
    const whole = contexts[id] ?? newWholeContext(policy, context, baseline);
    const ratio = ratioOf(whole.memory, sharesByArm(whole.arms, baseline), measured, window);
    const observed = observeContext(whole.memory, measured, {
      policy,
      baseline,
      window,
      rule: WHOLE_WINDOW_RULE,
      cycle,
      dispersion,
      overDispersion,
      siblings,
      trouble,
      whole: { ratio, breaches: [] },
    });
    ({ dispersion } = observed);
    contexts[id] = { ...whole, memory: { ...observed.memory, lift: null } };
    findings.set(id, { ratio, breaches: observed.breaches });
    if (!isSampleMismatched(ratio)) sums = observed.windows.reduce((all, each) => learnWindow(all, each, whole), sums);
  }
  return { memory: { ...before, dispersion, trouble, contexts, sums: sums ?? null }, findings };
}

/** What is served, each variant once: the base values, what one arm serves, and what both do. */
function sharesByArm(arms: ServedArms, baseline: Setting): ServedShare[] {
  const shares = new Map<VariantId, ServedShare>();
  arms.forEach(({ share, variants }, index) => {
    if (share === 0) return;
    for (const { id, weight } of variants) {
      const other = shares.get(id);
      const arm = index === 0 ? "control" : "treatment";
      const role =
        id === baseline.id ? "baseline" : other === undefined || other.role === arm ? arm : "setting of both arms";
      shares.set(id, { id, role, weight: (other?.weight ?? 0) + share * weight });
    }
  });
  return [...shares.values()];
}

/** The treatment less the control, where both had calls in the window. */
function learnWindow(
  sums: Parameters<typeof learnArmContrast>[0],
  window: ClosedWindow,
  { arms, armsBefore }: WholeContext,
): ReturnType<typeof learnArmContrast> {
  const [control, treatment] = window.isCurrent ? arms : armsBefore;
  return control.share > 0 && treatment.share > 0 ? learnArmContrast(sums, window, [treatment, control]) : sums;
}

/** What is served after both arms have decided: unchanged allocations are the same as before. */
export function serveBoth(
  before: ExperimentMemory,
  [control, treatment]: readonly [readonly Allocation[], readonly Allocation[]],
  { policy, baseline, cycle, now, decision }: WholeCycle & { readonly now: number; readonly decision: string },
): { readonly memory: ExperimentMemory; readonly allocations: readonly Allocation[] } {
  const [unseenControl, unseenTreatment] = unseenArms(policy, baseline);
  const others = new Map(treatment.map((allocation) => [contextId(allocation.context), allocation]));
  const own = new Map(control.map((allocation) => [contextId(allocation.context), allocation]));
  const contexts: Record<ContextId, WholeContext> = {};
  for (const id of [...new Set([...own.keys(), ...others.keys()])].sort()) {
    const [first, second] = [own.get(id), others.get(id)];
    const context = (first ?? second)?.context ?? {};
    const whole = before.contexts[id] ?? newWholeContext(policy, context, baseline);
    const arms: ServedArms = [
      first === undefined ? unseenControl : { ...unseenControl, variants: first.variants },
      second === undefined ? unseenTreatment : { ...unseenTreatment, variants: second.variants },
    ];
    const variants = composeArms(arms, roundedHoldout(policy.holdout));
    const allocation = withVariants(whole.memory.allocation, variants, decision, saltOf(policy, before, id));
    const memory = withAllocation(whole.memory, allocation, { policy, now, cycle });
    contexts[id] = memory === whole.memory ? { ...whole, arms } : { memory, arms, armsBefore: whole.arms };
  }
  return {
    memory: { ...before, contexts },
    allocations: Object.values(contexts).map(({ memory }) => memory.allocation),
  };
}

function newWholeContext(policy: OperationPolicy, context: Allocation["context"], baseline: Setting): WholeContext {
  const arms = unseenArms(policy, baseline);
  return { memory: newContextMemory(policy, context, baseline), arms, armsBefore: arms };
}

/** The same as long as the experiment runs: a key stays in its arm, whatever is served there. */
function saltOf(
  { component, operation }: OperationPolicy,
  { name, startedAt }: ExperimentMemory,
  id: ContextId,
): string {
  return shortDigest(canonicalJson([component, operation, id, "experiment", name, startedAt]));
}

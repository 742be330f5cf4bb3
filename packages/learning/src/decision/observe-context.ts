/** What one cycle's measurements teach about one context, before anything is decided: limits, windows, lift, harm. */
import type { VariantId } from "@trimtab/conventions";
import type { EvidenceWindow, Histogram, Measurements } from "../evidence/evidence.ts";
import { type DispersionSums, learnDispersion } from "../evidence/over-dispersion.ts";
import {
  addCycle,
  addToRecord,
  type ClosedWindow,
  closeWindow,
  type Dispersion,
  isFull,
  type OpenWindow,
  type WindowRule,
  wholeContrastOf,
} from "../evidence/windows.ts";
import type { Trouble } from "../guardrails/common-trouble.ts";
import { guardrailsThat } from "../guardrails/guardrails.ts";
import type { LimitMemory } from "../guardrails/limit-counts.ts";
import { missesOf } from "../guardrails/limit-shares.ts";
import { updateLimits } from "../guardrails/outcome-limits.ts";
import { learnSampleRatio, type SampleRatioMemory, type ServedShare } from "../guardrails/sample-ratio.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { updateMeanCusum } from "../statistics/cusum.ts";
import { learnLift } from "./lift.ts";
import type { ContextMemory } from "./operation-state.ts";
import { type Breach, barredVariants } from "./roll-back.ts";

/** What a cycle showed. */
export interface ContextObserved {
  readonly memory: ContextMemory;
  readonly dispersion: DispersionSums;
  /** Windows that closed, oldest first. */
  readonly windows: readonly ClosedWindow[];
  readonly breaches: readonly Breach[];
}

/** What observing depends on beside the context itself. */
export interface Observing {
  readonly policy: OperationPolicy;
  readonly baseline: Setting;
  readonly window: EvidenceWindow;
  readonly rule: WindowRule;
  readonly cycle: number;
  /** What all contexts have shown so far, this cycle's earlier ones included. */
  readonly dispersion: DispersionSums;
  /** As it was before this cycle, so that the order of the contexts means nothing. */
  readonly overDispersion: Dispersion;
  /** Durations of the baseline in all contexts before this cycle, where a limit needs them. */
  readonly siblings: Histogram | undefined;
  /** By constraint: is the whole operation in trouble? */
  readonly trouble: readonly Trouble[];
  /** Were the calls dealt by other shares than these? */
  readonly areSharesElsewhere?: boolean;
  /** What the whole operation has found, where the context is seen by one arm of an experiment only. */
  readonly whole?: WholeContextFindings | undefined;
}

/** What binds both arms of an experiment in a context. */
export interface WholeContextFindings {
  readonly ratio: SampleRatioMemory;
  readonly breaches: readonly Breach[];
}

const SETTLING_CYCLES = 2;

/** Means to watch for in the difference between incumbent and holdout. */
const HARMS = [-0.02, -0.06, -0.2];

/** Takes one cycle's measurements of a context in. */
export function observeContext(
  before: ContextMemory,
  measured: ReadonlyMap<VariantId, Measurements>,
  observing: Observing,
): ContextObserved {
  const { policy, baseline, cycle, overDispersion } = observing;
  const { siblings, whole, areSharesElsewhere, window: cycleWindow } = observing;
  const ratio =
    whole?.ratio ??
    (areSharesElsewhere ? before.ratio : ratioOf(before, before.allocation.variants, measured, cycleWindow));
  const limits = updateLimits(
    before.limits,
    policy.constraints,
    idsOf(before),
    baseline.id,
    measured,
    siblings,
    observing.trouble,
  );
  const closed = closeWindows(before, measured, limits, observing);
  let { lift, harm, contrasts } = before;
  let { dispersion } = observing;
  for (const window of closed.windows) {
    ({ sums: dispersion, last: contrasts } = learnDispersion(dispersion, contrasts, window, overDispersion));
    lift = learnLift(lift ?? undefined, window, incumbentDuring(before, window), baseline.id) ?? null;
    const contrast =
      before.incumbent.id === baseline.id ? undefined : wholeContrastOf(window, before.incumbent.id, baseline.id);
    if (contrast !== undefined) harm = updateMeanCusum(harm, contrast.difference, contrast.variance, HARMS);
  }
  const memory: ContextMemory = {
    ...before,
    lastSeen: cycle,
    limits,
    ratio,
    lift,
    harm,
    contrasts,
    window: closed.open,
    record: closed.record,
  };
  return {
    memory,
    dispersion,
    windows: closed.windows,
    breaches: withWhole(breachesOf(memory, measured, observing), memory, whole),
  };
}

/** What the whole operation takes back is taken back here too, where it is served. */
function withWhole(
  own: readonly Breach[],
  memory: ContextMemory,
  whole: WholeContextFindings | undefined,
): readonly Breach[] {
  if (whole === undefined || whole.breaches.length === 0) return own;
  const served = new Set(idsOf(memory));
  const more = whole.breaches.filter(
    ({ variant }) => served.has(variant) && own.every((each) => each.variant !== variant),
  );
  return [...own, ...more];
}

/** The sample ratio with one more cycle in it, unless the services may not have heard of the shares yet. */
export function ratioOf(
  { ratio, changedAt }: ContextMemory,
  served: readonly ServedShare[],
  measured: ReadonlyMap<VariantId, Measurements>,
  { from, to }: EvidenceWindow,
): SampleRatioMemory {
  return from >= changedAt + SETTLING_CYCLES * (to - from) ? learnSampleRatio(ratio, served, measured) : ratio;
}

/** The variants that were or are served, or may still be rated: what measurements may speak of. */
function knownVariants(memory: ContextMemory): ReadonlySet<VariantId> {
  const ids = [...memory.previous, ...memory.allocation.variants].map((variant) => variant.id);
  return new Set([...ids, ...Object.keys(memory.retired)]);
}

function idsOf(memory: ContextMemory): VariantId[] {
  return memory.allocation.variants.map((variant) => variant.id);
}

/** Before a change another variant was the incumbent. */
function incumbentDuring(memory: ContextMemory, window: ClosedWindow): VariantId {
  const variants = window.isCurrent ? memory.allocation.variants : memory.previous;
  return (variants.find((variant) => variant.role === "incumbent") ?? variants[0])?.id ?? memory.incumbent.id;
}

/**
 * Adds the cycle to the window it belongs to. Evidence that is older than the last change of shares goes to a window of its own,
 * and a cycle that straddles the change goes to none.
 */
function closeWindows(
  before: ContextMemory,
  measured: ReadonlyMap<VariantId, Measurements>,
  limits: LimitMemory,
  { policy, baseline, window, rule, overDispersion, siblings }: Observing,
): {
  readonly open: OpenWindow | null;
  readonly windows: readonly ClosedWindow[];
  readonly record: ContextMemory["record"];
} {
  const known = knownVariants(before);
  const ours = new Map([...measured].filter(([variant]) => known.has(variant)));
  let { record } = before;
  const windows: ClosedWindow[] = [];
  const close = (full: OpenWindow, isCurrent: boolean): void => {
    record = addToRecord(record, full, policy.objective, known);
    windows.push(
      closeWindow(full, {
        objective: policy.objective,
        record,
        overDispersion,
        isCurrent,
        missesOf: (variant, measurements) =>
          policy.constraints.length === 0
            ? undefined
            : missesOf(limits, policy.constraints, variant, measurements, baseline.id, siblings),
      }),
    );
  };
  let open = before.window;
  const isAfterChange = window.from >= before.changedAt;
  if (open !== null && open.from < before.changedAt && window.to > before.changedAt) {
    close(open, false);
    open = null;
  }
  if ((isAfterChange || window.to <= before.changedAt) && ours.size > 0) {
    open = addCycle(open ?? undefined, window, ours);
    if (isFull(open, rule)) {
      close(open, isAfterChange);
      open = null;
    }
  }
  return { open, windows, record };
}

/** What of all that is served some guardrail takes back, one reason per variant. */
function breachesOf(
  memory: ContextMemory,
  measured: ReadonlyMap<VariantId, Measurements>,
  { policy, baseline, cycle }: Observing,
): Breach[] {
  const { incumbent, allocation } = memory;
  const subject = { policy, baseline, incumbent, memory, measured, barred: barredVariants(memory, cycle), cycle };
  // what a person has set may stand in the incumbent's place
  const isServed = allocation.variants.some(({ id }) => id === incumbent.id);
  const settings = allocation.variants.map((variant) => ({ setting: variant, role: variant.role }));
  const judged = isServed ? settings : [...settings, { setting: incumbent }];
  const breaches = new Map<VariantId, Breach>();
  for (const guardrail of guardrailsThat("take-back")) {
    for (const each of judged) {
      const variant = each.setting.id;
      if (variant === baseline.id || breaches.has(variant)) continue;
      const judgement = guardrail.judge({ ...subject, ...each });
      if (judgement.verdict !== "violated") continue;
      breaches.set(variant, { variant, reason: { code: judgement.code, sentence: judgement.sentence } });
    }
  }
  return [...breaches.values()];
}

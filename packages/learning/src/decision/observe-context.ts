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
import { isOnSuccess, type LimitMemory } from "../guardrails/limit-counts.ts";
import { missesOf } from "../guardrails/limit-shares.ts";
import { judgeLimits, updateLimits } from "../guardrails/outcome-limits.ts";
import { learnSampleRatio, type SampleRatioMemory, type ServedShare } from "../guardrails/sample-ratio.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { CUSUM_BOUND, cusumLevel, updateMeanCusum } from "../statistics/cusum.ts";
import type { Reason } from "./decision.ts";
import { learnLift } from "./lift.ts";
import type { ContextMemory } from "./operation-state.ts";

/** A variant that has to be taken back now, and why. */
export interface Breach {
  readonly variant: VariantId;
  readonly reason: Reason;
}

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

/**
 * Challengers that a service stopped by itself. They get fewer calls than their share there, so they can be judged no more: neither
 * their calls nor the shares of the others' would be a fair sample. A stop follows a change of shares within a second or two, so most
 * lie in the window that straddles the change, and count.
 */
function stopsOf(memory: ContextMemory, measured: ReadonlyMap<VariantId, Measurements>): Breach[] {
  const breaches: Breach[] = [];
  for (const { id, role } of memory.allocation.variants) {
    const stops = measured.get(id)?.stops ?? 0;
    if (role !== "challenger" || stops === 0) continue;
    const times = stops === 1 ? "" : ` ${stops} times`;
    const sentence = `${id}: the service stopped it by itself${times}, because it failed there far more often than the others.`;
    breaches.push({ variant: id, reason: { code: "STOPPED_BY_SERVICE", sentence } });
  }
  return breaches;
}

function breachesOf(
  memory: ContextMemory,
  measured: ReadonlyMap<VariantId, Measurements>,
  observing: Observing,
): Breach[] {
  const { policy, baseline } = observing;
  const breaches = stopsOf(memory, measured);
  const stopped = new Set(breaches.map(({ variant }) => variant));
  for (const variant of memory.allocation.variants) {
    if (variant.id === baseline.id || stopped.has(variant.id)) continue;
    const judgement = judgeLimits(memory.limits, policy.constraints, variant.id, baseline.id);
    if (judgement.verdict !== "violated") continue;
    const broken = policy.constraints[judgement.constraint ?? 0];
    const isSuccess = broken !== undefined && isOnSuccess(broken);
    const sentence = `${variant.id}: ${judgement.sentence}.`;
    breaches.push({
      variant: variant.id,
      reason: { code: isSuccess ? "LIMIT_SUCCESS_RATE" : "LIMIT_LATENCY", sentence },
    });
  }
  const level = cusumLevel(memory.harm);
  const isIncumbentTaken = breaches.some((breach) => breach.variant === memory.incumbent.id);
  if (level > CUSUM_BOUND && !isIncumbentTaken && memory.incumbent.id !== baseline.id) {
    const sentence = `${memory.incumbent.id} does worse than the base values in the same windows: alarm at ${level.toFixed(1)}, bound ${CUSUM_BOUND.toFixed(1)}.`;
    breaches.push({ variant: memory.incumbent.id, reason: { code: "HOLDOUT_IS_BETTER", sentence } });
  }
  return breaches;
}

/** What `response-surface` remembers, of the operation and of each context; JSON. */
import type { Context, ContextId, Json, ParameterValues, VariantId } from "@trimtab/conventions";
import { contrastOf } from "../evidence/windows.ts";
import type { FeatureMap } from "../surface/features.ts";
import { FIRST_LEVELS, type SurfaceLevels } from "../surface/pooled-surface.ts";
import { discount, learnWindow, noEvidence, type SurfaceEvidence } from "../surface/surface-evidence.ts";
import { type DriftWatch, isDrifting, watch } from "./drift-watch.ts";
import type { ContextObservation } from "./strategy.ts";
import { learnTrial, type Trial } from "./trial.ts";

/** The memory of one context. */
export type TrialMemory = {
  readonly incumbent: VariantId;
  readonly trials: Readonly<Record<VariantId, Trial>>;
  /** Variants that rest until a cycle. */
  readonly resting: Readonly<Record<VariantId, number>>;
  /** Variants that were proven and then taken back: worth another try. */
  readonly retries: Readonly<Record<VariantId, ParameterValues>>;
  /** The baseline against the incumbent, as it was predicted. */
  readonly watch: DriftWatch | null;
  readonly tests: number;
  readonly wins: number;
  /** Calls per cycle in the last window. */
  readonly callsPerCycle: number;
};

/** The memory that all contexts share. */
export type SharedMemory = {
  readonly levels: SurfaceLevels;
  readonly contexts: Readonly<Record<ContextId, { readonly context: Context; readonly evidence: SurfaceEvidence }>>;
  /** The cycle of the last drift alarm of a context. */
  readonly alarms: Readonly<Record<ContextId, number>>;
  /** Decisions since the variances of the levels were learnt. */
  readonly turns: number;
};

const AFTER_ROLL_BACK = 0.1;
const AFTER_DRIFT = 0.08;
const AFTER_COMMON_DRIFT = 0.15;
const COMMON_DRIFT = { share: 0.34, contexts: 2, cycles: 15 };
/** A context without windows for so long says nothing any more. */
const FORGET_CYCLES = 3000;

/** The shared memory as it was returned, or an empty one. */
export function openShared(shared: Json | undefined): SharedMemory {
  return (
    (shared as unknown as SharedMemory | undefined) ?? { levels: FIRST_LEVELS, contexts: {}, alarms: {}, turns: 0 }
  );
}

/** A context's memory for this turn: a new incumbent has its own comparisons, and what was taken back does not run. */
export function openTrials({ memory, incumbent, takenBack, known }: ContextObservation, cycle: number): TrialMemory {
  const before = memory as unknown as TrialMemory | undefined;
  if (before === undefined) {
    return {
      incumbent: incumbent.id,
      trials: {},
      resting: {},
      retries: {},
      watch: null,
      tests: 0,
      wins: 0,
      callsPerCycle: 0,
    };
  }
  const resting = Object.fromEntries(Object.entries(before.resting).filter(([, until]) => until > cycle));
  const isSame = before.incumbent === incumbent.id;
  const trials = isSame
    ? Object.fromEntries(Object.entries(before.trials).filter(([variant]) => !takenBack.includes(variant)))
    : {};
  const parameters = takenBack.includes(before.incumbent) ? known.get(before.incumbent) : undefined;
  const retries = parameters === undefined ? before.retries : { ...before.retries, [before.incumbent]: parameters };
  return { ...before, incumbent: incumbent.id, resting, trials, retries, watch: isSame ? before.watch : null };
}

/** What one context learnt in this turn. */
export interface Learnt {
  readonly memory: TrialMemory;
  readonly evidence: SurfaceEvidence;
  readonly isDrifting: boolean;
}

/** Takes the windows of a context in. */
export function learnWindows(
  observation: ContextObservation,
  opened: TrialMemory,
  before: SurfaceEvidence | undefined,
  features: FeatureMap,
  cycle: number,
): Learnt {
  const { incumbent, baseline, known, takenBack, windows } = observation;
  let evidence = before ?? noEvidence(features.size, cycle);
  let memory = opened;
  for (const window of windows) {
    evidence = learnWindow(evidence, window, known, features, cycle);
    const trials = Object.entries(memory.trials).map(
      ([variant, trial]) => [variant, learnTrial(trial, window, variant, incumbent.id)] as const,
    );
    const contrast = contrastOf(window, baseline.id, incumbent.id);
    const watched =
      memory.watch === null || contrast === undefined
        ? memory.watch
        : watch(memory.watch, contrast.difference, contrast.variance);
    const calls = window.arms.reduce((sum, arm) => sum + arm.calls, 0);
    memory = { ...memory, trials: Object.fromEntries(trials), watch: watched, callsPerCycle: calls / window.cycles };
  }
  const watches = [memory.watch, ...Object.values(memory.trials).map(({ drift }) => drift)];
  const isAlarm = watches.some((each) => each !== null && isDrifting(each));
  if (isAlarm) {
    evidence = discount(evidence, AFTER_DRIFT);
    const trials = Object.entries(memory.trials).map(
      ([variant, trial]) => [variant, { ...trial, drift: null }] as const,
    );
    memory = { ...memory, watch: null, trials: Object.fromEntries(trials) };
  }
  if (takenBack.length > 0) evidence = discount(evidence, AFTER_ROLL_BACK);
  return { memory, evidence, isDrifting: isAlarm };
}

/** The shared memory with this turn's evidence; when many contexts drift together, all of them forget. */
export function withLearnt(
  before: SharedMemory,
  learnt: ReadonlyMap<ContextId, Learnt>,
  contexts: ReadonlyMap<ContextId, Context>,
  cycle: number,
): SharedMemory {
  const all: Record<ContextId, { context: Context; evidence: SurfaceEvidence }> = {};
  const alarms: Record<ContextId, number> = {};
  for (const id of [...new Set([...Object.keys(before.contexts), ...learnt.keys()])].sort()) {
    const known = before.contexts[id];
    const evidence = learnt.get(id)?.evidence ?? known?.evidence;
    const context = known?.context ?? contexts.get(id);
    if (evidence === undefined || context === undefined || evidence.cycle < cycle - FORGET_CYCLES) continue;
    all[id] = { context, evidence };
    const alarm = learnt.get(id)?.isDrifting === true ? cycle : before.alarms[id];
    if (alarm !== undefined) alarms[id] = alarm;
  }
  const recent = Object.values(alarms).filter((at) => at > cycle - COMMON_DRIFT.cycles).length;
  const isNew = [...learnt.values()].some((each) => each.isDrifting);
  if (!isNew || recent < Math.max(COMMON_DRIFT.contexts, COMMON_DRIFT.share * Object.keys(all).length))
    return { ...before, contexts: all, alarms };
  const weaker = Object.entries(all).map(
    ([id, { context, evidence }]) => [id, { context, evidence: discount(evidence, AFTER_COMMON_DRIFT) }] as const,
  );
  return { ...before, contexts: Object.fromEntries(weaker), alarms };
}

/** What the windows of a turn teach the memories of `response-surface`, and when these forget. */
import type { Context, ContextId } from "@trimtab/conventions";
import { contrastOf } from "../evidence/windows.ts";
import type { FeatureMap } from "../surface/features.ts";
import { discount, learnArms, noEvidence } from "../surface/surface-evidence.ts";
import { isDrifting, watch } from "./drift-watch.ts";
import type { ContextObservation } from "./strategy.ts";
import type { Channel } from "./surface-channels.ts";
import { type ChannelEvidence, hasLostIncumbent, type SharedMemory, type TrialMemory } from "./surface-memory.ts";
import { learnTrial } from "./trial.ts";

const AFTER_ROLL_BACK = 0.1;
const AFTER_DRIFT = 0.08;
const AFTER_COMMON_DRIFT = 0.15;
const COMMON_DRIFT = { share: 0.34, contexts: 2, cycles: 15 };
/** A context without windows for so long says nothing any more. */
const FORGET_CYCLES = 3000;

/** What one context learnt in this turn. */
export interface Learnt {
  readonly memory: TrialMemory;
  readonly evidence: ChannelEvidence;
  readonly isDrifting: boolean;
}

/** Takes the windows of a context in. */
export function learnWindows(
  observation: ContextObservation,
  opened: TrialMemory,
  before: ChannelEvidence | undefined,
  channels: readonly Channel[],
  features: FeatureMap,
  cycle: number,
): Learnt {
  const { incumbent, baseline, known, windows } = observation;
  let memory = opened;
  for (const window of windows) {
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
    const trials = Object.entries(memory.trials).map(
      ([variant, trial]) => [variant, { ...trial, drift: null }] as const,
    );
    memory = { ...memory, watch: null, trials: Object.fromEntries(trials) };
  }
  // a challenger that fails is news about the challenger; a proven one that fails is news about the world
  const kept = (isAlarm ? AFTER_DRIFT : 1) * (hasLostIncumbent(observation) ? AFTER_ROLL_BACK : 1);
  // what is old is forgotten before the news are taken in: they are what the world is like now
  let evidence = discountAll(before ?? {}, kept);
  for (const window of windows) {
    evidence = Object.fromEntries(
      channels.map(({ name, armsOf }) => {
        const old = evidence[name] ?? noEvidence(features.size, cycle);
        return [name, learnArms(old, armsOf(window), known, features, cycle)];
      }),
    );
  }
  return { memory, evidence, isDrifting: isAlarm };
}

/** The shared memory with this turn's evidence; when many contexts drift together, all of them forget. */
export function withLearnt(
  before: SharedMemory,
  learnt: ReadonlyMap<ContextId, Learnt>,
  contexts: ReadonlyMap<ContextId, Context>,
  cycle: number,
  maximumContexts: number,
): SharedMemory {
  let all: Record<ContextId, { context: Context; evidence: ChannelEvidence }> = {};
  const alarms: Record<ContextId, number> = {};
  for (const id of [...new Set([...Object.keys(before.contexts), ...learnt.keys()])].sort()) {
    const known = before.contexts[id];
    const evidence = learnt.get(id)?.evidence ?? known?.evidence;
    const context = known?.context ?? contexts.get(id);
    if (evidence === undefined || context === undefined || lastCycle(evidence) < cycle - FORGET_CYCLES) continue;
    all[id] = { context, evidence };
    const alarm = learnt.get(id)?.isDrifting === true ? cycle : before.alarms[id];
    if (alarm !== undefined) alarms[id] = alarm;
  }
  all = withoutOldest(all, maximumContexts);
  const recent = Object.values(alarms).filter((at) => at > cycle - COMMON_DRIFT.cycles).length;
  const isNew = [...learnt.values()].some((each) => each.isDrifting);
  if (!isNew || recent < Math.max(COMMON_DRIFT.contexts, COMMON_DRIFT.share * Object.keys(all).length))
    return { ...before, contexts: all, alarms };
  const weaker = Object.entries(all).map(
    ([id, { context, evidence }]) => [id, { context, evidence: discountAll(evidence, AFTER_COMMON_DRIFT) }] as const,
  );
  return { ...before, contexts: Object.fromEntries(weaker), alarms };
}

/** Contexts that the operation has forgotten still say something of their labels, but not without end: the oldest evidence goes. */
function withoutOldest<Entry extends { readonly evidence: ChannelEvidence }>(
  all: Record<ContextId, Entry>,
  maximum: number,
): Record<ContextId, Entry> {
  const entries = Object.entries(all);
  if (entries.length <= maximum) return all;
  const cycles = new Map(entries.map(([id, { evidence }]) => [id, lastCycle(evidence)]));
  const latest = entries.sort(
    ([left], [right]) => (cycles.get(right) ?? 0) - (cycles.get(left) ?? 0) || (left < right ? -1 : 1),
  );
  return Object.fromEntries(latest.slice(0, maximum).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function discountAll(evidence: ChannelEvidence, factor: number): ChannelEvidence {
  return Object.fromEntries(Object.entries(evidence).map(([name, each]) => [name, discount(each, factor)]));
}

function lastCycle(evidence: ChannelEvidence): number {
  return Object.values(evidence).reduce((last, { cycle }) => Math.max(last, cycle), 0);
}

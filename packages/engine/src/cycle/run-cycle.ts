/**
 * One pass of the control cycle for one operation: read, decide, record. All judgement is in `decide`, all memory in the store.
 *
 * What `decide` sees is exactly what the record says, so that the record, replayed, gives the same decision bit for bit.
 */
import { canonicalJson, type Json, shortDigest } from "@trimtab/conventions";
import {
  type DecideInput,
  type DecideOutput,
  type Decision,
  type EvidenceWindow,
  decide as learn,
  type OperationPolicy,
} from "@trimtab/learning";
import type { MetricSource } from "../sources/metric-source.ts";
import type { FeedbackStore } from "../stores/feedback-store.ts";
import { CycleConflictError, type CycleRecord, type Store } from "../stores/store.ts";
import { logCycle } from "./cycle-log.ts";
import { withFeedback } from "./feedback-evidence.ts";
import type { Log } from "./log.ts";
import { nextWindow } from "./next-window.ts";

/** The judgement: learning's `decide`, or a test's. */
export type Decide = (input: DecideInput) => DecideOutput;

/** What a pass works with. */
export interface CycleDependencies {
  readonly store: Pick<Store, "loadOperation" | "recordCycle">;
  readonly source: Pick<MetricSource, "latestWindowEnd" | "scrapeIntervalMilliseconds" | "readEvidence">;
  /** Feedback that waits to be learnt from. Default: none. */
  readonly feedback?: Pick<FeedbackStore, "waitingFeedback">;
  /** Default: learning's. One that decides in another thread answers later. */
  readonly decide?: (input: DecideInput) => DecideOutput | Promise<DecideOutput>;
  readonly log: Log;
  /** How long the operation's first window is; later ones begin where the last one ended. */
  readonly intervalMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Aborted when nobody waits for the pass any more. */
  readonly signal?: AbortSignal;
}

/** More entries wait for the next cycle: each is a part of the record. */
const FEEDBACK_PER_CYCLE = 2_000;

/** What became of a pass. */
export type CycleOutcome =
  | { readonly kind: "recorded"; readonly cycle: number; readonly decision: Decision; readonly policyHash: string }
  /** There is no complete window since the last one. */
  | { readonly kind: "skipped"; readonly reason: string }
  /** Somebody else recorded this cycle meanwhile; theirs counts. */
  | { readonly kind: "conflict"; readonly reason: string };

/**
 * Runs one pass. Where it throws (the store or `decide` failed) nothing was recorded, and the next pass reads the same window
 * again and more.
 */
export async function runCycle(policy: OperationPolicy, dependencies: CycleDependencies): Promise<CycleOutcome> {
  const { store, source, decide = learn, log, now } = dependencies;
  const { component, operation } = policy;
  const stored = await store.loadOperation(policy);
  const chosen = nextWindow({
    lastEnd: stored?.windowEnd,
    latestEnd: source.latestWindowEnd(now),
    gridMilliseconds: source.scrapeIntervalMilliseconds(),
    intervalMilliseconds: dependencies.intervalMilliseconds,
  });
  if (chosen.window === undefined) return skip(policy, log, chosen.aheadMilliseconds);
  const { window, droppedMilliseconds } = chosen;
  if (droppedMilliseconds > 0) {
    log.warning("evidence after a long pause was dropped", { component, operation, window, droppedMilliseconds });
  }

  const read = await source.readEvidence({ component, operation, context: policy.context, window });
  dependencies.signal?.throwIfAborted(); // another pass may have read this window meanwhile, or the store be closed
  const waiting = (await dependencies.feedback?.waitingFeedback(policy, FEEDBACK_PER_CYCLE)) ?? [];
  const measured = { ...read, window: checkedWindow(read.window, window) };
  const evidence = asRecorded(withFeedback(measured, waiting, policy));
  const cycle = (stored?.cycle ?? 0) + 1;
  const seed = cycleSeed(component, operation, cycle);
  const recordedPolicy = asRecorded(policy);
  const output = await decide({ policy: recordedPolicy, state: stored?.state, evidence, now, seed });
  dependencies.signal?.throwIfAborted(); // the same after a decision that was made in another thread
  if (output.decision.at !== now)
    throw new Error(`the decision says it was made at ${output.decision.at}, not at ${now}`);

  const hash = policyHash(recordedPolicy);
  const record: CycleRecord = {
    component,
    operation,
    cycle,
    policy: recordedPolicy,
    policyHash: hash,
    seed,
    evidence,
    ...output,
  };
  try {
    await store.recordCycle(record);
  } catch (error) {
    if (!(error instanceof CycleConflictError)) throw error;
    log.warning("cycle conflict", { component, operation, cycle, reason: error.message });
    return { kind: "conflict", reason: error.message };
  }
  logCycle(log, record);
  return { kind: "recorded", cycle, decision: output.decision, policyHash: hash };
}

/** Names a policy by its content: the same in every process. */
export function policyHash(policy: OperationPolicy): string {
  return shortDigest(canonicalJson(asRecorded(policy) as unknown as Json));
}

/** The seed of a cycle: chance comes from nothing but the cycle's name. */
export function cycleSeed(component: string, operation: string, cycle: number): string {
  return shortDigest(canonicalJson([component, operation, cycle]));
}

function skip(policy: OperationPolicy, log: Log, aheadMilliseconds: number): CycleOutcome {
  const { component, operation } = policy;
  if (aheadMilliseconds === 0) return { kind: "skipped", reason: "no complete window since the last one" };
  // The clock was set back, here or at the source. Windows that overlap would count calls twice, so the pass waits.
  log.warning("the last window ends in the future", { component, operation, aheadMilliseconds });
  return {
    kind: "skipped",
    reason: `the last window ends ${aheadMilliseconds / 1_000} s after the newest complete one`,
  };
}

/** The value as the store gives it back: what has no JSON form must not move a decision that is to be replayed. */
function asRecorded<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function checkedWindow(read: EvidenceWindow, asked: EvidenceWindow): EvidenceWindow {
  if (read.from === asked.from && read.to === asked.to) return read;
  throw new Error(`the source answered for ${read.from} to ${read.to}, and was asked for ${asked.from} to ${asked.to}`);
}

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
import type { ActStore } from "../stores/act-store.ts";
import type { FeedbackStore } from "../stores/feedback-store.ts";
import { LeaseLostError } from "../stores/fence.ts";
import {
  CycleConflictError,
  type CycleRecord,
  type ServedCycle,
  type Store,
  type StoredOperation,
} from "../stores/store.ts";
import { logCycle } from "./cycle-log.ts";
import { withFeedback } from "./feedback-evidence.ts";
import type { Log } from "./log.ts";
import { nextWindow } from "./next-window.ts";

/** The judgement: learning's `decide`, or a test's. */
export type Decide = (input: DecideInput) => DecideOutput;

/** What a pass works with. */
export interface CycleDependencies {
  readonly store: Pick<Store, "loadOperation"> & {
    /** Without an answer, nothing was recorded: the pass is dry. */
    readonly recordCycle: (record: CycleRecord) => Promise<ServedCycle | undefined>;
  };
  readonly source: Pick<MetricSource, "latestWindowEnd" | "scrapeIntervalMilliseconds" | "readEvidence">;
  /** Feedback that waits to be learnt from. Default: none. */
  readonly feedback?: Pick<FeedbackStore, "waitingFeedback">;
  /** What people did. Default: nothing. */
  readonly acts?: Pick<ActStore, "waitingActs">;
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

/** More acts wait for the next pass, which follows at once. */
const ACTS_PER_CYCLE = 100;

/** What became of a pass. */
export type CycleOutcome =
  | {
      readonly kind: "recorded";
      readonly cycle: number;
      readonly decision: Decision;
      readonly policyHash: string;
      /** What is served from now on; absent where the pass was dry. */
      readonly served?: ServedCycle;
    }
  /** There is no complete window since the last one. */
  | { readonly kind: "skipped"; readonly reason: string }
  /** Somebody else recorded this cycle meanwhile, or leads now; theirs counts. */
  | { readonly kind: "conflict"; readonly reason: string };

/**
 * Runs one pass. Where it throws (the store or `decide` failed) nothing was recorded, and the next pass reads the same window
 * again and more.
 */
export async function runCycle(policy: OperationPolicy, dependencies: CycleDependencies): Promise<CycleOutcome> {
  const { store, source, log, now } = dependencies;
  const { component, operation } = policy;
  const stored = await store.loadOperation(policy);
  const acted = await takeActs(policy, stored, dependencies);
  if (acted !== undefined) return acted;
  const chosen = nextWindow({
    lastEnd: countedUntil(stored, source.latestWindowEnd(now)),
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
  return decideAndRecord(policy, stored, { evidence: withFeedback(measured, waiting, policy) }, dependencies);
}

/**
 * People's acts are decided at once and alone, between two windows: whatever the metric source does, a person's word counts. Acts
 * that cannot be recorded wait for the next pass, and do not keep the operation from its windows.
 */
async function takeActs(
  policy: OperationPolicy,
  stored: StoredOperation | undefined,
  dependencies: CycleDependencies,
): Promise<CycleOutcome | undefined> {
  const acts = (await dependencies.acts?.waitingActs(policy, ACTS_PER_CYCLE)) ?? [];
  if (acts.length === 0) return undefined;
  const latestEnd = dependencies.source.latestWindowEnd(dependencies.now);
  const at = countedUntil(stored, latestEnd) ?? latestEnd;
  const cells = { kind: "no-data", detail: "people's acts are decided between two windows" } as const;
  try {
    const evidence = { window: { from: at, to: at }, queries: [], cells };
    return await decideAndRecord(policy, stored, { evidence, acts }, dependencies);
  } catch (error) {
    dependencies.signal?.throwIfAborted();
    const { component, operation } = policy;
    dependencies.log.error("acts could not be taken", { component, operation, acts: acts.map(({ id }) => id), error });
    return undefined;
  }
}

async function decideAndRecord(
  policy: OperationPolicy,
  stored: StoredOperation | undefined,
  given: Pick<CycleRecord, "evidence" | "acts">,
  { store, decide = learn, log, now, signal }: CycleDependencies,
): Promise<CycleOutcome> {
  const { component, operation } = policy;
  const cycle = (stored?.cycle ?? 0) + 1;
  const seed = cycleSeed(component, operation, cycle);
  const recordedPolicy = asRecorded(policy);
  const input = asRecorded(given);
  const output = await decide({ policy: recordedPolicy, state: stored?.state, ...input, now, seed });
  signal?.throwIfAborted(); // the same after a decision that was made in another thread
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
    ...input,
    ...output,
  };
  let served: ServedCycle | undefined;
  try {
    served = await store.recordCycle(record);
  } catch (error) {
    if (!(error instanceof CycleConflictError || error instanceof LeaseLostError)) throw error;
    log.warning("cycle conflict", { component, operation, cycle, reason: error.message });
    return { kind: "conflict", reason: error.message };
  }
  logCycle(log, record);
  const recorded = { kind: "recorded", cycle, decision: output.decision, policyHash: hash } as const;
  return served === undefined ? recorded : { ...recorded, served };
}

/**
 * Up to when windows were counted. One that was stale was not: it had not happened yet, because the source or a clock lags, and is
 * read again with what follows. Where a clock was far ahead even its beginning may not have come; then counting begins anew.
 */
function countedUntil(stored: StoredOperation | undefined, latestEnd: number): number | undefined {
  if (stored === undefined) return undefined;
  const { contexts, window } = stored.decision;
  const wasStale = contexts.length > 0 && contexts.every(({ reason }) => reason.code === "EVIDENCE_STALE");
  if (!wasStale) return stored.windowEnd;
  return window.from > latestEnd ? undefined : window.from;
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

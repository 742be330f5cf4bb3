/** What is replaced as a whole when the configuration changes: the schedule of passes and the board of what is served. */
import {
  type ActStore,
  type AllocationBoard,
  type CycleDependencies,
  type CycleOutcome,
  type CycleScheduler,
  createAllocationBoard,
  createCycleScheduler,
  createDecideThread,
  type FeedbackStore,
  type FinishedPass,
  type Log,
  type MetricSource,
  type PassStatus,
  runCycle,
  type ScheduledOperation,
  type ServedCycle,
  type Store,
  systemClock,
} from "@trimtab/engine";
import type { Decision, OperationPolicy } from "@trimtab/learning";
import type { Config } from "./config.ts";
import { summaryOf } from "./decision-summary.ts";
import type { PassThread } from "./large-operations/pass-thread.ts";
import { type OperationView, readingKind } from "./telemetry.ts";
import { traceCycle, traceDryCycle } from "./tracing/work-spans.ts";

/** What a loop works with. */
export interface LearningLoopParts {
  readonly store: Store;
  readonly source: MetricSource;
  readonly feedback: FeedbackStore;
  readonly acts: ActStore;
  readonly log: Log;
  readonly onPass: (pass: FinishedPass) => void;
  /** Runs the passes of large operations; absent where the store can be reached from one thread alone. */
  readonly passThread?: PassThread;
}

/** Up to so many contexts a pass runs where requests are answered: it takes some tens of milliseconds. */
const CONTEXTS_IN_PLACE = 40;

/** A loop over the operations of one configuration. */
export interface LearningLoop {
  readonly board: AllocationBoard;
  readonly scheduler: CycleScheduler;
  /** The step of the source's grid that the schedule was made for. */
  readonly gridMilliseconds: number;
  /** Runs a pass now; a dry one records nothing and changes nothing. */
  run(policy: OperationPolicy, dry: boolean): Promise<CycleOutcome>;
  /** The next decision under another policy, which may be one that is not in force; records nothing. */
  plan(policy: OperationPolicy): Promise<CycleOutcome>;
  /** Takes over what other processes have recorded. @returns The operations that have a new cycle. */
  follow(): Promise<readonly OperationPolicy[]>;
  /** How each operation's passes go, and what the last decision lacked. Reads memory only. */
  status(): readonly (PassStatus & { readonly evidence?: { readonly kind: string; readonly detail: string } })[];
  /** What was decided last for an operation of this loop. */
  lastDecision(policy: OperationPolicy): Decision | undefined;
  /** What is served and was decided last, for metrics. Reads memory only. */
  views(): readonly OperationView[];
  /** Ends the thread that decides for large operations. Stop the schedule first. */
  close(): Promise<void>;
}

/** Builds a loop from what the store remembers; its schedule is not started. */
export async function createLearningLoop(
  config: Config,
  { store, source, feedback, acts, log, onPass, passThread }: LearningLoopParts,
): Promise<LearningLoop> {
  const operations = config.policies.map((policy) => ({ policy, intervalMilliseconds: config.intervalMilliseconds }));
  const { ownStrategies } = config;
  const thread = createDecideThread(ownStrategies === undefined ? {} : { strategies: ownStrategies });
  const board = await createAllocationBoard({ store, operations, clock: systemClock });
  const decisions = new Map<OperationPolicy, Decision>();
  for (const { policy } of operations) {
    const served = await store.loadServed(policy);
    if (served !== undefined) decisions.set(policy, served.decision);
  }
  const takeOver = (policy: OperationPolicy, served: ServedCycle): void => {
    if (served.cycle <= board.lastCycle(policy)) return;
    decisions.set(policy, served.decision);
    board.update(policy, served);
  };
  const pass = async (
    { policy, intervalMilliseconds }: ScheduledOperation,
    signal: AbortSignal,
  ): Promise<CycleOutcome> => {
    const now = systemClock.now();
    const isLarge = (decisions.get(policy)?.allocations.length ?? 0) > CONTEXTS_IN_PLACE;
    const outcome =
      isLarge && passThread !== undefined
        ? await passThread.run(policy, intervalMilliseconds, now, signal)
        : await runCycle(policy, {
            store,
            source,
            feedback,
            acts,
            decide: (input) => thread.decide(input),
            log,
            intervalMilliseconds,
            now,
            signal,
          });
    if (outcome.kind === "recorded" && outcome.served !== undefined) takeOver(policy, outcome.served);
    return outcome;
  };
  const dryRun = (policy: OperationPolicy, from: CycleDependencies["source"]): Promise<CycleOutcome> => {
    const debug: Log["debug"] = (message, fields) => log.debug(message, fields);
    return traceDryCycle(policy, () =>
      runCycle(policy, {
        store: { loadOperation: store.loadOperation.bind(store), recordCycle: () => Promise.resolve(undefined) },
        source: from,
        feedback,
        decide: (input) => thread.decide(input),
        log: { debug, info: debug, warning: debug, error: debug },
        intervalMilliseconds: config.intervalMilliseconds,
        now: systemClock.now(),
      }),
    );
  };
  const gridMilliseconds = source.scrapeIntervalMilliseconds();
  const scheduler = createCycleScheduler({
    operations,
    gridMilliseconds,
    run: pass,
    around: traceCycle,
    log,
    onPass,
  });
  return {
    board,
    scheduler: {
      ...scheduler,
      async stop(graceMilliseconds) {
        await scheduler.stop(graceMilliseconds);
        await passThread?.settled(); // whoever reads the store next must find what is being recorded
      },
    },
    gridMilliseconds,
    async close() {
      await Promise.all([thread.close(), passThread?.close()]);
    },
    run(policy, dry) {
      if (!dry) return scheduler.runNow(policy);
      return dryRun(policy, source);
    },
    async plan(policy) {
      const outcome = await dryRun(policy, source);
      if (outcome.kind === "recorded") return outcome;
      // There is no new window yet: what the policy itself does is told all the same.
      const stored = await store.loadOperation(policy);
      const grid = source.scrapeIntervalMilliseconds();
      const windowEnd = (stored?.windowEnd ?? source.latestWindowEnd(systemClock.now())) + grid;
      return dryRun(policy, {
        latestWindowEnd: () => windowEnd,
        scrapeIntervalMilliseconds: () => grid,
        readEvidence: ({ window }) =>
          Promise.resolve({ window, queries: [], cells: { kind: "no-data", detail: "there is no new window yet" } }),
      });
    },
    async follow() {
      const moved: OperationPolicy[] = [];
      for (const { component, operation, cycle } of await store.listLastCycles()) {
        const found = operations.find(
          ({ policy }) => policy.component === component && policy.operation === operation,
        )?.policy;
        if (found === undefined || cycle <= board.lastCycle(found)) continue;
        const served = await store.loadServed(found);
        if (served === undefined) continue;
        takeOver(found, served);
        moved.push(found);
      }
      return moved;
    },
    status: () =>
      scheduler.status().map((status) => {
        const found = operations.find(
          ({ policy }) => policy.component === status.component && policy.operation === status.operation,
        );
        const evidence = found === undefined ? undefined : missingEvidence(decisions.get(found.policy));
        return evidence === undefined ? status : { ...status, evidence };
      }),
    lastDecision: (policy) => decisions.get(policy),
    views: () =>
      operations.map(({ policy }) => ({
        component: policy.component,
        operation: policy.operation,
        contextKeys: policy.context,
        allocations: board.document(policy.component)?.document.operations[policy.operation]?.allocations ?? [],
        decision: decisions.get(policy),
      })),
  };
}

/** What a decision found instead of evidence. */
function missingEvidence(decision: Decision | undefined): { kind: string; detail: string } | undefined {
  const reason = decision === undefined ? undefined : summaryOf(decision).unread;
  return decision === undefined || reason === undefined
    ? undefined
    : { kind: readingKind(decision), detail: reason.sentence };
}

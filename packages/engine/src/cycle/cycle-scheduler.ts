/**
 * When passes run: every operation at its interval, on demand, never two of one operation at once, and not too many at all.
 *
 * A pass that throws is told to the log and the observer, and is tried again later; nothing that a pass does ends the schedule.
 */
import type { OperationPolicy } from "@trimtab/learning";
import type { OperationKey } from "../stores/store.ts";
import { type Clock, systemClock } from "./clock.ts";
import { backOffMilliseconds, nextDue, type PassTimes, passTimes } from "./cycle-times.ts";
import type { Log } from "./log.ts";
import type { CycleOutcome } from "./run-cycle.ts";

/** An operation and how often it has a pass. */
export interface ScheduledOperation {
  readonly policy: OperationPolicy;
  /** 1 s to 1 h; rounded up to whole steps of the source's grid. */
  readonly intervalMilliseconds: number;
}

/** What a scheduler is made of. */
export interface CycleSchedulerOptions {
  readonly operations: readonly ScheduledOperation[];
  /** The source's step, in milliseconds. */
  readonly gridMilliseconds: number;
  /** One pass. When the signal is aborted nobody waits for it any more: it must record nothing then. */
  readonly run: (operation: ScheduledOperation, signal: AbortSignal) => Promise<CycleOutcome>;
  readonly log: Log;
  /** Runs a whole pass with the lines that it logs, for whoever keeps something about it, such as a span. Default: just runs it. */
  readonly around?: <Result extends FinishedPass["result"]>(
    policy: OperationPolicy,
    pass: () => Promise<Result>,
  ) => Promise<Result>;
  /** Told of every pass, after it. What it throws is logged. */
  readonly onPass?: (pass: FinishedPass) => void;
  /** How many passes may run at once. Default 4. */
  readonly maximumConcurrentPasses?: number;
  /** A pass that takes longer is given up as failed, and its place is another's. Default 5 min. */
  readonly longestPassMilliseconds?: number;
  readonly clock?: Clock;
  /** From 0 (included) to 1 (excluded); for the jitter of back-offs. */
  readonly random?: () => number;
}

/** A pass that is over. */
export interface FinishedPass extends OperationKey {
  readonly startedAt: number;
  readonly milliseconds: number;
  readonly result:
    | { readonly kind: "finished"; readonly outcome: CycleOutcome }
    | { readonly kind: "failed"; readonly error: unknown };
}

/** How an operation's passes are going. */
export interface PassStatus extends OperationKey {
  readonly running: boolean;
  /** Milliseconds since 1970; absent before the first. */
  readonly lastSuccessAt?: number;
  readonly failuresInARow: number;
  /** The message of the last failure; absent once a pass succeeds. */
  readonly problem?: string;
  /** Why the last pass read nothing; absent where it read its window. */
  readonly skipped?: string;
  /** Milliseconds since 1970. */
  readonly nextDueAt: number;
}

/** Runs the passes of all operations, each at its interval. */
export interface CycleScheduler {
  /** Begins, also again after a stop. */
  start(): void;
  /** Starts no pass any more and waits for those that run; what still runs after the grace (milliseconds) is given up. */
  stop(graceMilliseconds: number): Promise<void>;
  /**
   * Runs a pass now, or right after the one that is running; callers that wait for the same pass share it.
   *
   * @throws What the pass throws; a RangeError for an operation that is not scheduled; a SchedulerStoppedError.
   */
  runNow(key: OperationKey): Promise<CycleOutcome>;
  status(): readonly PassStatus[];
}

/** The scheduler was stopped before the pass began. */
export class SchedulerStoppedError extends Error {
  override readonly name = "SchedulerStoppedError";
  constructor() {
    super("the scheduler was stopped before the pass began");
  }
}

/** Nobody waits for the pass any more; it has recorded nothing, and the next one reads its window too. */
export class PassGivenUpError extends Error {
  override readonly name = "PassGivenUpError";
}

/** A timer may come a little early; the due time that it came for is then not yet past, and must not be due again. */
const TIMER_EARLY_MILLISECONDS = 20;

/** Far above what slow answers make of a pass that ends: two rounds of questions, each with its own time limit. */
const LONGEST_PASS_MILLISECONDS = 300_000;

const SHORTEST_INTERVAL_MILLISECONDS = 1_000;
const LONGEST_INTERVAL_MILLISECONDS = 3_600_000;

/** One operation's schedule. A pass is waiting (for its turn), then running; `waiting` is shared by all who asked for it. */
interface Entry {
  readonly scheduled: ScheduledOperation;
  readonly times: PassTimes;
  waiting: PromiseWithResolvers<CycleOutcome> | undefined;
  running: Promise<void> | undefined;
  giveUp: (reason: PassGivenUpError) => void;
  cancelTimer: () => void;
  nextDueAt: number;
  failuresInARow: number;
  lastSuccessAt: number | undefined;
  problem: string | undefined;
  skipped: string | undefined;
}

/**
 * @throws {RangeError} on an interval outside 1 s to 1 h, and on an operation that stands there twice.
 */
export function createCycleScheduler(options: CycleSchedulerOptions): CycleScheduler {
  const { log, run, around = (_, each) => each(), clock = systemClock, random = Math.random } = options;
  const { maximumConcurrentPasses = 4, longestPassMilliseconds = LONGEST_PASS_MILLISECONDS } = options;
  const entries = createEntries(options);
  /** Entries whose pass waits, in the order of asking. */
  const queue: Entry[] = [];
  let runningPasses = 0;
  let started = false;
  let stopped = false;

  /** Puts a pass in the queue, or joins the one that waits there. */
  const request = (entry: Entry): Promise<CycleOutcome> => {
    if (stopped) return Promise.reject(new SchedulerStoppedError());
    if (entry.waiting !== undefined) return entry.waiting.promise;
    const asked = Promise.withResolvers<CycleOutcome>();
    entry.waiting = asked;
    queue.push(entry);
    startWaiting();
    return asked.promise;
  };

  const startWaiting = (): void => {
    while (runningPasses < maximumConcurrentPasses) {
      const index = queue.findIndex((entry) => entry.running === undefined);
      const [entry] = index < 0 ? [] : queue.splice(index, 1);
      if (entry?.waiting === undefined) return;
      const asked = entry.waiting;
      entry.waiting = undefined;
      runningPasses += 1;
      // Not before `running` is set: a pass may itself ask for passes.
      const started = Promise.resolve().then(() => around(entry.scheduled.policy, () => pass(entry, asked)));
      entry.running = started
        .then(() => {})
        .finally(() => {
          entry.running = undefined;
          runningPasses -= 1;
          startWaiting();
        });
    }
  };

  const pass = async (entry: Entry, asked: PromiseWithResolvers<CycleOutcome>): Promise<FinishedPass["result"]> => {
    const { component, operation } = entry.scheduled.policy;
    const startedAt = clock.now();
    let result: FinishedPass["result"];
    try {
      const outcome = await outcomeOf(entry);
      result = { kind: "finished", outcome };
      entry.failuresInARow = 0;
      entry.lastSuccessAt = clock.now();
      entry.problem = undefined;
      entry.skipped = outcome.kind === "skipped" ? outcome.reason : undefined;
      schedule(entry, nextDue(entry.times, clock.now() + TIMER_EARLY_MILLISECONDS));
      asked.resolve(outcome);
    } catch (error) {
      result = { kind: "failed", error };
      entry.failuresInARow += 1;
      entry.problem = error instanceof Error ? error.message : String(error);
      entry.skipped = undefined;
      const wait = backOffMilliseconds(entry.times.intervalMilliseconds, random());
      schedule(entry, clock.now() + wait);
      const { problem, failuresInARow } = entry;
      log.error("cycle failed", { component, operation, problem, failuresInARow, retryInMilliseconds: wait, error });
      asked.reject(error);
    }
    try {
      options.onPass?.({ component, operation, startedAt, milliseconds: clock.now() - startedAt, result });
    } catch (error) {
      log.error("observer of passes failed", { component, operation, error });
    }
    return result;
  };

  /** What the pass gives, or a rejection as soon as it is given up: a source that never answers must not keep its place. */
  const outcomeOf = async (entry: Entry): Promise<CycleOutcome> => {
    const controller = new AbortController();
    const givenUp = Promise.withResolvers<never>();
    entry.giveUp = (reason) => {
      controller.abort(reason);
      givenUp.reject(reason);
    };
    const cancelTimer = clock.after(longestPassMilliseconds, () => {
      entry.giveUp(new PassGivenUpError(`the pass took longer than ${longestPassMilliseconds / 1_000} s`));
    });
    try {
      return await Promise.race([givenUp.promise, run(entry.scheduled, controller.signal)]);
    } finally {
      cancelTimer();
      entry.giveUp = () => {};
    }
  };

  const schedule = (entry: Entry, at: number): void => {
    entry.cancelTimer();
    entry.nextDueAt = at;
    if (!started || stopped) return;
    entry.cancelTimer = clock.after(Math.max(0, at - clock.now()), () => {
      // A pass that waits or runs schedules the next one when it ends; its failure is told by the log.
      request(entry).catch(() => {});
    });
  };

  return {
    start() {
      started = true;
      stopped = false;
      for (const entry of entries.values()) schedule(entry, nextDue(entry.times, clock.now()));
    },
    async stop(graceMilliseconds) {
      stopped = true;
      for (const entry of entries.values()) entry.cancelTimer();
      for (const entry of queue.splice(0)) {
        entry.waiting?.reject(new SchedulerStoppedError());
        entry.waiting = undefined;
      }
      const cancelTimer = clock.after(graceMilliseconds, () => {
        const reason = new PassGivenUpError("the scheduler was stopped before the pass ended");
        for (const entry of entries.values()) entry.giveUp(reason);
      });
      for (const entry of entries.values()) await entry.running;
      cancelTimer();
    },
    async runNow(key) {
      const entry = entries.get(nameOf(key));
      if (entry === undefined) throw new RangeError(`the operation "${nameOf(key)}" is not configured`);
      return request(entry);
    },
    status: () => [...entries.values()].map(statusOf),
  };
}

function createEntries({
  operations,
  gridMilliseconds,
  clock = systemClock,
}: CycleSchedulerOptions): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const inOrder = [...operations].sort((left, right) => (nameOf(left.policy) < nameOf(right.policy) ? -1 : 1));
  for (const [place, scheduled] of inOrder.entries()) {
    const { policy, intervalMilliseconds } = scheduled;
    const name = nameOf(policy);
    if (
      !(intervalMilliseconds >= SHORTEST_INTERVAL_MILLISECONDS && intervalMilliseconds <= LONGEST_INTERVAL_MILLISECONDS)
    ) {
      throw new RangeError(`the interval of "${name}" is ${intervalMilliseconds} ms; it must be 1 s to 1 h`);
    }
    if (entries.has(name)) throw new RangeError(`the operation "${name}" is scheduled twice`);
    const times = passTimes(intervalMilliseconds, gridMilliseconds, { place, of: inOrder.length });
    entries.set(name, {
      scheduled,
      times,
      waiting: undefined,
      running: undefined,
      giveUp: () => {},
      cancelTimer: () => {},
      nextDueAt: nextDue(times, clock.now()),
      failuresInARow: 0,
      lastSuccessAt: undefined,
      problem: undefined,
      skipped: undefined,
    });
  }
  return entries;
}

function statusOf(entry: Entry): PassStatus {
  const { scheduled, running, lastSuccessAt, failuresInARow, problem, skipped, nextDueAt } = entry;
  return {
    component: scheduled.policy.component,
    operation: scheduled.policy.operation,
    running: running !== undefined,
    ...(lastSuccessAt === undefined ? {} : { lastSuccessAt }),
    failuresInARow,
    ...(problem === undefined ? {} : { problem }),
    ...(skipped === undefined ? {} : { skipped }),
    nextDueAt,
  };
}

/** An operation's name holds no slash, so the last one separates. */
function nameOf({ component, operation }: OperationKey): string {
  return `${component}/${operation}`;
}

/**
 * Passes of large operations in a thread of their own, so that requests are answered while one is read, decided and recorded: that of
 * thousands of contexts takes seconds, and what arrives of it here comes in slices.
 *
 * The thread has connections of its own and runs the same `runCycle`. Two things stay with this one, which knows when they change: who
 * leads and who is told, asked right before a cycle is recorded; and with SQLite whose turn it is to write. A pass that was given up is
 * refused both.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import {
  type Addressees,
  type CurrentLease,
  type CycleOutcome,
  holdConnection,
  type Log,
  type MetricSource,
  NOTICE_TYPES,
  prepareAllocations,
  type QuestionObserver,
  type ServedCycle,
  type SqlDatabase,
} from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { rememberSummary } from "../decision-summary.ts";
import { type DecisionSlice, joinDecision } from "./decision-slices.ts";
import {
  errorOf,
  type FromPassThread,
  type OutcomeFrame,
  type PassRequest,
  type PassThreadSettings,
  type ToPassThread,
  toldError,
  type WritePermission,
} from "./pass-messages.ts";

/** What the thread needs of the one that serves. */
export interface PassThreadParts {
  /** The store's own connections, of which SQLite's waits while the thread writes. */
  readonly database: SqlDatabase;
  readonly lease: CurrentLease | undefined;
  readonly addressees: Addressees;
  readonly source: MetricSource;
  readonly isReported: (component: string) => boolean;
  readonly onQuestion: QuestionObserver["onQuestion"];
  readonly log: Log;
}

/** The thread; started when it is first needed, and again after it has ended. */
export interface PassThread {
  /** @throws What `runCycle` throws; an Error where the thread ended before the pass did. */
  run(policy: OperationPolicy, intervalMilliseconds: number, now: number, signal: AbortSignal): Promise<CycleOutcome>;
  /** Resolves when nothing is recorded any more that nobody waits for. */
  settled(): Promise<void>;
  /** Ends the thread; its passes are rejected. */
  close(): Promise<void>;
}

/** Builds it; no thread is started yet. */
export function createPassThread(settings: PassThreadSettings, parts: PassThreadParts): PassThread {
  let running: RunningThread | undefined;
  let isClosed = false;
  return {
    run(policy, intervalMilliseconds, now, signal) {
      if (isClosed) return Promise.reject(new Error("the thread that learns was ended"));
      running ??= new RunningThread(settings, parts, () => {
        running = undefined;
      });
      const { source } = parts;
      const readUntil = source.readUntil?.();
      return running.run(
        {
          policy,
          intervalMilliseconds,
          now,
          latestWindowEnd: source.latestWindowEnd(now),
          gridMilliseconds: source.scrapeIntervalMilliseconds(),
          isReported: parts.isReported(policy.component),
          ...(readUntil === undefined ? {} : { readUntil }),
        },
        signal,
      );
    },
    settled: async () => running?.settled(),
    async close() {
      isClosed = true;
      await running?.end();
    },
  };
}

interface WaitingPass {
  readonly policy: OperationPolicy;
  readonly outcome: PromiseWithResolvers<CycleOutcome>;
  readonly signal: AbortSignal;
  /** Runs something as a part of the pass: its log lines and spans say so. */
  readonly within: <Result>(run: () => Result) => Result;
  isRecording: boolean;
}

class RunningThread {
  readonly #parts: PassThreadParts;
  readonly #worker: Worker;
  readonly #passes = new Map<number, WaitingPass>();
  #last = 0;
  #hasEnded = false;
  /** Gives the turn to write back. */
  #giveBack: (() => void) | undefined;

  constructor(settings: PassThreadSettings, parts: PassThreadParts, onEnd: () => void) {
    this.#parts = parts;
    const isSource = import.meta.url.endsWith(".ts");
    this.#worker = new Worker(new URL(isSource ? "./pass-worker.ts" : "./pass-worker.js", import.meta.url), {
      workerData: settings,
      ...(isSource ? { execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"] } : {}),
    });
    parts.log.info("a thread learns for large operations", { thread: this.#worker.threadId });
    this.#worker.unref(); // a pass that runs does not keep the process alive
    const end = (problem: string): void => {
      if (this.#hasEnded) return; // "exit" follows "error", when another thread may have taken this one's place
      this.#hasEnded = true;
      onEnd();
      this.#endTurn();
      for (const { outcome } of this.#passes.values()) outcome.reject(new Error(problem));
      this.#passes.clear();
    };
    this.#worker.on("error", (error) => end(`the thread that learns ended: ${error.message}`));
    this.#worker.on("exit", (code) => end(`the thread that learns ended: exit code ${code}`));
    this.#worker.on("message", (message: FromPassThread) => this.#take(message));
  }

  run(request: PassRequest, signal: AbortSignal): Promise<CycleOutcome> {
    signal.throwIfAborted();
    const pass = ++this.#last;
    const outcome = Promise.withResolvers<CycleOutcome>();
    const within = AsyncLocalStorage.snapshot();
    this.#passes.set(pass, { policy: request.policy, outcome, signal, within, isRecording: false });
    const giveUp = (): void => this.#tell({ kind: "give up", pass, reason: toldError(signal.reason) });
    signal.addEventListener("abort", giveUp, { once: true });
    this.#tell({ kind: "pass", pass, request });
    return outcome.promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  async settled(): Promise<void> {
    const recording = [...this.#passes.values()].filter(({ isRecording }) => isRecording);
    await Promise.allSettled(recording.map(({ outcome }) => outcome.promise));
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToPassThread): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromPassThread): void {
    const pass = "pass" in message && message.pass !== undefined ? this.#passes.get(message.pass) : undefined;
    const within = pass?.within ?? (<Result>(run: () => Result): Result => run());
    switch (message.kind) {
      case "log":
        within(() => this.#parts.log[message.level](message.message, message.fields));
        break;
      case "question":
        within(() => this.#parts.onQuestion(...message.asked));
        break;
      case "permission":
        this.#tell({ kind: "permission", pass: message.pass, answer: this.#permission(pass) });
        break;
      case "turn":
        void this.#giveTurn();
        break;
      case "turn over":
        this.#endTurn();
        break;
      case "evidence":
        // No reading of evidence rejects.
        void this.#parts.source
          .readEvidence(message.asked)
          .then((evidence) => this.#tell({ kind: "evidence", pass: message.pass, evidence }));
        break;
      case "finished":
        this.#passes.delete(message.pass);
        if (pass !== undefined) pass.outcome.resolve(within(() => outcomeOf(message.outcome, pass.policy)));
        break;
      case "failed":
        this.#passes.delete(message.pass);
        pass?.outcome.reject(errorOf(message.error));
        break;
    }
  }

  #permission(pass: WaitingPass | undefined): WritePermission | ReturnType<typeof toldError> {
    if (pass === undefined || pass.signal.aborted) return toldError(pass?.signal.reason);
    pass.isRecording = true;
    const lease = this.#parts.lease?.();
    const addressees = Object.fromEntries(NOTICE_TYPES.map((type) => [type, this.#parts.addressees(type)]));
    return { addressees: addressees as WritePermission["addressees"], ...(lease === undefined ? {} : { lease }) };
  }

  async #giveTurn(): Promise<void> {
    try {
      const giveBack = await holdConnection(this.#parts.database);
      if (this.#hasEnded) return giveBack();
      this.#giveBack = giveBack;
      this.#tell({ kind: "turn" });
    } catch (error) {
      this.#tell({ kind: "turn", refused: `the store is closed: ${toldError(error).message}` });
    }
  }

  #endTurn(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }
}

async function outcomeOf(frame: OutcomeFrame, policy: OperationPolicy): Promise<CycleOutcome> {
  if (frame.kind !== "recorded") return frame;
  const { slices, decision: begun, summary, served, ...rest } = frame;
  const decision = await joinDecision(begun, received(slices.port, slices.count), (slice) => {
    if (slice.list === "allocations") prepareAllocations(policy, slice.items);
  });
  rememberSummary(decision, summary);
  return { ...rest, decision, served: { ...served, decision } satisfies ServedCycle };
}

/** One slice a turn of the loop. All were sent before the port was. */
async function* received(port: MessagePort, count: number): AsyncGenerator<DecisionSlice> {
  try {
    for (let index = 0; index < count; index++) {
      await new Promise((resolve) => setImmediate(resolve));
      const received = receiveMessageOnPort(port);
      if (received === undefined) throw new Error("a part of a decision did not arrive from the thread that learns");
      yield received.message as DecisionSlice;
    }
  } finally {
    port.close();
  }
}

/**
 * The thread that learns for large operations: reads, decides and records whole passes, on connections of its own, by the same
 * `runCycle` as everything else. The other side is `pass-thread.ts`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { MessageChannel, type MessagePort, parentPort, workerData } from "node:worker_threads";
import {
  type CycleDependencies,
  type CycleOutcome,
  createActStore,
  createDecideThread,
  createFeedbackStore,
  createRollupStore,
  createSqlStore,
  type Log,
  type MetricSource,
  openPostgresDatabase,
  openSqliteBeside,
  type QuestionObserver,
  runCycle,
  type SqlDatabase,
} from "@trimtab/engine";
import type { Evidence } from "@trimtab/learning";
import { summaryOf } from "../decision-summary.ts";
import { createScrapedSource } from "../metric-sources.ts";
import { sliceDecision } from "./decision-slices.ts";
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

const settings = workerData as PassThreadSettings;

/** A recording needs one; what is read beside it another. */
const POSTGRES_CONNECTIONS = 2;

interface RunningPass {
  readonly abort: AbortController;
  permission?: PromiseWithResolvers<WritePermission>;
  evidence?: PromiseWithResolvers<Evidence>;
}

const passes = new Map<number, RunningPass>();
/** The pass that what happens belongs to. */
const current = new AsyncLocalStorage<number>();
let turn: PromiseWithResolvers<void> | undefined;

const tell = (message: FromPassThread): void => parentPort?.postMessage(message);

const line =
  (level: "debug" | "info" | "warning" | "error"): Log["info"] =>
  (message, fields) =>
    tell({ kind: "log", pass: current.getStore(), level, message, fields });

const log: Log = {
  debug: settings.writesDebug ? line("debug") : () => {},
  info: line("info"),
  warning: line("warning"),
  error: line("error"),
  writesDebug: settings.writesDebug,
};

const observer: QuestionObserver = {
  onQuestion: (...asked) => tell({ kind: "question", pass: current.getStore(), asked }),
};

const database: Promise<SqlDatabase> = openDatabase();
database.catch(() => {}); // each pass tells it

const decideThread = createDecideThread({
  contextsInPlace: Number.POSITIVE_INFINITY,
  ...(Object.keys(settings.strategyUrls).length === 0
    ? {}
    : { strategies: { definitions: {}, urls: settings.strategyUrls } }),
});

parentPort?.on("message", (message: ToPassThread) => {
  switch (message.kind) {
    case "pass":
      void current.run(message.pass, () => run(message.pass, message.request));
      break;
    case "permission": {
      const { pass, answer } = message;
      const asked = passes.get(pass)?.permission;
      if ("addressees" in answer) asked?.resolve(answer);
      else asked?.reject(errorOf(answer));
      break;
    }
    case "turn":
      if (message.refused === undefined) turn?.resolve();
      else turn?.reject(new Error(message.refused));
      break;
    case "evidence":
      passes.get(message.pass)?.evidence?.resolve(message.evidence);
      break;
    case "give up":
      passes.get(message.pass)?.abort.abort(errorOf(message.reason));
      break;
  }
});

function openDatabase(): Promise<SqlDatabase> {
  const { store } = settings;
  if (store.kind === "postgres")
    return openPostgresDatabase({
      url: store.url,
      maximumConnections: POSTGRES_CONNECTIONS,
      onConnectionError: ({ message }) => log.debug("a connection to the store broke", { problem: message }),
    });
  return openSqliteBeside(store.path, {
    begin() {
      turn = Promise.withResolvers<void>();
      tell({ kind: "turn" });
      return turn.promise;
    },
    end: () => tell({ kind: "turn over" }),
  });
}

async function run(pass: number, request: PassRequest): Promise<void> {
  const running: RunningPass = { abort: new AbortController() };
  passes.set(pass, running);
  try {
    const outcome = await runCycle(request.policy, await dependenciesOf(pass, request, running));
    const { frame, transfer } = framed(outcome);
    parentPort?.postMessage({ kind: "finished", pass, outcome: frame } satisfies FromPassThread, transfer);
  } catch (error) {
    tell({ kind: "failed", pass, error: toldError(error) });
  } finally {
    passes.delete(pass);
  }
}

async function dependenciesOf(pass: number, request: PassRequest, running: RunningPass): Promise<CycleDependencies> {
  const opened = await database;
  let permission: WritePermission | undefined;
  const store = createSqlStore(
    opened,
    settings.store.kind === "postgres" ? () => permission?.lease : undefined,
    (type) => permission?.addressees[type] ?? [],
  );
  return {
    store: {
      loadOperation: (key) => store.loadOperation(key),
      async recordCycle(record) {
        running.permission = Promise.withResolvers<WritePermission>();
        tell({ kind: "permission", pass });
        permission = await running.permission.promise;
        return store.recordCycle(record);
      },
    },
    source: {
      latestWindowEnd: () => request.latestWindowEnd,
      scrapeIntervalMilliseconds: () => request.gridMilliseconds,
      async readEvidence(asked) {
        const source = request.isReported ? undefined : scrapedSource(opened, request);
        if (source !== undefined) return source.readEvidence(asked);
        running.evidence = Promise.withResolvers<Evidence>();
        tell({ kind: "evidence", pass, asked });
        return running.evidence.promise;
      },
    },
    feedback: createFeedbackStore(opened),
    acts: createActStore(opened),
    async decide(input) {
      const output = await decideThread.decide(input);
      await new Promise((resolve) => setImmediate(resolve)); // it may have been given up meanwhile
      return output;
    },
    log,
    intervalMilliseconds: request.intervalMilliseconds,
    now: request.now,
    signal: running.abort.signal,
  };
}

/** Kept from pass to pass: it leaves a Prometheus alone that fails. */
let prometheus: { readonly gridMilliseconds: number; readonly source: MetricSource } | undefined;

/** Reads what the other thread's source would read, and scrapes nothing. */
function scrapedSource(
  opened: SqlDatabase,
  { gridMilliseconds, readUntil }: PassRequest,
): Pick<MetricSource, "readEvidence"> | undefined {
  const { metrics, intervalMilliseconds } = settings;
  if (metrics.source === "reported") return undefined;
  const rollups = createRollupStore(opened);
  if (metrics.source === "embedded") {
    const rounds = { openTargets: () => Promise.resolve([]), lastPageAt: () => Promise.resolve(readUntil) };
    const parts = { rollups: { ...rollups, ...rounds }, intervalMilliseconds, observer, log };
    return createScrapedSource({ ...metrics, targets: [] }, parts);
  }
  if (prometheus?.gridMilliseconds !== gridMilliseconds) {
    void prometheus?.source.close();
    const parts = { rollups, intervalMilliseconds, observer, log };
    const source = createScrapedSource({ ...metrics, scrapeIntervalMilliseconds: gridMilliseconds }, parts);
    prometheus = { gridMilliseconds, source };
  }
  return prometheus.source;
}

function framed(outcome: CycleOutcome): {
  readonly frame: OutcomeFrame;
  readonly transfer: (MessagePort | ArrayBuffer)[];
} {
  if (outcome.kind !== "recorded") return { frame: outcome, transfer: [] };
  const { decision, served, ...rest } = outcome;
  if (served === undefined) throw new Error("a pass in this thread is never dry");
  const { decision: _same, ...servedFrame } = served;
  const { frame, slices } = sliceDecision(decision);
  const { port1, port2 } = new MessageChannel();
  for (const slice of slices) port1.postMessage(slice);
  return {
    frame: {
      ...rest,
      decision: frame,
      summary: summaryOf(decision),
      served: servedFrame,
      slices: { port: port2, count: slices.length },
    },
    transfer: [port2, frame.contexts.buffer],
  };
}

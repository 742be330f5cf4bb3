import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { variantId } from "@trimtab/conventions";
import {
  type CycleOutcome,
  createFeedbackStore,
  createSqlStore,
  type MetricSource,
  openSqliteDatabase,
  replayCycles,
  runCycle,
  type SqlDatabase,
  type Store,
  silentLog,
} from "@trimtab/engine";
import type { Evidence, OperationPolicy } from "@trimtab/learning";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPassThread, type PassThread } from "./pass-thread.ts";

const GRID = 10_000;
const START = Date.UTC(2026, 10, 20, 10, 0, 0);
const CONTEXTS = 60;

const policy: OperationPolicy = {
  component: "shop",
  operation: "checkout",
  context: ["tenant"],
  parameters: { temperature: { type: "number", base: 0.5, min: 0, max: 1, step: 0.1 } },
  objective: { success: { weight: 1 } },
  constraints: [],
  mode: "auto",
  confidence: 0.7,
  holdout: 0.05,
  strategy: { kind: "response-surface", options: {} },
};

function evidenceOf(window: Evidence["window"]): Evidence {
  const variant = variantId({ temperature: 0.5 }, "baseline");
  const value = Array.from({ length: CONTEXTS }, (_, index) => ({
    context: { tenant: `tenant-${index}` },
    variant,
    reading: { kind: "value" as const, value: { success: 90 + (index % 7), failure: 10, partial: 0 } },
  }));
  return { window, queries: [], cells: { kind: "value", value } };
}

/** Answers as the test says: reported operations are read by the thread that serves. */
let readEvidence: MetricSource["readEvidence"];
const source: MetricSource = {
  kind: "reported",
  start: () => Promise.resolve(),
  close: () => Promise.resolve(),
  latestWindowEnd: (now) => (Math.floor(now / GRID) - 2) * GRID,
  scrapeIntervalMilliseconds: () => GRID,
  readEvidence: (request) => readEvidence(request),
  discoverOperations: () => Promise.resolve({ kind: "value", value: [] }),
  inspect: () => Promise.reject(new Error("nobody asks")),
};

let folder: string;
let database: SqlDatabase;
let store: Store;
let thread: PassThread;
let told: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-pass-"));
  const path = join(folder, "trimtab.db");
  database = await openSqliteDatabase(path);
  store = createSqlStore(database);
  told = [];
  readEvidence = ({ window }) => Promise.resolve(evidenceOf(window));
  thread = createPassThread(
    {
      store: { kind: "sqlite", path, keepDecisionsMilliseconds: 1 },
      metrics: { source: "reported", gridMilliseconds: GRID },
      intervalMilliseconds: GRID,
      strategyUrls: {},
      writesDebug: true,
    },
    {
      database,
      lease: undefined,
      addressees: (type) => (type === "adaptation.applied" ? ["hook"] : []),
      source,
      isReported: () => true,
      onQuestion: () => {},
      log: { ...silentLog, debug: (message) => told.push(message) },
    },
  );
});
afterEach(async () => {
  await thread.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const pass = (number: number, signal = new AbortController().signal): Promise<CycleOutcome> =>
  thread.run(policy, GRID, START + number * GRID, signal);

test("a pass in the thread records and gives what a pass here does, and it replays bit for bit", async () => {
  const other = createSqlStore(await openSqliteDatabase(":memory:"));
  for (const number of [1, 2, 3]) {
    const outcome = await pass(number);
    const here = await runCycle(policy, {
      store: other,
      source,
      log: silentLog,
      intervalMilliseconds: GRID,
      now: START + number * GRID,
    });
    expect(outcome).toEqual(here);
  }
  expect(await store.loadOperation(policy)).toEqual(await other.loadOperation(policy));
  expect((await store.loadOperation(policy))?.decision.allocations).toHaveLength(CONTEXTS + 1);
  expect(await replayCycles(store, policy)).toMatchObject({ replayed: 3, unreplayable: [] });
  expect(told.filter((message) => message === "evidence")).toHaveLength(3); // its log lines are written here
  await other.close();
});

test("a pass that was given up records nothing, and the next one reads its window", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  readEvidence = async ({ window }) => {
    asked.resolve();
    await answer.promise;
    return evidenceOf(window);
  };
  const abort = new AbortController();
  const givenUp = pass(1, abort.signal);
  await asked.promise;
  abort.abort(new Error("the pass took too long"));
  answer.resolve();
  await expect(givenUp).rejects.toThrow("the pass took too long");
  expect(await store.loadOperation(policy)).toBeUndefined();
  expect(await pass(1)).toMatchObject({ kind: "recorded", cycle: 1 });
});

test("whoever writes while passes are recorded is neither refused nor lost", async () => {
  const feedback = createFeedbackStore(database);
  let isRunning = true;
  let kept = 0;
  const writing = (async () => {
    while (isRunning) {
      await feedback.addFeedback([
        {
          id: `f-${kept}`,
          type: "user_rating",
          component: "shop",
          operation: "checkout",
          context: {},
          receivedAt: START,
        },
      ]);
      kept++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (const number of [1, 2, 3]) expect(await pass(number)).toMatchObject({ kind: "recorded", cycle: number });
  isRunning = false;
  await writing;
  expect((await feedback.listFeedback({}, { limit: kept + 1 })).items).toHaveLength(kept); // however fast the machine
});

test("a thread that has ended fails its passes, gives its turn back and is started again", async () => {
  const asked = Promise.withResolvers<void>();
  readEvidence = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  const lost = pass(1);
  const outcome = lost.catch((error: unknown) => error);
  await asked.promise;
  await thread.close();
  expect(await outcome).toEqual(new Error("the thread that learns ended: exit code 1"));
  await expect(pass(2)).rejects.toThrow("was ended"); // closed for good
  expect(await store.listLastCycles()).toEqual([]);
});

test("another writer of the cycle is a conflict, told as such", async () => {
  readEvidence = async ({ window }) => {
    readEvidence = ({ window: next }) => Promise.resolve(evidenceOf(next));
    await runCycle(policy, { store, source, log: silentLog, intervalMilliseconds: GRID, now: START + GRID });
    return evidenceOf(window);
  };
  expect(await pass(1)).toMatchObject({ kind: "conflict", reason: expect.stringMatching(/does not follow cycle 1/) });
});

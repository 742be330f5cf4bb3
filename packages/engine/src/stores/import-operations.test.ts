/** What was learnt goes on in another store as if nothing had happened; whatever is wrong leaves that store as it was. */
import { canonicalJson, type Json, variantId } from "@trimtab/conventions";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "../cycle/log.ts";
import { policyHash, runCycle } from "../cycle/run-cycle.ts";
import { cellOf, scriptedSource } from "../cycle/scripted-source.ts";
import type { ActCommand } from "./act-store.ts";
import { sampleAct } from "./act-store-contract.ts";
import { createActStore } from "./act-store-sql.ts";
import { exportOperations } from "./export-operations.ts";
import type { ExportedEntry } from "./exported-entry.ts";
import { type ImportOptions, importOperations, OperationsPresentError } from "./import-operations.ts";
import { FIRST_CYCLE_AT, samplePolicy } from "./sample-cycles.ts";
import { createSqlStore } from "./sql-store.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";
import type { SqlDatabase } from "./tables.ts";
import { createTrendStore } from "./trend-store-sql.ts";

const policy = samplePolicy({ mode: "suggest" });
const KEY = { component: "shop", operation: "checkout" };
const source = scriptedSource(15_000, () => ({
  kind: "value",
  value: [
    cellOf({ genre: "rock" }, variantId({ temperature: 0.5 }, "baseline"), { success: 40, failure: 60 }),
    cellOf({ genre: "rock" }, variantId({ temperature: 0.6 }), { success: 40, failure: 60 }),
  ],
}));

let from: SqlDatabase;
let to: SqlDatabase;
let passes: number;
let done: number;
beforeEach(async () => {
  from = await openSqliteDatabase(":memory:");
  to = await openSqliteDatabase(":memory:");
  passes = 0;
  done = 0;
});
afterEach(async () => {
  await from.destroy();
  await to.destroy();
});

async function pass(database: SqlDatabase, number = ++passes) {
  const dependencies = { store: createSqlStore(database), source, acts: createActStore(database), log: silentLog };
  const now = FIRST_CYCLE_AT + number * 30_000;
  const outcome = await runCycle(policy, { ...dependencies, intervalMilliseconds: 30_000, now });
  if (outcome.kind !== "recorded") throw new Error(outcome.reason);
  return outcome.decision;
}

async function act(command: ActCommand) {
  await createActStore(from).addAct(sampleAct(done++, command));
  return pass(from);
}

/** Thirty cycles, an approved change and a rejected one, an override, a freeze; and an act that waits. */
async function learn(): Promise<void> {
  for (let cycle = 0; cycle < 30; cycle++) await pass(from);
  const suggested = async () =>
    (await createSqlStore(from).listAdaptations({ status: "suggested" }, { limit: 1 })).items[0]?.id ?? "";
  await act({ kind: "approve", target: await suggested() });
  for (let cycle = 0; cycle < 20; cycle++) await pass(from);
  await act({ kind: "reject", target: await suggested() });
  await act({ kind: "override", context: { genre: "rock" }, values: { temperature: 0.9 } });
  await act({ kind: "freeze" });
  await createActStore(from).addAct(sampleAct(done++, { kind: "unfreeze" }));
}

async function exported(database: SqlDatabase): Promise<ExportedEntry[]> {
  const entries: ExportedEntry[] = [];
  await exportOperations(
    database,
    () => true,
    (entry) => {
      entries.push(JSON.parse(JSON.stringify(entry)) as ExportedEntry); // as a file gives it back
    },
  );
  return entries;
}

let imports = 0;
const OPTIONS: ImportOptions = {
  origin: { who: "ann", why: "we move to a server", at: FIRST_CYCLE_AT },
  actId: () => `act-import-${imports++}`,
  exportedAt: FIRST_CYCLE_AT,
  replaces: false,
  policyHash,
};

async function* stream(entries: readonly ExportedEntry[]): AsyncGenerator<ExportedEntry> {
  yield* entries;
}

const importAll = (entries: readonly ExportedEntry[], changes: Partial<ImportOptions> = {}) =>
  importOperations(to, stream(entries), { ...OPTIONS, ...changes });

/** Everything that a store tells, but for the acts of imports. */
async function contents(database: SqlDatabase) {
  const store = createSqlStore(database);
  const { items: acts } = await createActStore(database).listActs({}, { limit: 1_000 });
  return {
    operation: await store.loadOperation(KEY),
    served: await store.loadServed(KEY),
    adaptations: (await store.listAdaptations({}, { limit: 1_000 })).items,
    acts: acts.filter(({ act: { kind } }) => kind !== "import"),
    trends: await createTrendStore(database).readTrend({ ...KEY, from: 0, to: Number.MAX_SAFE_INTEGER }),
    waiting: await createActStore(database).waitingActs(KEY, 10),
  };
}

test("everything is there, and the next decision is the same, bit for bit", async () => {
  await learn();
  const entries = await exported(from);
  expect(entries.filter(({ kind }) => kind === "adaptation").length).toBeGreaterThan(1);
  expect(entries.filter(({ kind }) => kind === "trend").length).toBeGreaterThan(0);
  const [imported] = await importAll(entries);
  expect(await contents(to)).toEqual(await contents(from));
  expect(imported).toMatchObject({ ...KEY, replaced: false, acts: 5 });
  const [audit] = (await createActStore(to).listActs({ kind: "import" }, { limit: 2 })).items;
  expect(audit?.act).toMatchObject({ ...KEY, who: "ann", why: "we move to a server", exportedAt: FIRST_CYCLE_AT });
  expect(audit?.outcome).toMatchObject({ result: "done", cycle: imported?.cycle, reason: { code: "PERSON_IMPORTED" } });

  for (let more = 0; more < 25; more++) {
    const number = ++passes;
    const [here, there] = [await pass(from, number), await pass(to, number)];
    expect(canonicalJson(there as unknown as Json)).toBe(canonicalJson(here as unknown as Json));
  }
  expect((await createSqlStore(to).loadOperation(KEY))?.state).toEqual(
    (await createSqlStore(from).loadOperation(KEY))?.state,
  );
});

test("what is there gives way only where that is said; then its acts stay, and services see a new revision", async () => {
  await learn();
  const entries = await exported(from);
  for (let cycle = 1; cycle <= 80; cycle++) await pass(to, cycle);
  await createActStore(to).addAct(sampleAct(99, { kind: "freeze" }));
  await pass(to, 81);
  const before = await contents(to);
  await expect(importAll(entries)).rejects.toThrow(OperationsPresentError);
  expect(await contents(to)).toEqual(before);

  expect(await importAll(entries, { replaces: true })).toMatchObject([{ replaced: true, cycle: 82 }]);
  const after = await contents(to);
  const wanted = await contents(from);
  expect(after.operation?.state).toEqual(wanted.operation?.state);
  expect(after.adaptations).toEqual(wanted.adaptations);
  expect(after.trends).toEqual(wanted.trends);
  expect(after.acts.map(({ act: { id } }) => id)).toContain("act-99");
  expect(after.served?.allocationsSince).toBe(82);
  expect(await pass(to, 200)).toBeDefined();
  // and once more, as after a mistake: acts that are there already are the same
  await importAll(entries, { replaces: true });
  expect((await contents(to)).acts.length).toBe(after.acts.length);
});

test("a state of an operation with tens of thousands of contexts goes through, too", async () => {
  await learn();
  const [operation, ...others] = await exported(from);
  if (operation?.kind !== "operation") throw new Error("there is no operation");
  const state = { ...operation.state, large: "x".repeat(65 * 1024 * 1024) };
  await importAll([{ ...operation, state }, ...others]);
  const stored = await createSqlStore(to).loadOperation(KEY);
  expect(JSON.stringify(stored?.state) === JSON.stringify(state)).toBe(true);
});

test("whatever is wrong with an entry, nothing of the others stays", async () => {
  await learn();
  const entries = await exported(from);
  const nothing = await contents(to);
  const second = entries.findIndex(({ kind }) => kind === "adaptation");
  const adaptation = entries[second];
  if (adaptation?.kind !== "adaptation") throw new Error("there is no adaptation");
  const wrong: readonly (readonly [string, readonly ExportedEntry[]])[] = [
    ["does not begin with an operation", entries.slice(1)],
    ["is in the file twice", [...entries, ...entries]],
    [
      "its history ends with",
      entries.with(second, { ...adaptation, adaptation: { ...adaptation.adaptation, status: "failed" } }),
    ],
    [
      "is followed by the adaptation",
      entries.with(second, { ...adaptation, adaptation: { ...adaptation.adaptation, operation: "browse" } }),
    ],
  ];
  for (const [message, broken] of wrong) {
    await expect(importAll(broken)).rejects.toThrow(message);
    expect(await contents(to)).toEqual(nothing);
  }
  async function* failing(): AsyncGenerator<ExportedEntry> {
    yield* entries;
    throw new Error("the file was cut off");
  }
  await expect(importOperations(to, failing(), OPTIONS)).rejects.toThrow("cut off");
  expect(await contents(to)).toEqual(nothing);
  expect(await createSqlStore(to).listOperations()).toEqual([]);
});

/** People's acts through a real store: served at once, and replayed bit for bit. */
import { variantId } from "@trimtab/conventions";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ActCommand, ActStore } from "../stores/act-store.ts";
import { sampleAct } from "../stores/act-store-contract.ts";
import { createActStore } from "../stores/act-store-sql.ts";
import { FIRST_CYCLE_AT, samplePolicy } from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { Store } from "../stores/store.ts";
import { silentLog } from "./log.ts";
import { replayCycles } from "./replay-cycle.ts";
import { runCycle } from "./run-cycle.ts";
import { cellOf, scriptedSource } from "./scripted-source.ts";
import { servedOperation } from "./served-operation.ts";

const baseline = variantId({ temperature: 0.5 }, "baseline");
const policy = samplePolicy({ mode: "suggest" });
const source = scriptedSource(15_000, () => ({
  kind: "value",
  value: [cellOf({ genre: "rock" }, baseline, { success: 40, failure: 60 })],
}));

let store: Store;
let acts: ActStore;
let now = FIRST_CYCLE_AT;
let done = 0;
beforeEach(async () => {
  const database = await openSqliteDatabase(":memory:");
  store = createSqlStore(database);
  acts = createActStore(database);
  now = FIRST_CYCLE_AT;
  done = 0;
});
afterEach(() => store.close());

async function pass(changes = policy) {
  now += 30_000;
  const outcome = await runCycle(changes, { store, source, acts, log: silentLog, intervalMilliseconds: 30_000, now });
  if (outcome.kind !== "recorded") throw new Error(outcome.reason);
  return outcome.decision;
}

async function act(command: ActCommand, changes = policy) {
  await acts.addAct(sampleAct(done++, command));
  return pass(changes);
}

test("a suggestion is approved, rolled back, overridden and frozen; every cycle is replayed as it was", async () => {
  for (let cycle = 0; cycle < 30; cycle++) await pass();
  const [suggested] = (await store.listAdaptations({ status: "suggested" }, { limit: 1 })).items;
  const approved = await act({ kind: "approve", target: suggested?.id ?? "" });
  expect(approved.acts).toMatchObject([{ result: "done", reason: { code: "PERSON_APPROVED" } }]);
  const stored = await store.getAdaptation(suggested?.id ?? "");
  expect(stored?.history.map(({ status }) => status)).toEqual(["suggested", "approved", "applied"]);
  await pass();
  await act({ kind: "roll-back", target: suggested?.changeId ?? "" });
  expect((await store.getAdaptation(suggested?.id ?? ""))?.status).toBe("rolled-back");
  await act({ kind: "override", context: { genre: "rock" }, values: { temperature: 0.9 } });
  await pass();
  await act({ kind: "freeze" });
  const last = await act({ kind: "reset" });
  expect(last.allocations.find(({ context }) => context["genre"] === "rock")?.variants[1]?.parameters).toEqual({
    temperature: 0.9,
  });
  const report = await replayCycles(store, policy);
  expect(report).toMatchObject({ replayed: 37, unreplayable: [] });
  expect(report.difference).toBeUndefined();
});

test("in mode observe what a person set is served, and nothing else", async () => {
  const observe = samplePolicy({ mode: "observe" });
  const learnt = await act({ kind: "override", context: { genre: "rock" }, values: { temperature: 0.9 } });
  const contexts = servedOperation(observe, learnt, { mayExplore: true }).allocations.map(({ context }) => context);
  expect(contexts).toEqual([{}, { genre: "rock" }]);
  const decided = await act({ kind: "release", context: { genre: "rock" } }, observe);
  expect(servedOperation(observe, decided, { mayExplore: true }).allocations.map(({ context }) => context)).toEqual([
    {},
  ]);
});

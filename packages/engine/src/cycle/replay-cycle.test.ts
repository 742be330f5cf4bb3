/** Real cycles in a real store, decided again; and records that somebody has touched. */
import { variantId } from "@trimtab/conventions";
import type { OperationPolicy, StrategyDefinition } from "@trimtab/learning";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { samplePolicy } from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { Store } from "../stores/store.ts";
import type { SqlDatabase } from "../stores/tables.ts";
import { silentLog } from "./log.ts";
import { findCycle, type ReplayOptions, type ReplayReport, replayCycles } from "./replay-cycle.ts";
import { runCycle } from "./run-cycle.ts";
import { cellOf, scriptedSource } from "./scripted-source.ts";

const START = Date.UTC(2026, 10, 20, 10, 0, 0);
const KEY = { component: "shop", operation: "checkout" };

let database: SqlDatabase;
let store: Store;
beforeEach(async () => {
  database = await openSqliteDatabase(":memory:");
  store = createSqlStore(database);
});
afterEach(() => store.close());

/** Records cycles in which warmer is better, with whatever is served at the time. */
async function record(
  cycles: number,
  policy: OperationPolicy,
  strategies?: Record<string, StrategyDefinition>,
  first = 1,
): Promise<void> {
  const { decide } = await import("@trimtab/learning");
  for (let cycle = first; cycle <= cycles; cycle++) {
    const served = (await store.loadOperation(policy))?.decision.allocations ?? [];
    const cells = ["rock", "jazz"].flatMap((genre) => {
      const allocation = served.find(({ context }) => context["genre"] === genre);
      const base = { id: variantId({ temperature: 0.5 }, "baseline"), weight: 1, parameters: { temperature: 0.5 } };
      return (allocation?.variants ?? [base]).map(({ id, weight, parameters }) => {
        const calls = Math.round(200 * weight);
        const good = Math.round(calls * (0.4 + 0.5 * Number(parameters["temperature"])) + ((cycle * 7) % 5) - 2);
        const success = Math.max(0, Math.min(calls, good));
        return cellOf({ genre }, id, { success, failure: calls - success });
      });
    });
    const source = scriptedSource(
      15_000,
      () => ({ kind: cycle % 9 === 0 ? "timeout" : "value", value: cells, detail: "slow" }) as never,
    );
    const outcome = await runCycle(policy, {
      store,
      source,
      log: silentLog,
      intervalMilliseconds: 30_000,
      now: START + cycle * 30_000,
      ...(strategies === undefined ? {} : { decide: (input) => decide({ ...input, strategies }) }),
    });
    if (outcome.kind !== "recorded") throw new Error(JSON.stringify(outcome));
  }
}

const replay = (options: Partial<ReplayOptions> = {}): Promise<ReplayReport> =>
  replayCycles(store, { ...KEY, ...options });

const ALL_THE_SAME = { ...KEY, unreplayable: [] };

describe.each([
  ["response-surface", {}],
  ["threshold-rule", {}],
  ["thompson-sampling", {}],
  ["hill-climbing", { share: 0.4 }],
] as const)("cycles of %s", (kind, options) => {
  test("come out bit for bit, from the first to the last and in any part", { timeout: 30_000 }, async () => {
    await record(65, samplePolicy({ strategy: { kind, options } }));
    const { items } = await store.listCycles(KEY, { limit: 100 });
    expect(items.some(({ decision }) => decision.contexts.some((context) => context.kind !== "hold"))).toBe(true);
    expect(await replay()).toEqual({ ...ALL_THE_SAME, first: 1, last: 65, replayed: 65 });
    expect(await replay({ from: 33 })).toEqual({ ...ALL_THE_SAME, first: 33, last: 65, replayed: 33 });
    expect(await replay({ from: 7, to: 7 })).toEqual({ ...ALL_THE_SAME, first: 7, last: 7, replayed: 1 });
    expect(await replay({ from: 40, to: 41 })).toEqual({ ...ALL_THE_SAME, first: 40, last: 41, replayed: 2 });
    expect(await replay({ from: 66 })).toEqual({ ...ALL_THE_SAME, replayed: 0 });
  });
});

test("a policy that changed on the way is followed", async () => {
  await record(12, samplePolicy({ strategy: { kind: "threshold-rule", options: {} } }));
  await record(24, samplePolicy({ holdout: 0.1 }), undefined, 13);
  expect(await replay()).toEqual({ ...ALL_THE_SAME, first: 1, last: 24, replayed: 24 });
});

describe("a record that somebody has touched", () => {
  beforeEach(() => record(30, samplePolicy({ strategy: { kind: "response-surface", options: {} } })));

  /** Writes a column of one cycle anew. */
  async function tamper(
    column: "evidence" | "decision" | "state" | "seed",
    cycle: number,
    change: (text: string) => string,
  ): Promise<void> {
    const { unpackText } = await import("../stores/packed-text.ts");
    const row = await database.selectFrom("cycles").select(column).where("cycle", "=", cycle).executeTakeFirstOrThrow();
    const text = unpackText(String(row[column as never]));
    const changed = change(text);
    expect(changed).not.toBe(text);
    await database
      .updateTable("cycles")
      .set({ [column]: changed })
      .where("cycle", "=", cycle)
      .execute();
  }

  test("in its decision", async () => {
    await tamper("decision", 17, (text) => text.replace('"mayExplore":true', '"mayExplore":false'));
    expect(await replay()).toMatchObject({
      difference: { cycle: 17, part: "decision", difference: { path: "mayExplore", recorded: false, replayed: true } },
    });
    expect((await replay({ to: 16 })).difference).toBeUndefined();
    expect((await replay({ from: 21 })).difference).toBeUndefined();
  });

  test("in its evidence: the earliest decision that it moves is told", async () => {
    await tamper("evidence", 3, (text) => text.replace(/"success":\d+/, '"success":1'));
    const { difference } = await replay();
    expect(difference?.cycle).toBeGreaterThanOrEqual(3);
    expect(difference?.cycle).toBeLessThanOrEqual(20); // where the next state is kept, at the latest
  });

  test("in its state: the cycle itself differs, not only those after it", async () => {
    await tamper("state", 20, (text) => text.replace('"cycle":18', '"cycle":81'));
    expect(await replay()).toMatchObject({
      difference: { cycle: 20, part: "state", difference: { path: "cycle", recorded: 81, replayed: 18 } },
    });
  });

  test("in its seed", async () => {
    await tamper("seed", 5, () => "another");
    expect((await replay()).difference).toMatchObject({ cycle: 5, part: "seed" });
  });

  test("in its policy", async () => {
    await sql`update policies set policy = replace(policy, '0.05', '0.06')`.execute(database);
    expect((await replay()).difference).toMatchObject({ cycle: 1, part: "policy" });
  });

  test("in the order of its keys alone", async () => {
    await tamper("decision", 2, (text) => {
      const { mayExplore, ...others } = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify({ mayExplore, ...others });
    });
    expect((await replay()).difference).toMatchObject({
      cycle: 2,
      difference: { path: "order of the keys of the whole" },
    });
  });
});

test("cycles whose state was dropped are told, and the others replayed", async () => {
  await record(50, samplePolicy());
  await store.dropCyclesBefore(START + 26 * 30_000);
  const report = await replay();
  expect(report).toMatchObject({ first: 41, last: 50, replayed: 10 });
  expect(report.unreplayable).toEqual([
    "cycle 26 and those after it up to the next kept state: the state before them is not kept any more",
  ]);
});

test("a policy that is gone is told", async () => {
  await record(3, samplePolicy());
  await database.deleteFrom("policies").execute();
  expect(await replay()).toMatchObject({
    replayed: 0,
    unreplayable: [expect.stringContaining("its policy is not in the store")],
  });
});

test("a strategy of one's own is replayed with its code, and not without", async () => {
  const step: StrategyDefinition = {
    id: "step",
    options: {},
    build: () => ({
      id: "step",
      propose: ({ contexts, cycle }: { contexts: readonly { id: string }[]; cycle: number }) => ({
        contexts: new Map(contexts.map(({ id }) => [id, { memory: cycle, reason: { sentence: `cycle ${cycle}` } }])),
      }),
    }),
  } as unknown as StrategyDefinition;
  const policy = samplePolicy({
    strategy: { kind: "step", options: {}, module: { path: "./step.mjs", digest: "d1" } },
  });
  await record(5, policy, { step });
  expect(await replay({ strategiesFor: () => ({ step }) })).toEqual({
    ...ALL_THE_SAME,
    first: 1,
    last: 5,
    replayed: 5,
  });
  const { unreplayable } = await replay();
  expect(unreplayable).toEqual([expect.stringContaining('its strategy "step" (./step.mjs, digest d1) is not loaded')]);
});

test("a strategy of one's own in an experiment's treatment is asked for too", async () => {
  const step = {
    id: "step",
    options: {},
    build: () => ({ propose: () => ({ contexts: {} }) }),
  } as unknown as StrategyDefinition;
  const treatment = { kind: "step", options: {}, module: { path: "./step.mjs", digest: "d1" } };
  await record(5, samplePolicy({ experiment: { name: "step", treatment, share: 0.5 } }), { step });
  expect(await replay({ strategiesFor: () => ({ step }) })).toEqual({
    ...ALL_THE_SAME,
    first: 1,
    last: 5,
    replayed: 5,
  });
  const { unreplayable } = await replay();
  expect(unreplayable).toEqual([expect.stringContaining('its strategy "step" (./step.mjs, digest d1) is not loaded')]);
});

test("a decision is found by its id", async () => {
  await record(55, samplePolicy());
  const { items } = await store.listCycles(KEY, { limit: 100 });
  expect(await findCycle(store, KEY, items[51]?.decision.id ?? "")).toBe(4);
  expect(await findCycle(store, KEY, "d-unknown")).toBeUndefined();
});

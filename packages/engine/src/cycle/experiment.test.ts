/** An experiment through the real judgement and a real store on disk, from its begin to its end; only the service is made up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EvidenceCell, OperationPolicy, Reading } from "@trimtab/learning";
import { afterEach, beforeEach, expect, test } from "vitest";
import { samplePolicy } from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { Store } from "../stores/store.ts";
import { type AllocationBoard, createAllocationBoard } from "./allocation-board.ts";
import { FakeClock } from "./fake-clock.ts";
import { silentLog } from "./log.ts";
import { replayCycles } from "./replay-cycle.ts";
import { runCycle } from "./run-cycle.ts";
import { cellOf, scriptedSource } from "./scripted-source.ts";

const INTERVAL = 30_000;
const START = Date.UTC(2026, 10, 20);
const ALONE: OperationPolicy = samplePolicy({
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  strategy: { kind: "response-surface", options: {} },
});
/** At most 66 to 82 % succeed, so the rule walks to 0.9 as well, in steps that need no proof. */
const RULE = { kind: "threshold-rule", options: { below: 0.85, above: 0.95 } };
const COMPARED: OperationPolicy = { ...ALONE, experiment: { name: "rule", treatment: RULE, share: 0.4 } };

let folder: string;
let store: Store;
let clock: FakeClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-experiment-"));
  store = createSqlStore(await openSqliteDatabase(join(folder, "trimtab.db")));
  clock = new FakeClock(START);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** 1,000 calls a window in one genre, spread as the board says; hotter is better: 66 % succeed at 0.7, 82 % at 0.9. */
async function run(policy: OperationPolicy, cycles: number): Promise<AllocationBoard> {
  const board = await createAllocationBoard({ store, operations: [{ policy, intervalMilliseconds: INTERVAL }], clock });
  const source = scriptedSource(15_000, (): Reading<readonly EvidenceCell[]> => {
    const operation = board.document("shop")?.document.operations["checkout"];
    const exact = operation?.allocations.find(({ context }) => context["genre"] === "rock");
    const calls = new Map<string, { calls: number; rate: number }>();
    for (const { id, weight, parameters } of (exact ?? operation?.allocations[0])?.variants ?? []) {
      const rate = 0.5 + 0.8 * (Number(parameters["temperature"]) - 0.5);
      calls.set(id, { rate, calls: (calls.get(id)?.calls ?? 0) + Math.round(1_000 * weight) });
    }
    const cells = [...calls].map(([id, { calls: count, rate }]) => {
      const success = Math.round(count * rate);
      return cellOf({ genre: "rock" }, id, { success, failure: count - success });
    });
    return { kind: "value", value: cells };
  });
  for (let cycle = 0; cycle < cycles; cycle++) {
    await clock.advance(INTERVAL);
    const outcome = await runCycle(policy, {
      store,
      source,
      log: silentLog,
      intervalMilliseconds: INTERVAL,
      now: clock.now(),
    });
    if (outcome.kind === "recorded" && outcome.served !== undefined) board.update(policy, outcome.served);
    expect(outcome.kind).toBe("recorded");
  }
  return board;
}

const applied = async () => (await store.listAdaptations({ status: "applied" }, { limit: 100 })).items;

test("both arms adapt the same parameter, are compared, and the end leaves applied only what is served; every cycle replays", async () => {
  const board = await run(COMPARED, 40);
  const running = (await store.loadOperation(ALONE))?.decision;
  expect(running?.experiment?.arms.map(({ strategy, share }) => [strategy, share])).toEqual([
    ["response-surface", 0.6],
    ["threshold-rule", 0.4],
  ]);
  expect(running?.experiment?.difference).toBeDefined();
  expect(new Set((await applied()).map(({ experiment }) => experiment?.arm))).toEqual(
    new Set(["control", "treatment"]),
  );
  const served = board.document("shop")?.document.operations["checkout"]?.allocations.at(-1)?.variants ?? [];
  expect(served.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);

  await run(ALONE, 21);
  const left = await applied();
  expect(left.length).toBeGreaterThan(0);
  expect(left.every(({ experiment }) => experiment?.arm !== "treatment")).toBe(true);
  const { items } = await store.listAdaptations({ status: "rolled-back" }, { limit: 100 });
  expect(items.at(0)?.history.at(-1)?.reason.code).toBe("EXPERIMENT_ENDED");

  const report = await replayCycles(store, { component: "shop", operation: "checkout" });
  expect(report).toMatchObject({ first: 1, last: 61, replayed: 61, unreplayable: [] });
  expect(report.difference).toBeUndefined();
});

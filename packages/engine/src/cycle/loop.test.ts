/** The whole loop with the real judgement and a real store on disk; only the service is made up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decide, type EvidenceCell, type OperationPolicy, type OperationState, type Reading } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { samplePolicy } from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { RecordedCycle, Store } from "../stores/store.ts";
import { type AllocationBoard, createAllocationBoard } from "./allocation-board.ts";
import { createCycleScheduler } from "./cycle-scheduler.ts";
import { FakeClock } from "./fake-clock.ts";
import { silentLog } from "./log.ts";
import { runCycle } from "./run-cycle.ts";
import { cellOf, scriptedSource } from "./scripted-source.ts";

const INTERVAL = 30_000;
const START = Date.UTC(2026, 10, 20);
const parameters = { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } } as const;
const policies: Readonly<Record<string, OperationPolicy>> = {
  "threshold-rule": samplePolicy({ parameters, strategy: { kind: "threshold-rule", options: {} } }),
  "response-surface": samplePolicy({ parameters, strategy: { kind: "response-surface", options: {} } }),
};

/** A service in one genre with 1,000 calls a window, spread as the board says; hotter is better: 66 % succeed at 0.7, 82 % at 0.9. */
function serviceOn(board: () => AllocationBoard, outage: () => boolean) {
  return scriptedSource(15_000, (): Reading<readonly EvidenceCell[]> => {
    if (outage()) return { kind: "timeout", detail: "no answer in 10 s" };
    const operation = board().document("shop")?.document.operations["checkout"];
    const exact = operation?.allocations.find(({ context }) => context["genre"] === "rock");
    const variants = (exact ?? operation?.allocations[0])?.variants ?? [];
    const cells = variants.flatMap(({ id, weight, parameters: { temperature } }) => {
      const calls = Math.round(1_000 * weight);
      const success = Math.round(calls * (0.5 + 0.8 * (Number(temperature) - 0.5)));
      return calls === 0 ? [] : [cellOf({ genre: "rock" }, id, { success, failure: calls - success })];
    });
    return { kind: "value", value: cells };
  });
}

// Hundreds of cycles, each flushed to the disk: on a busy machine they take their time.
describe.each(Object.keys(policies))("the loop with the strategy %s", { timeout: 60_000 }, (strategy) => {
  const policy = policies[strategy] ?? samplePolicy();
  let folder: string;
  let store: Store;
  let board: AllocationBoard;
  let clock: FakeClock;
  let isOut: boolean;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "trimtab-loop-"));
    clock = new FakeClock(START);
    isOut = false;
    await start();
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const operations = [{ policy, intervalMilliseconds: INTERVAL }];
  async function start(): Promise<void> {
    store = createSqlStore(await openSqliteDatabase(join(folder, "trimtab.db")));
    board = await createAllocationBoard({ store, operations, clock });
  }

  /** Runs the scheduler for so many intervals, and stops it. */
  async function run(cycles: number): Promise<void> {
    const source = serviceOn(
      () => board,
      () => isOut,
    );
    const scheduler = createCycleScheduler({
      operations,
      gridMilliseconds: source.scrapeIntervalMilliseconds(),
      clock,
      log: silentLog,
      run: async (scheduled) => {
        const outcome = await runCycle(scheduled.policy, {
          ...scheduled,
          store,
          source,
          log: silentLog,
          now: clock.now(),
        });
        if (outcome.kind === "recorded" && outcome.served !== undefined) board.update(scheduled.policy, outcome.served);
        return outcome;
      },
    });
    scheduler.start();
    for (let cycle = 0; cycle < cycles; cycle++) {
      await clock.advance(INTERVAL);
      await scheduler.runNow(policy); // joins or follows the pass of this interval, so that it has ended
    }
    await scheduler.stop(60_000);
    expect(scheduler.status()[0]?.problem).toBeUndefined();
  }

  async function allCycles(): Promise<readonly RecordedCycle[]> {
    const { items } = await store.listCycles(policy, { limit: 1_000 });
    return [...items].reverse();
  }

  const temperature = (): unknown => {
    const operation = board.document("shop")?.document.operations["checkout"];
    const rock = operation?.allocations.find(({ context }) => context["genre"] === "rock");
    return rock?.variants.find(({ role }) => role === "incumbent")?.parameters["temperature"];
  };

  test("finds the better value, and its adaptation says from what to what and why", async () => {
    await run(120);
    const { items } = await store.listAdaptations({ status: "applied" }, { limit: 10 });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ context: { genre: "rock" }, parameter: "temperature", newValue: temperature() });
    expect(Number(temperature())).toBeGreaterThan(0.7);
    expect(items[0]?.confidence).toBeGreaterThanOrEqual(policy.confidence);
    expect(items[0]?.reason.sentence).not.toBe("");
  });

  test("a restart in between changes nothing", async () => {
    await run(60);
    const through = await allCycles();
    await store.close();
    await rm(folder, { recursive: true });
    clock = new FakeClock(START);
    await start();
    for (let part = 0; part < 6; part++) {
      await run(10);
      await store.close();
      await start();
    }
    expect(await allCycles()).toEqual(through);
  });

  test("each cycle of the record, replayed from the stored state before it, gives the same decision bit for bit", async () => {
    await run(25);
    isOut = true;
    await run(5);
    isOut = false;
    await run(35);
    const cycles = await allCycles();
    expect(cycles.length).toBeGreaterThanOrEqual(65);
    let state: OperationState | undefined;
    for (const recorded of cycles) {
      const recordedPolicy = await store.loadPolicy(recorded.policyHash);
      if (recordedPolicy === undefined) throw new Error(`no policy for cycle ${recorded.cycle}`);
      const { evidence, seed } = recorded;
      const again = decide({ policy: recordedPolicy, state, evidence, seed, now: recorded.decision.at });
      expect(JSON.stringify(again.decision)).toBe(JSON.stringify(recorded.decision));
      state = JSON.parse(JSON.stringify(again.state)) as OperationState;
      expect(JSON.stringify(recorded.state ?? state)).toBe(JSON.stringify(state));
    }
    expect(cycles.filter((cycle) => cycle.state !== undefined).length).toBeGreaterThanOrEqual(4);
  });

  test("an outage holds what is served, and the loop goes on by itself afterwards", async () => {
    await run(60);
    const before = temperature();
    const { items: adaptations } = await store.listAdaptations({}, { limit: 100 });
    isOut = true;
    await run(30);
    expect(temperature()).toBe(before);
    expect((await store.listAdaptations({}, { limit: 100 })).items).toEqual(adaptations);
    const roles = () =>
      board
        .document("shop")
        ?.document.operations["checkout"]?.allocations.flatMap(({ variants }) => variants.map(({ role }) => role));
    expect(roles()).not.toContain("challenger"); // 30 intervals are longer than the 10 that a decision allows
    const stored = await store.loadOperation(policy);
    expect(
      stored?.decision.contexts.every(({ kind, reason }) => kind === "hold" && reason.code === "EVIDENCE_TIMEOUT"),
    ).toBe(true);
    isOut = false;
    await run(2);
    const codes = (await store.loadOperation(policy))?.decision.contexts.map(({ reason }) => reason.code);
    expect(codes).not.toContain("EVIDENCE_TIMEOUT");
  });
});

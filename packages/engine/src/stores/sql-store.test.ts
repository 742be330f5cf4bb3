import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FIRST_CYCLE_AT, INTERVAL_MILLISECONDS, sampleAllocation, sampleCycle } from "./sample-cycles.ts";
import { createSqlStore } from "./sql-store.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";
import { describeStore } from "./store-contract.ts";

describeStore("The SQL store on SQLite in memory", async () => {
  const store = createSqlStore(await openSqliteDatabase(":memory:"));
  return { store, remove: () => store.close() };
});

describeStore("The SQL store on a SQLite file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-store-"));
  const open = async () => createSqlStore(await openSqliteDatabase(join(folder, "trimtab.db")));
  let store = await open();
  return {
    store,
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async remove() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

test("lists of allocations go with the last cycle that shares them, except the one that is served", async () => {
  const database = await openSqliteDatabase(":memory:");
  const store = createSqlStore(database);
  for (let cycle = 1; cycle <= 9; cycle++) {
    const genre = `genre ${Math.ceil(cycle / 3)}`; // three lists, each for three cycles
    await store.recordCycle(sampleCycle(cycle, { allocations: [sampleAllocation(genre, "d")] }));
  }
  const since = async () =>
    (await database.selectFrom("allocation_lists").select("since_cycle").execute()).map((list) => list.since_cycle);
  expect(await since()).toEqual([1, 4, 7]);
  await store.dropCyclesBefore(FIRST_CYCLE_AT + 4 * INTERVAL_MILLISECONDS); // the first four
  expect(await since()).toEqual([4, 7]);
  await store.dropCyclesBefore(Number.MAX_SAFE_INTEGER);
  expect(await since()).toEqual([7]);
  await store.close();
});

test("the newest adaptation of a context is found without a look at the other contexts'", async () => {
  const database = await openSqliteDatabase(":memory:");
  const { rows } = await sql<{ detail: string }>`
    explain query plan select * from adaptations
    where component = 'shop' and operation = 'checkout' and context_id = 'genre=rock'
    order by decided_at desc, id desc limit 1`.execute(database);
  expect(rows.map(({ detail }) => detail)).toEqual([
    "SEARCH adaptations USING INDEX adaptations_by_context (component=? AND operation=? AND context_id=?)",
  ]);
  await database.destroy();
});

/** Records cycles for ever, each with one adaptation that supersedes the one before, and says which ones are recorded. */
const RECORD_FOR_EVER = `
  const [file, first] = process.argv.slice(1);
  const { openSqliteDatabase } = await import(${JSON.stringify(new URL("./sqlite-dialect.ts", import.meta.url))});
  const { createSqlStore } = await import(${JSON.stringify(new URL("./sql-store.ts", import.meta.url))});
  const { sampleAdaptation, sampleAllocation, sampleCycle } = await import(${JSON.stringify(new URL("./sample-cycles.ts", import.meta.url))});
  const store = createSqlStore(await openSqliteDatabase(file));
  for (let cycle = Number(first); ; cycle++) {
    const transitions = cycle === 1 ? [] : [{ id: "a" + (cycle - 1), status: "superseded", reason: { code: "X", sentence: "next" } }];
    const adaptations = [sampleAdaptation("a" + cycle, cycle)];
    await store.recordCycle(sampleCycle(cycle, { adaptations, transitions, allocations: [sampleAllocation("rock", "d" + cycle)] }));
    process.stdout.write(cycle + "\\n");
  }`;

describe("kill -9 while cycles are recorded", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "trimtab-kill-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Starts the child, kills it somewhere after its `lines`-th acknowledged cycle, and returns the last acknowledged one. */
  async function recordUntilKilled(file: string, first: number, lines: number): Promise<number> {
    const child = spawn(
      process.execPath,
      [
        "--conditions=source",
        "--disable-warning=ExperimentalWarning",
        "--input-type=module",
        "-e",
        RECORD_FOR_EVER,
        file,
        String(first),
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const closed = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once("close", (_code, signal) => resolve(signal)),
    );
    let acknowledged = 0;
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      seen += 1;
      if (seen === lines) child.kill("SIGKILL"); // it goes on recording until the kernel has delivered this
    }
    expect(await closed).toBe("SIGKILL");
    return acknowledged;
  }

  test("nothing acknowledged is lost and nothing is recorded by halves, eight times in a row", async () => {
    const file = join(folder, "trimtab.db");
    let next = 1;
    for (const lines of [1, 7, 2, 23, 3, 41, 11, 5]) {
      const acknowledged = await recordUntilKilled(file, next, lines);
      const store = createSqlStore(await openSqliteDatabase(file));
      const key = { component: "shop", operation: "checkout" };
      const stored = await store.loadOperation(key);
      const last = stored?.cycle ?? 0;
      // At most the one cycle that was on its way when the process died is there beyond what it told.
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      const { items: cycles } = await store.listCycles(key, { limit: 1_000 });
      expect(cycles.map((cycle) => cycle.cycle)).toEqual(Array.from({ length: last }, (_, index) => last - index));
      expect(stored?.state).toEqual(sampleCycle(last).state);
      expect(stored?.decision).toEqual(cycles[0]?.decision);
      expect(stored?.decision.allocations[0]?.decision).toBe(`d${last}`);
      const { items: adaptations } = await store.listAdaptations({}, { limit: 1_000 });
      expect(adaptations.map((item) => [item.id, item.status])).toEqual(
        Array.from({ length: last }, (_, index) => [`a${last - index}`, index === 0 ? "applied" : "superseded"]),
      );
      await store.close();
      next = last + 1;
    }
  }, 120_000);
});

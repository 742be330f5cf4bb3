import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { actingCycle, describeActStore, sampleAct } from "./act-store-contract.ts";
import { createActStore } from "./act-store-sql.ts";
import { createSqlStore } from "./sql-store.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";

describeActStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  const store = createSqlStore(database);
  return { store, acts: createActStore(database), remove: () => store.close() };
});

describeActStore("The SQL store on a SQLite file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-acts-"));
  const open = async () => {
    const database = await openSqliteDatabase(join(folder, "trimtab.db"));
    return { store: createSqlStore(database), acts: createActStore(database) };
  };
  let opened = await open();
  return {
    ...opened,
    async reopen() {
      await opened.store.close();
      opened = await open();
      return opened;
    },
    async remove() {
      await opened.store.close();
      await rm(folder, { recursive: true });
    },
  };
});

test("nobody rewrites the audit, not even in SQL", async () => {
  const database = await openSqliteDatabase(":memory:");
  const acts = createActStore(database);
  await acts.addAct(sampleAct(1));
  await createSqlStore(database).recordCycle(actingCycle(1, await acts.waitingActs(sampleAct(1), 1)));
  for (const table of ["acts", "act_outcomes"]) {
    await expect(sql.raw(`delete from ${table}`).execute(database)).rejects.toThrow(`${table} can only grow`);
    await expect(sql.raw(`update ${table} set component = 'x'`).execute(database)).rejects.toThrow("can only grow");
  }
  await database.destroy();
});

/** Says that an act is kept, begins the cycle that takes it, and is killed at a moment that nobody chose. */
const ACT_FOR_EVER = `
  const at = (file) => import(new URL(file, ${JSON.stringify(import.meta.url)}));
  const [file, first] = process.argv.slice(1);
  const { openSqliteDatabase } = await at("./sqlite-dialect.ts");
  const { createSqlStore } = await at("./sql-store.ts");
  const { createActStore } = await at("./act-store-sql.ts");
  const { samplePolicy } = await at("./sample-cycles.ts");
  const { runCycle } = await at("../cycle/run-cycle.ts");
  const { silentLog } = await at("../cycle/log.ts");
  const database = await openSqliteDatabase(file);
  const store = createSqlStore(database);
  const acts = createActStore(database);
  const policy = samplePolicy();
  const source = { latestWindowEnd: () => 60_000, scrapeIntervalMilliseconds: () => 15_000 };
  for (let number = Number(first); ; number++) {
    const kind = number % 2 === 0 ? "unfreeze" : "freeze";
    await acts.addAct({ component: "shop", operation: "checkout", id: "act-" + number, who: "ann", why: "w", at: number, kind });
    process.stdout.write(number + "\\n");
    await runCycle(policy, { store, source, acts, log: silentLog, intervalMilliseconds: 30_000, now: 100_000 + number });
  }`;

test("no acknowledged act is lost or taken twice, whenever the process is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-acts-kill-"));
  const file = join(folder, "trimtab.db");
  let next = 1;
  for (const lines of [1, 6, 2, 13]) {
    const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", "--input-type=module"];
    const child = spawn(process.execPath, [...flags, "-e", ACT_FOR_EVER, file, String(next)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once("close", (_code, signal) => resolve(signal)),
    );
    let acknowledged = 0;
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      seen += 1;
      if (seen === lines) child.kill("SIGKILL");
    }
    expect(await closed).toBe("SIGKILL");

    const database = await openSqliteDatabase(file);
    const [store, acts] = [createSqlStore(database), createActStore(database)];
    const { items } = await acts.listActs({}, { limit: 1_000 });
    const last = items.length;
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    const waiting = await acts.waitingActs(sampleAct(1), 10);
    expect(waiting.length).toBeLessThanOrEqual(1); // the one that was on its way
    const { items: cycles } = await store.listCycles(sampleAct(1), { limit: 1_000 });
    const taken = cycles.toReversed().flatMap((cycle) => (cycle.acts ?? []).map(({ id }) => id));
    expect([...taken, ...waiting.map(({ id }) => id)]).toEqual(
      Array.from({ length: last }, (_, index) => `act-${index + 1}`),
    );
    expect(cycles.every((cycle) => cycle.decision.acts?.every(({ result }) => result === "done"))).toBe(true);
    const frozen = cycles[0]?.decision.people?.frozen !== undefined;
    expect(frozen).toBe(taken.length % 2 === 1);
    await store.close();
    next = last + 1;
  }
  await rm(folder, { recursive: true });
}, 60_000);

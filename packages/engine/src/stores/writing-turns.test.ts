import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteBeside, openSqliteDatabase } from "./sqlite-dialect.ts";
import type { SqlDatabase } from "./tables.ts";
import { holdConnection, type WritingTurns } from "./writing-turns.ts";

let folder: string;
let first: SqlDatabase;
let second: SqlDatabase;
let log: string[];
/** What the second connection asks; each test says how it is answered. */
let turns: WritingTurns;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-turns-"));
  const path = join(folder, "trimtab.db");
  first = await openSqliteDatabase(path);
  log = [];
  turns = {
    begin: () => Promise.resolve().then(() => void log.push("begin")),
    end: () => void log.push("end"),
  };
  second = await openSqliteBeside(path, { begin: () => turns.begin(), end: () => turns.end() });
});
afterEach(async () => {
  await second.destroy();
  await first.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const write = (database: SqlDatabase, hash: string): Promise<unknown> =>
  database.insertInto("policies").values({ policy_hash: hash, policy: "{}" }).execute();

const hashes = async (database: SqlDatabase): Promise<string[]> =>
  (await database.selectFrom("policies").select("policy_hash").orderBy("policy_hash").execute()).map(
    ({ policy_hash }) => policy_hash,
  );

test("a transaction has one turn, whether it commits, fails or cannot even commit", async () => {
  await second.transaction().execute((transaction) => write(transaction, "a"));
  expect(log).toEqual(["begin", "end"]);
  const failing = second.transaction().execute(async (transaction) => {
    await write(transaction, "b");
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  expect(log).toEqual(["begin", "end", "begin", "end"]);
  const deferred = second.transaction().execute(async (transaction) => {
    await sql`PRAGMA defer_foreign_keys = ON`.execute(transaction);
    await sql`insert into adaptation_transitions (adaptation_id, number, status, transitioned_at, reason) values ('no', 0, 'applied', 0, '{}')`.execute(
      transaction,
    );
  });
  await expect(deferred).rejects.toThrow(/FOREIGN KEY/);
  expect(log).toEqual(["begin", "end", "begin", "end", "begin", "end"]);
  expect(await hashes(first)).toEqual(["a"]);
});

test("a turn that is refused writes nothing, and the next one can", async () => {
  turns = { ...turns, begin: () => Promise.reject(new Error("the store is closed")) };
  await expect(second.transaction().execute((transaction) => write(transaction, "a"))).rejects.toThrow("is closed");
  turns = { ...turns, begin: () => Promise.resolve() };
  await second.transaction().execute((transaction) => write(transaction, "b"));
  expect(await hashes(first)).toEqual(["b"]);
});

test("whoever holds the first connection lets the second write, and others wait for it without standing still", async () => {
  const order: string[] = [];
  let giveBack = (): void => {};
  turns = {
    async begin() {
      giveBack = await holdConnection(first);
    },
    end: () => giveBack(),
  };
  let others: Promise<unknown>[] = [];
  await second.transaction().execute(async (transaction) => {
    // They come in the middle of the transaction. Were they not kept away, each would stand still for the time that SQLite waits, and fail.
    others = ["x", "y"].map((hash) => write(first, hash).then(() => order.push(hash)));
    await new Promise((resolve) => setImmediate(resolve));
    await write(transaction, "a");
    order.push("a");
  });
  await Promise.all(others);
  expect(order).toEqual(["a", "x", "y"]);
  expect(await hashes(second)).toEqual(["a", "x", "y"]);
});

test("the connection of a database that was closed cannot be held", async () => {
  const closed = await openSqliteDatabase(join(folder, "other.db"));
  await closed.destroy();
  await expect(holdConnection(closed)).rejects.toThrow("destroyed");
});

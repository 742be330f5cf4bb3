import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { describeRecordStore } from "./record-store-contract.ts";
import { createRecordStore } from "./record-store-sql.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";

describeRecordStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  return { records: createRecordStore(database), remove: () => database.destroy() };
});

describeRecordStore("The SQL store on a SQLite file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-records-"));
  const open = () => openSqliteDatabase(join(folder, "trimtab.db"));
  let database = await open();
  return {
    records: createRecordStore(database),
    async reopen() {
      await database.destroy();
      database = await open();
      return createRecordStore(database);
    },
    async remove() {
      await database.destroy();
      await rm(folder, { recursive: true });
    },
  };
});

test("the last records are found, and the oldest, without sorting the others", async () => {
  const database = await openSqliteDatabase(":memory:");
  const plan = async (query: string): Promise<string[]> => {
    const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(database);
    return rows.map(({ detail }) => detail);
  };
  expect(await plan("select * from records where component = 'shop' order by ended_at desc, id desc limit 9")).toEqual([
    "SEARCH records USING INDEX records_by_time (component=?)",
  ]);
  expect(
    await plan(
      "select * from records where component = 'shop' and operation = 'buy' and (ended_at, id) < (9, 'a') order by ended_at desc, id desc limit 9",
    ),
  ).toEqual(["SEARCH records USING INDEX records_by_operation (component=? AND operation=? AND (ended_at,id)<(?,?))"]);
  await database.destroy();
});

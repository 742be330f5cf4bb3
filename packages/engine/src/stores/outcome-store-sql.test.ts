import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { describeOutcomeStore } from "./outcome-store-contract.ts";
import { createOutcomeStore } from "./outcome-store-sql.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";

describeOutcomeStore("The SQL store on SQLite in memory", async (maximumCells) => {
  const database = await openSqliteDatabase(":memory:");
  return { outcomes: createOutcomeStore(database, { maximumCells }), remove: () => database.destroy() };
});

describeOutcomeStore("The SQL store on a SQLite file", async (maximumCells) => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-outcomes-"));
  const open = () => openSqliteDatabase(join(folder, "trimtab.db"));
  let database = await open();
  return {
    outcomes: createOutcomeStore(database, { maximumCells }),
    async reopen() {
      await database.destroy();
      database = await open();
      return createOutcomeStore(database, { maximumCells });
    },
    async remove() {
      await database.destroy();
      await rm(folder, { recursive: true });
    },
  };
});

test("a window of one operation is one range of each of its cells", async () => {
  const database = await openSqliteDatabase(":memory:");
  const { rows } = await sql<{ detail: string }>`
    explain query plan select "row"."increments" from outcome_cells
    inner join outcome_increments as "row" on "row"."cell" = outcome_cells.id
    where component = 'a' and operation = 'b' and "row"."slot" > 1 and "row"."slot" <= 9`.execute(database);
  expect(rows.map(({ detail }) => detail)).toEqual([
    "SEARCH outcome_cells USING COVERING INDEX sqlite_autoindex_outcome_cells_1 (component=? AND operation=?)",
    "SEARCH row USING PRIMARY KEY (cell=? AND slot>? AND slot<?)",
  ]);
  await database.destroy();
});

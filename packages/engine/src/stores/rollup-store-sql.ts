/** The rollup store in SQL, through Kysely: in the same database as the store, so that one file is the whole memory. */
import { canonicalJson } from "@trimtab/conventions";
import type { Transaction } from "kysely";
import { fromJsonText, jsonText } from "./json-text.ts";
import { addCounters, type FoldingProgress, foldRollups, inParts } from "./rollup-folding.ts";
import type { Counters, RollupCell, RollupRound, RollupStore, RollupSum, StoredTarget } from "./rollup-store.ts";
import { type RollupDatabase, type RollupTables, withRollupTables } from "./rollup-tables.ts";
import type { OperationKey } from "./store.ts";
import type { SqlDatabase, StoreTables } from "./tables.ts";

/** Rows that are read at once: between two reads other work of the process gets its turn. */
const ROWS_AT_ONCE = 4_000;

/** Opens the rollup store in a database that `openSqliteDatabase` has opened. Whoever opened that closes it. */
export function createRollupStore(storeDatabase: SqlDatabase): RollupStore {
  const database = withRollupTables(storeDatabase);
  /** Ids by cell, filled as cells are met; a cell's id never changes. */
  const cellIds = new Map<string, number>();
  const folded: FoldingProgress = new Map();
  return {
    openTargets: (addresses, now) => openTargets(database, addresses, now),
    async lastPageAt() {
      const row = await database
        .selectFrom("rollup_targets")
        .select((by) => by.fn.max("last_page_at").as("newest"))
        .executeTakeFirst();
      return row?.newest ?? undefined;
    },
    async recordRound(round) {
      const learnt = await database.transaction().execute((transaction) => recordRound(transaction, cellIds, round));
      for (const [key, id] of learnt) cellIds.set(key, id); // only once it is on disk
    },
    sumIncrements: (key, from, to) => sumIncrements(database, key, from, to),
    listOperations: () =>
      database
        .selectFrom("rollup_cells")
        .select(["component", "operation"])
        .distinct()
        .orderBy("component")
        .orderBy("operation")
        .execute(),
    async compact(now) {
      await foldRollups(database, folded, now);
      await dropUnusedCells(database, cellIds);
    },
  };
}

const CELL_COLUMNS = ["component", "operation", "variant", "context", "bounds"] as const;

type CellColumns = Pick<RollupTables["rollup_cells"], (typeof CELL_COLUMNS)[number]>;

async function openTargets(
  database: RollupDatabase,
  addresses: readonly string[],
  now: number,
): Promise<StoredTarget[]> {
  if (addresses.length === 0) return [];
  await database
    .insertInto("rollup_targets")
    .values(addresses.map((address) => ({ address, watched_since: now })))
    .onConflict((conflict) => conflict.column("address").doNothing())
    .execute();
  const targets = await database.selectFrom("rollup_targets").selectAll().where("address", "in", addresses).execute();
  const opened: StoredTarget[] = [];
  for (const target of targets) {
    const rows = await database
      .selectFrom("rollup_counters")
      .innerJoin("rollup_cells", "rollup_cells.id", "rollup_counters.cell")
      .select([...CELL_COLUMNS, "first_slot", "ended_at", "counters"])
      .where("target", "=", target.id)
      .execute();
    opened.push({
      address: target.address,
      watchedSince: target.watched_since,
      ...(target.process_start === null ? {} : { processStart: target.process_start }),
      ...(target.last_page_at === null ? {} : { lastPageAt: target.last_page_at }),
      cells: rows.map((row) => ({
        cell: toCell(row),
        firstSlot: row.first_slot,
        ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
        counters: fromJsonText<Counters>(row.counters),
      })),
    });
  }
  return opened;
}

type Recording = Transaction<StoreTables & RollupTables>;

/** @returns The ids of the cells that were looked up on the way. */
async function recordRound(
  transaction: Recording,
  known: ReadonlyMap<string, number>,
  { slot, pages, increments }: RollupRound,
): Promise<ReadonlyMap<string, number>> {
  const learnt = new Map<string, number>();
  const idOf = async (cell: RollupCell): Promise<number> => {
    const columns = fromCell(cell);
    const key = cellKey(columns);
    const id = known.get(key) ?? learnt.get(key) ?? (await findOrAddCell(transaction, columns));
    learnt.set(key, id);
    return id;
  };
  for (const page of pages) {
    const { id: target } = await transaction
      .updateTable("rollup_targets")
      .set({ last_page_at: slot, process_start: page.processStart ?? null })
      .where("address", "=", page.address)
      .returning("id")
      .executeTakeFirstOrThrow();
    await transaction.insertInto("rollup_pages").values({ slot, target }).execute();
    const rows: RollupTables["rollup_counters"][] = [];
    for (const { cell, firstSlot, endedAt, counters } of page.changed) {
      const text = jsonText(counters, "a metrics page");
      rows.push({ target, cell: await idOf(cell), first_slot: firstSlot, ended_at: endedAt ?? null, counters: text });
    }
    for (const part of inParts(rows)) {
      await transaction
        .insertInto("rollup_counters")
        .values(part)
        .onConflict((conflict) =>
          conflict.columns(["target", "cell"]).doUpdateSet((is) => ({
            first_slot: is.ref("excluded.first_slot"),
            ended_at: is.ref("excluded.ended_at"),
            counters: is.ref("excluded.counters"),
          })),
        )
        .execute();
    }
  }
  const grown: RollupTables["rollup_increments"][] = [];
  for (const { cell, increments: numbers } of increments) {
    grown.push({ slot, cell: await idOf(cell), increments: jsonText(numbers, "a metrics page") });
  }
  for (const part of inParts(grown)) await transaction.insertInto("rollup_increments").values(part).execute();
  return learnt;
}

async function findOrAddCell(transaction: Recording, columns: CellColumns): Promise<number> {
  let find = transaction.selectFrom("rollup_cells").select("id");
  for (const column of CELL_COLUMNS) find = find.where(column, "=", columns[column]);
  const found = await find.executeTakeFirst();
  if (found !== undefined) return found.id;
  const added = await transaction.insertInto("rollup_cells").values(columns).returning("id").executeTakeFirstOrThrow();
  return added.id;
}

async function sumIncrements(
  database: RollupDatabase,
  { component, operation }: OperationKey,
  from: number,
  to: number,
): Promise<RollupSum[]> {
  // A cell is in the window when a page of the window had it, also when nothing grew.
  const present = await database
    .selectFrom("rollup_counters as counter")
    .innerJoin("rollup_cells", "rollup_cells.id", "counter.cell")
    .select([...CELL_COLUMNS, "id", "counters"])
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("first_slot", "<=", to)
    .where((is) =>
      is.exists(
        is
          .selectFrom("rollup_pages as page")
          .select("page.slot")
          .whereRef("page.target", "=", "counter.target")
          .where("page.slot", ">", from)
          .where("page.slot", "<=", to)
          .whereRef("page.slot", ">=", "counter.first_slot")
          .where((page) =>
            page.or([page("counter.ended_at", "is", null), page("counter.ended_at", ">=", page.ref("page.slot"))]),
          ),
      ),
    )
    .execute();
  const sums = new Map<number, { cell: RollupCell; increments: Record<string, number> }>();
  for (const row of present) {
    const sum = sums.get(row.id) ?? { cell: toCell(row), increments: {} };
    for (const name of Object.keys(fromJsonText<Counters>(row.counters))) sum.increments[name] ??= 0;
    sums.set(row.id, sum);
  }
  let last = { slot: from, cell: Number.MAX_SAFE_INTEGER };
  for (;;) {
    const { slot, cell } = last;
    const rows = await database
      .selectFrom("rollup_increments as row")
      .innerJoin("rollup_cells", "rollup_cells.id", "row.cell")
      .select([...CELL_COLUMNS, "row.slot", "row.cell", "row.increments"])
      .where("component", "=", component)
      .where("operation", "=", operation)
      .where("row.slot", ">=", slot)
      .where("row.slot", "<=", to)
      .where((is) => is.or([is("row.slot", ">", slot), is("row.cell", ">", cell)]))
      .orderBy("row.slot")
      .orderBy("row.cell")
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const row of rows) {
      const sum = sums.get(row.cell) ?? { cell: toCell(row), increments: {} };
      addCounters(sum.increments, fromJsonText<Counters>(row.increments));
      sums.set(row.cell, sum);
    }
    const newest = rows.at(-1);
    if (newest === undefined || rows.length < ROWS_AT_ONCE) return [...sums.values()];
    last = newest;
    await new Promise((resolve) => setImmediate(resolve)); // SQLite works on this thread
  }
}

/** A context that was seen once must not stay for ever. Its increments are as old as its counters, and went with them. */
async function dropUnusedCells(database: RollupDatabase, cellIds: Map<string, number>): Promise<void> {
  const dropped = await database
    .deleteFrom("rollup_cells")
    .where((is) =>
      is.not(is.exists(is.selectFrom("rollup_counters").select("cell").whereRef("cell", "=", "rollup_cells.id"))),
    )
    .returning(CELL_COLUMNS)
    .execute();
  for (const columns of dropped) cellIds.delete(cellKey(columns));
}

function fromCell({ component, operation, variant, context, bounds }: RollupCell): CellColumns {
  return { component, operation, variant, context: canonicalJson(context), bounds: canonicalJson(bounds) };
}

function toCell({ component, operation, variant, context, bounds }: CellColumns): RollupCell {
  return { component, operation, variant, context: fromJsonText(context), bounds: fromJsonText(bounds) };
}

function cellKey(columns: CellColumns): string {
  return JSON.stringify(CELL_COLUMNS.map((column) => columns[column]));
}

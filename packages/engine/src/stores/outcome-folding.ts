/** Old rows of reported operations become rows of minutes, then of hours, then nothing; each count stays in exactly one row. */
import { sql } from "kysely";
import { fromJsonText } from "./json-text.ts";
import { addToSlot } from "./outcome-slots.ts";
import type { OutcomeDatabase, OutcomeTransaction } from "./outcome-tables.ts";
import { addCounters } from "./rollup-folding.ts";
import type { Counters } from "./rollup-store.ts";
import type { OperationKey } from "./store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Which rows of single slots become rows of minutes, and those rows of hours: span and age in milliseconds. */
const FOLDS = [
  { span: MINUTE, age: 2 * HOUR },
  { span: HOUR, age: 2 * DAY },
] as const;

/** How long anything stays: a window of 31 days, and a day for windows that end earlier. */
const KEPT = 32 * DAY;

/** So many rows are folded or forgotten in one transaction, so that a cycle need not wait long. */
const ROWS_AT_ONCE = 1_000;

/** So many transactions at most in one call: a long pause is caught up with little by little. */
const TURNS = 50;

/** Names of marks. */
export const MARK = { forgotten: "forgotten" } as const;

/**
 * Forgets the keys of outcomes that ended before a time, and remembers that it did: what ended before it is refused from then on,
 * because nobody could say whether it was counted.
 */
export async function forgetKeys(database: OutcomeDatabase, before: number): Promise<void> {
  await database
    .insertInto("outcome_marks")
    .values({ name: MARK.forgotten, at: before })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((is) => ({
        at: is
          .case()
          .when("excluded.at", ">", is.ref("outcome_marks.at"))
          .then(is.ref("excluded.at"))
          .else(is.ref("outcome_marks.at"))
          .end(),
      })),
    )
    .execute();
  for (let turn = 0; turn < TURNS; turn++) {
    const { numAffectedRows = 0n } = await sql`
      delete from outcome_keys where (component, operation, id) in (
        select component, operation, id from outcome_keys where ended_at <= ${before}
        order by ended_at limit ${ROWS_AT_ONCE})`.execute(database);
    if (Number(numAffectedRows) < ROWS_AT_ONCE) return;
    await new Promise((resolve) => setImmediate(resolve)); // SQLite works on this thread
  }
}

/** Folds and drops what has come of age of one operation. Doing it twice changes nothing. */
export async function compactOperation(
  database: OutcomeDatabase,
  key: OperationKey,
  now: number,
  lock: (transaction: OutcomeTransaction) => Promise<{ readonly closedTo: number }>,
): Promise<void> {
  for (const { span, age } of FOLDS) {
    for (let turn = 0; turn < TURNS; turn++) {
      const folded = await database.transaction().execute(async (transaction) => {
        const { closedTo } = await lock(transaction);
        // A row that was read may not move into a window that is still to be read.
        const end = Math.floor(Math.min(now - age, closedTo) / span) * span;
        return foldSome(transaction, key, span, end);
      });
      if (folded < ROWS_AT_ONCE) break;
    }
  }
  await database.transaction().execute(async (transaction) => {
    await lock(transaction);
    await dropOld(transaction, key, now - KEPT);
  });
}

/** @returns How many rows were moved. */
async function foldSome(
  transaction: OutcomeTransaction,
  { component, operation }: OperationKey,
  span: number,
  end: number,
): Promise<number> {
  const rows = await transaction
    .selectFrom("outcome_cells")
    .innerJoin("outcome_increments as row", "row.cell", "outcome_cells.id")
    .select(["row.cell", "row.slot", "row.increments"])
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("row.slot", "<=", end)
    .where((is) => is(is("row.slot", "%", is.lit(span)), "<>", is.lit(0)))
    .limit(ROWS_AT_ONCE)
    .execute();
  const sums = new Map<string, { cell: number; slot: number; increments: Record<string, number> }>();
  for (const row of rows) {
    const [cell, slot] = [Number(row.cell), Number(row.slot)];
    const end = Math.ceil(slot / span) * span;
    const sum = sums.get(`${cell} ${end}`) ?? { cell, slot: end, increments: {} };
    addCounters(sum.increments, fromJsonText<Counters>(row.increments));
    sums.set(`${cell} ${end}`, sum);
    await transaction.deleteFrom("outcome_increments").where("cell", "=", cell).where("slot", "=", slot).execute();
  }
  for (const { cell, slot, increments } of sums.values()) await addToSlot(transaction, cell, slot, increments);
  return rows.length;
}

/** A context that was seen once must not stay for ever. */
async function dropOld(
  transaction: OutcomeTransaction,
  { component, operation }: OperationKey,
  before: number,
): Promise<void> {
  const cells = transaction
    .selectFrom("outcome_cells")
    .select("id")
    .where("component", "=", component)
    .where("operation", "=", operation);
  await transaction.deleteFrom("outcome_increments").where("slot", "<", before).where("cell", "in", cells).execute();
  await transaction
    .deleteFrom("outcome_cells")
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where((is) =>
      is.not(is.exists(is.selectFrom("outcome_increments").select("slot").whereRef("cell", "=", "outcome_cells.id"))),
    )
    .execute();
}

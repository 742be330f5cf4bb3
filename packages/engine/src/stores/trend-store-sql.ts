/** Trends in SQL, through Kysely: in the database of the cycles that they come from. */
import { type Context, canonicalJson, type Json } from "@trimtab/conventions";
import { addTrendSums, type TrendSpan, type TrendSums, trendOf } from "@trimtab/learning";
import { type CurrentLease, holdLease } from "./fence.ts";
import { fromJsonText, jsonText } from "./json-text.ts";
import { inParts } from "./rollup-folding.ts";
import type { CycleRecord } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";
import type { TrendQuery, TrendStore } from "./trend-store.ts";
import type { TrendTable } from "./trend-tables.ts";

/** So many contexts of an operation have rows of their own in an hour; those beyond are in the whole alone. */
export const CONTEXTS_PER_HOUR = 50;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WHOLE = "";
const MOST_CONTEXTS = 1_000;
/** Days of one operation's context that one call folds, each in a transaction of its own. */
const DAYS_AT_ONCE = 500;
const ROWS_PER_DELETE = 500;
/** Rows that are read at once: between two reads other work of the process gets its turn. */
const ROWS_AT_ONCE = 200;

/**
 * Opens the store of trends in a database that is open and migrated. Whoever opened that closes it.
 *
 * @param lease Under which rows are folded, where several processes share the database.
 */
export function createTrendStore(database: SqlDatabase, lease?: CurrentLease): TrendStore {
  return {
    readTrend: (query) => readTrend(database, query),
    async listTrendContexts({ component, operation }, since) {
      const rows = await database
        .selectFrom("trends")
        .select("context")
        .distinct()
        .where("component", "=", component)
        .where("operation", "=", operation)
        .where("context", "<>", WHOLE)
        .where("slot", ">=", since)
        .orderBy("context")
        .limit(MOST_CONTEXTS)
        .execute();
      return rows.map(({ context }) => fromJsonText<Context>(context));
    },
    async foldTrends({ hoursMilliseconds, contextHoursMilliseconds, daysMilliseconds }, now) {
      const folded =
        (await foldDays(database, lease, true, wholeDays(now - hoursMilliseconds))) +
        (await foldDays(database, lease, false, wholeDays(now - contextHoursMilliseconds)));
      return folded + (await dropBefore(database, lease, now - daysMilliseconds));
    },
  };
}

async function readTrend(
  database: SqlDatabase,
  { component, operation, context, from, to }: TrendQuery,
): Promise<TrendSpan[]> {
  const spans: TrendSpan[] = [];
  let begin = { slot: from, span: Number.MAX_SAFE_INTEGER };
  for (;;) {
    const { slot, span } = begin;
    const rows = await database
      .selectFrom("trends")
      .select(["slot", "span", "sums"])
      .where("component", "=", component)
      .where("operation", "=", operation)
      .where("context", "=", context === undefined ? WHOLE : contextText(context))
      .where("slot", ">=", slot)
      .where("slot", "<", to)
      .where((is) => is.or([is("slot", ">", slot), is("span", "<", span)]))
      .orderBy("slot")
      .orderBy("span", "desc")
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const row of rows)
      spans.push({ from: row.slot, to: row.slot + row.span, sums: fromJsonText<TrendSums>(row.sums) });
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return spans;
    begin = last;
    await nextTurn();
  }
}

/** Adds a cycle's window to its hour, in the transaction that records the cycle. */
export async function recordTrend(transaction: SqlDatabase, record: CycleRecord): Promise<void> {
  const { component, operation, evidence, decision, policy } = record;
  const { whole, contexts } = trendOf(evidence, decision, policy.context);
  if (whole === undefined && contexts.length === 0) return;
  const slot = Math.floor((evidence.window.to - 1) / HOUR) * HOUR;
  const before = await transaction
    .selectFrom("trends")
    .select(["context", "sums"])
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("span", "=", HOUR)
    .where("slot", "=", slot)
    .execute();
  const known = new Map(before.map(({ context, sums }) => [context, sums]));
  let room = CONTEXTS_PER_HOUR - before.filter(({ context }) => context !== WHOLE).length;
  const rows: TrendTable[] = [];
  const add = (context: string, sums: TrendSums): void => {
    const earlier = known.get(context);
    const together = earlier === undefined ? sums : addTrendSums(fromJsonText<TrendSums>(earlier), sums);
    rows.push({ component, operation, context, slot, span: HOUR, sums: jsonText(together, "a trend") });
  };
  if (whole !== undefined) add(WHOLE, whole);
  if (policy.context.length > 0)
    for (const { context, sums } of contexts) {
      const text = contextText(context);
      if (!known.has(text) && room-- <= 0) continue;
      add(text, sums);
    }
  await putRows(transaction, rows);
}

async function putRows(transaction: SqlDatabase, rows: readonly TrendTable[]): Promise<void> {
  for (const part of inParts(rows)) {
    await transaction
      .insertInto("trends")
      .values(part)
      .onConflict((conflict) =>
        conflict
          .columns(["component", "operation", "context", "slot", "span"])
          .doUpdateSet((is) => ({ sums: is.ref("excluded.sums") })),
      )
      .execute();
  }
}

/** The hours before `end` become days, of whole operations or of their contexts. */
async function foldDays(
  database: SqlDatabase,
  lease: CurrentLease | undefined,
  areWhole: boolean,
  end: number,
): Promise<number> {
  let fewer = 0;
  for (let days = 0; days < DAYS_AT_ONCE; days++) {
    const oldest = await database
      .selectFrom("trends")
      .select(["component", "operation", "context", "slot"])
      .where("span", "=", HOUR)
      .where("slot", "<", end)
      .where("context", areWhole ? "=" : "<>", WHOLE)
      .orderBy("slot")
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return fewer;
    fewer += await foldDay(database, lease, oldest);
    await nextTurn();
  }
  return fewer;
}

async function foldDay(
  database: SqlDatabase,
  lease: CurrentLease | undefined,
  { component, operation, context, slot }: Pick<TrendTable, "component" | "operation" | "context" | "slot">,
): Promise<number> {
  const day = wholeDays(slot);
  return database.transaction().execute(async (transaction) => {
    await holdLease(transaction, lease);
    const rows = await transaction
      .selectFrom("trends")
      .select(["slot", "span", "sums"])
      .where("component", "=", component)
      .where("operation", "=", operation)
      .where("context", "=", context)
      .where("slot", ">=", day)
      .where("slot", "<", day + DAY)
      .orderBy("span", "desc") // a day that is there already comes first: what was added later is newer
      .orderBy("slot")
      .execute();
    await transaction
      .deleteFrom("trends")
      .where("component", "=", component)
      .where("operation", "=", operation)
      .where("context", "=", context)
      .where("slot", ">=", day)
      .where("slot", "<", day + DAY)
      .execute();
    const [first, ...others] = rows.map(({ sums }) => fromJsonText<TrendSums>(sums));
    if (first === undefined) return 0; // somebody else has folded it
    const sums = others.reduce(addTrendSums, first);
    await putRows(transaction, [
      { component, operation, context, slot: day, span: DAY, sums: jsonText(sums, "a trend") },
    ]);
    return rows.length - 1;
  });
}

async function dropBefore(database: SqlDatabase, lease: CurrentLease | undefined, time: number): Promise<number> {
  let dropped = 0;
  for (;;) {
    const rows = await database.transaction().execute(async (transaction) => {
      await holdLease(transaction, lease);
      const old = await transaction
        .selectFrom("trends")
        .select(["component", "operation", "context", "slot", "span"])
        .where("span", "=", DAY)
        .where("slot", "<", time - DAY)
        .limit(ROWS_PER_DELETE)
        .execute();
      for (const row of old) {
        let statement = transaction.deleteFrom("trends");
        for (const column of ["component", "operation", "context", "slot", "span"] as const)
          statement = statement.where(column, "=", row[column]);
        await statement.execute();
      }
      return old.length;
    });
    dropped += rows;
    if (rows < ROWS_PER_DELETE) return dropped;
    await nextTurn();
  }
}

function wholeDays(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

function contextText(context: Context): string {
  return canonicalJson(context as Json);
}

/** SQLite works on this thread: others get their turn between two transactions. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

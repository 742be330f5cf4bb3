/** Old rollup rows become rows of minutes, then of hours, then nothing; each increment stays in exactly one row. */
import { fromJsonText, jsonText } from "./json-text.ts";
import type { Counters } from "./rollup-store.ts";
import type { RollupDatabase } from "./rollup-tables.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long the rows of single scrapes stay, in milliseconds. */
const SCRAPES_KEPT = 2 * HOUR;
/** How long the rows of minutes stay. */
const MINUTES_KEPT = 2 * DAY;
/** How long anything stays: a window of 31 days, and a day for windows that end earlier. */
const HOURS_KEPT = 32 * DAY;

/** At most this many spans are folded in one call, so that a long pause is caught up with in small transactions. */
const SPANS_AT_ONCE = 240;

/** Adds the numbers of `more` to those of `sum`. */
export function addCounters(sum: Record<string, number>, more: Counters): void {
  for (const name of Object.keys(more)) sum[name] = (sum[name] ?? 0) + (more[name] ?? 0);
}

/** Up to which slot all is folded, by span: where the search for the next rows begins. Empty at first. */
export type FoldingProgress = Map<number, number>;

/** Folds what has come of age and drops what is too old. Doing it twice changes nothing. */
export async function foldRollups(database: RollupDatabase, progress: FoldingProgress, now: number): Promise<void> {
  await foldSpans(database, progress, MINUTE, now - SCRAPES_KEPT);
  await foldSpans(database, progress, HOUR, now - MINUTES_KEPT);
  await dropBefore(database, now - HOURS_KEPT);
}

/** Moves the rows of every whole span that ended at or before `horizon` to one row at the span's end. */
async function foldSpans(
  database: RollupDatabase,
  progress: FoldingProgress,
  span: number,
  horizon: number,
): Promise<void> {
  const end = Math.floor(horizon / span) * span;
  for (let folded = 0; folded < SPANS_AT_ONCE; folded++) {
    const next = await firstUnfolded(database, span, progress.get(span) ?? 0, end);
    progress.set(span, next ?? end);
    if (next === undefined) return;
    await foldSpan(database, next - span, next);
  }
}

/** The end of the oldest span after `since` and up to `end` that has a row elsewhere than at its end. */
async function firstUnfolded(
  database: RollupDatabase,
  span: number,
  since: number,
  end: number,
): Promise<number | undefined> {
  const oldest = async (table: "rollup_increments" | "rollup_pages"): Promise<number | undefined> => {
    const row = await database
      .selectFrom(table)
      .select("slot")
      .where("slot", ">", since)
      .where("slot", "<", end)
      .where((is) => is(is("slot", "%", is.lit(span)), "<>", is.lit(0)))
      .orderBy("slot")
      .limit(1)
      .executeTakeFirst();
    return row?.slot;
  };
  const slots = [await oldest("rollup_increments"), await oldest("rollup_pages")].filter((slot) => slot !== undefined);
  return slots.length === 0 ? undefined : Math.ceil(Math.min(...slots) / span) * span;
}

async function foldSpan(database: RollupDatabase, from: number, to: number): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom("rollup_increments")
      .select(["cell", "increments"])
      .where("slot", ">", from)
      .where("slot", "<=", to)
      .execute();
    const sums = new Map<number, Record<string, number>>();
    for (const { cell, increments } of rows) {
      const sum = sums.get(cell) ?? {};
      addCounters(sum, fromJsonText<Counters>(increments));
      sums.set(cell, sum);
    }
    await transaction.deleteFrom("rollup_increments").where("slot", ">", from).where("slot", "<=", to).execute();
    const folded = [...sums].map(([cell, sum]) => ({ slot: to, cell, increments: jsonText(sum, "a rollup") }));
    for (const part of inParts(folded)) await transaction.insertInto("rollup_increments").values(part).execute();

    const pages = transaction.selectFrom("rollup_pages").where("slot", ">", from).where("slot", "<=", to);
    const targets = await pages.select("target").distinct().execute();
    await transaction.deleteFrom("rollup_pages").where("slot", ">", from).where("slot", "<=", to).execute();
    for (const part of inParts(targets.map(({ target }) => ({ slot: to, target })))) {
      await transaction.insertInto("rollup_pages").values(part).execute();
    }
  });
}

async function dropBefore(database: RollupDatabase, time: number): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("rollup_increments").where("slot", "<", time).execute();
    await transaction.deleteFrom("rollup_pages").where("slot", "<", time).execute();
    const forgotten = transaction.selectFrom("rollup_targets").select("id").where("last_page_at", "<", time);
    await transaction
      .deleteFrom("rollup_counters")
      .where((is) => is.or([is("ended_at", "<", time), is("target", "in", forgotten)]))
      .execute();
  });
}

/** A statement takes 32,766 values on SQLite; 500 rows of up to five are far below. */
export function inParts<Row>(rows: readonly Row[]): readonly Row[][] {
  const parts: Row[][] = [];
  for (let index = 0; index < rows.length; index += 500) parts.push(rows.slice(index, index + 500));
  return parts;
}

/** Individual operations in SQL, through Kysely: in the same file as everything else, and never long in the way of a cycle. */
import { type Context, canonicalJson, type Json } from "@trimtab/conventions";
import { type Insertable, sql } from "kysely";
import { decodeCursor, isOlder, pageOf } from "./cursor.ts";
import { fromJsonText, jsonText } from "./json-text.ts";
import type { RecordFilter, RecordStore, StoredRecord } from "./record-store.ts";
import type { RecordTable } from "./record-tables.ts";
import type { Page, PageRequest } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";

/** One length of statement for most rows of a batch, because each length is prepared by itself. */
const ROWS_PER_INSERT = 50;

/** So many rows are deleted in one transaction, so that a cycle that wants to be recorded need not wait long. */
const ROWS_PER_DELETE = 500;

/** Opens the store of records in a database that is open and migrated. Whoever opened that closes it. */
export function createRecordStore(database: SqlDatabase): RecordStore {
  return {
    async addRecords(records) {
      if (records.length === 0) return;
      const rows = records.map((record) => asRow(record));
      await database.transaction().execute(async (transaction) => {
        for (let start = 0; start < rows.length; start += ROWS_PER_INSERT)
          await transaction
            .insertInto("records")
            .values(rows.slice(start, start + ROWS_PER_INSERT))
            .onConflict((conflict) => conflict.columns(["component", "id"]).doNothing())
            .execute();
      });
    },
    listRecords: (filter, page) => listRecords(database, filter, page),
    async listRecordedComponents() {
      const rows = await database.selectFrom("records").select("component").distinct().orderBy("component").execute();
      return rows.map(({ component }) => component);
    },
    dropOldRecords: (component, keep) => dropOldRecords(database, component, keep),
  };
}

async function listRecords(
  database: SqlDatabase,
  filter: RecordFilter,
  page: PageRequest,
): Promise<Page<StoredRecord>> {
  const { component, operation, context = {} } = filter;
  const list: Json = ["records", component, operation ?? null, context];
  let query = database
    .selectFrom("records")
    .selectAll()
    .where("component", "=", component)
    .orderBy("ended_at", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1);
  if (operation !== undefined) query = query.where("operation", "=", operation);
  // Quotes within a value are escaped, so that this text is found only where it is a key with its value.
  for (const [key, value] of Object.entries(context))
    query = query.where(sql<boolean>`replace(context, ${canonicalJson({ [key]: value }).slice(1, -1)}, '') <> context`);
  if (page.cursor !== undefined) query = query.where(isOlder("ended_at", decodeCursor(list, page.cursor)));
  return pageOf(await query.execute(), page, list, { item: fromRow, position: (row) => [row.ended_at, row.id] });
}

async function dropOldRecords(database: SqlDatabase, component: string, keep: number): Promise<number> {
  const newestToDrop = await database
    .selectFrom("records")
    .select(["ended_at", "id"])
    .where("component", "=", component)
    .orderBy("ended_at", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .offset(keep)
    .executeTakeFirst();
  if (newestToDrop === undefined) return 0;
  let dropped = 0;
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from records where component = ${component} and id in (
        select id from records where component = ${component}
          and (ended_at, id) <= (${newestToDrop.ended_at}, ${newestToDrop.id})
        order by ended_at, id limit ${ROWS_PER_DELETE})`.execute(database);
    dropped += Number(numAffectedRows);
    if (Number(numAffectedRows) < ROWS_PER_DELETE) return dropped;
    await new Promise<void>((resolve) => setImmediate(resolve)); // SQLite works in this thread
  }
}

function asRow({ component, id, operation, at, context, ...rest }: StoredRecord): Insertable<RecordTable> {
  return {
    component,
    id,
    operation,
    ended_at: at,
    context: canonicalJson(context),
    record: jsonText(rest, `the record "${id}"`),
  };
}

function fromRow({ component, id, operation, ended_at, context, record }: RecordTable): StoredRecord {
  return {
    ...fromJsonText<Omit<StoredRecord, "component" | "id" | "operation" | "at" | "context">>(record),
    component,
    id,
    operation,
    at: Number(ended_at),
    context: fromJsonText<Context>(context),
  };
}

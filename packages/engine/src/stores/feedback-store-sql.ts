/** Feedback in SQL, through Kysely: in the same database as the cycles that learn from it, so that one transaction holds both. */
import { canonicalJson, type Json } from "@trimtab/conventions";
import type { Evidence } from "@trimtab/learning";
import type { Insertable } from "kysely";
import { decodeCursor, isOlder, pageOf, wantedOf } from "./cursor.ts";
import type { Feedback, FeedbackAddition, FeedbackFilter, FeedbackStore, StoredFeedback } from "./feedback-store.ts";
import type { FeedbackTable } from "./feedback-tables.ts";
import { fromJsonText } from "./json-text.ts";
import { IllegalRecordError, type OperationKey, type Page, type PageRequest } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";

/** So many ids go into one statement: databases limit the number of its parameters. */
const IDS_PER_STATEMENT = 500;

const FILTERS = ["component", "operation", "type", "entity", "source", "target"] as const;

/** Opens the feedback store in a database that is open and migrated. Whoever opened that closes it. */
export function createFeedbackStore(database: SqlDatabase): FeedbackStore {
  return {
    addFeedback: (items) =>
      database.transaction().execute(async (transaction) => {
        const additions: FeedbackAddition[] = [];
        for (const item of items) additions.push(await addOne(transaction, item));
        return additions;
      }),
    waitingFeedback: (key, limit) => waitingFeedback(database, key, limit),
    countWaitingFeedback: () => countWaitingFeedback(database),
    listFeedback: (filter, page) => listFeedback(database, filter, page),
  };
}

/**
 * Marks the feedback of a cycle's evidence as learnt from, in the transaction of the cycle.
 *
 * @throws {IllegalRecordError} when another cycle has learnt from an entry, or the store does not know it.
 */
export async function recordLearntFeedback(
  transaction: SqlDatabase,
  key: OperationKey,
  cycle: number,
  feedback: Evidence["feedback"],
): Promise<void> {
  if (feedback?.kind !== "value") return;
  const ids = [...new Set(feedback.value.map(({ id }) => id))];
  for (let start = 0; start < ids.length; start += IDS_PER_STATEMENT) {
    const some = ids.slice(start, start + IDS_PER_STATEMENT);
    const { numUpdatedRows } = await transaction
      .updateTable("feedback")
      .set({ cycle })
      .where("id", "in", some)
      .where("component", "=", key.component)
      .where("operation", "=", key.operation)
      .where("cycle", "is", null)
      .executeTakeFirstOrThrow();
    if (Number(numUpdatedRows) === some.length) continue;
    throw new IllegalRecordError(
      `Cycle ${cycle} of "${key.component}/${key.operation}" has feedback that does not wait to be learnt from`,
    );
  }
}

async function addOne(transaction: SqlDatabase, item: Feedback): Promise<FeedbackAddition> {
  const row = asRow(item);
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto("feedback")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return "added";
  const kept = await transaction
    .selectFrom("feedback")
    .select("feedback")
    .where("id", "=", item.id)
    .executeTakeFirstOrThrow();
  return kept.feedback === row.feedback ? "known" : "different";
}

async function waitingFeedback(
  database: SqlDatabase,
  { component, operation }: OperationKey,
  limit: number,
): Promise<Feedback[]> {
  const rows = await database
    .selectFrom("feedback")
    .select(["feedback", "received_at"])
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("cycle", "is", null)
    .where("score", "is not", null)
    .orderBy("received_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => fromRow(row));
}

async function countWaitingFeedback(database: SqlDatabase): Promise<(OperationKey & { waiting: number })[]> {
  const rows = await database
    .selectFrom("feedback")
    .select(["component", "operation", (expression) => expression.fn.countAll<number>().as("waiting")])
    .where("cycle", "is", null)
    .where("score", "is not", null)
    .where("component", "is not", null)
    .where("operation", "is not", null)
    .groupBy(["component", "operation"])
    .orderBy("component")
    .orderBy("operation")
    .execute();
  return rows.map(({ component, operation, waiting }) => ({
    component: component ?? "",
    operation: operation ?? "",
    waiting: Number(waiting),
  }));
}

async function listFeedback(
  database: SqlDatabase,
  filter: FeedbackFilter,
  page: PageRequest,
): Promise<Page<StoredFeedback>> {
  const wanted = wantedOf(FILTERS, filter);
  const list: Json = ["feedback", wanted];
  let query = database
    .selectFrom("feedback")
    .select(["id", "received_at", "cycle", "feedback"])
    .orderBy("received_at", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1);
  for (const { name, value } of wanted) query = query.where(name, "=", value);
  if (page.cursor !== undefined) query = query.where(isOlder("received_at", decodeCursor(list, page.cursor)));
  return pageOf(await query.execute(), page, list, {
    item: feedbackOfRow,
    position: (row) => [Number(row.received_at), row.id],
  });
}

function asRow({ receivedAt, ...item }: Feedback): Insertable<FeedbackTable> {
  return {
    id: item.id,
    received_at: receivedAt,
    type: item.type,
    component: item.component ?? null,
    operation: item.operation ?? null,
    entity: item.entity ?? null,
    source: item.source ?? null,
    target: item.target ?? null,
    score: item.score ?? null,
    cycle: null,
    feedback: canonicalJson(item as Json),
  };
}

/** A row as it is given out. */
export function feedbackOfRow(row: Pick<FeedbackTable, "feedback" | "received_at" | "cycle">): StoredFeedback {
  const item = fromRow(row);
  return row.cycle === null ? item : { ...item, cycle: Number(row.cycle) };
}

function fromRow(row: { feedback: string; received_at: number }): Feedback {
  return { ...fromJsonText<Omit<Feedback, "receivedAt">>(row.feedback), receivedAt: Number(row.received_at) };
}

/** Deliveries in SQL, through Kysely: in the same database as what they tell of, so that one transaction holds both. */
import type { Json } from "@trimtab/conventions";
import { decodeCursor, pageOf, wantedOf } from "./cursor.ts";
import type {
  Addressees,
  Attempt,
  Delivery,
  DeliveryBounds,
  DeliveryFilter,
  DeliveryStatus,
  DeliveryStore,
  Notice,
  NoticeType,
} from "./delivery-store.ts";
import { jsonText } from "./json-text.ts";
import type { Page, PageRequest } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";
import type { WebhookDeliveryTable } from "./webhook-tables.ts";

const FILTERS = ["hook", "status", "type"] as const;
const ROWS_PER_STATEMENT = 100;

/** Opens the store of deliveries in a database that is open and migrated. Whoever opened that closes it. */
export function createDeliveryStore(database: SqlDatabase): DeliveryStore {
  const get = async (id: string): Promise<Delivery | undefined> => {
    const row = await database.selectFrom("webhook_deliveries").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  };
  return {
    async nextDelivery(hook) {
      const row = await database
        .selectFrom("webhook_deliveries")
        .selectAll()
        .where("hook", "=", hook)
        .where("status", "=", "waiting" satisfies DeliveryStatus)
        .orderBy("number")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : fromRow(row);
    },
    recordAttempt: (id, attempt) => recordAttempt(database, id, attempt),
    getDelivery: get,
    listDeliveries: (filter, page) => listDeliveries(database, filter, page),
    async retryDelivery(id, now) {
      await database
        .updateTable("webhook_deliveries")
        .set({ status: "waiting" satisfies DeliveryStatus, attempts: 0, waiting_since: now, next_attempt_at: now })
        .where("id", "=", id)
        .where("status", "=", "dead" satisfies DeliveryStatus)
        .execute();
      return get(id);
    },
    async countDeliveries() {
      const rows = await database
        .selectFrom("webhook_deliveries")
        .select(["hook", "status"])
        .select((expression) => expression.fn.countAll<number>().as("count"))
        .where("status", "in", ["waiting", "dead"] satisfies DeliveryStatus[])
        .groupBy(["hook", "status"])
        .orderBy("hook")
        .orderBy("status")
        .execute();
      return rows.map(({ hook, status, count }) => ({ hook, status: status as DeliveryStatus, count: Number(count) }));
    },
    boundDeliveries: (bounds, now) => boundDeliveries(database, bounds, now),
  };
}

/** Writes notices for everybody who wants them, in the transaction of what they tell of. */
export async function recordNotices(
  transaction: SqlDatabase,
  addressees: Addressees | undefined,
  notices: readonly Notice[],
): Promise<void> {
  if (addressees === undefined) return;
  const rows = notices.flatMap((notice) => addressees(notice.type).map((hook) => asRow(hook, notice)));
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const some = rows.slice(start, start + ROWS_PER_STATEMENT);
    await transaction.insertInto("webhook_deliveries").values(some).execute();
  }
}

async function recordAttempt(
  database: SqlDatabase,
  id: string,
  { status, at, nextAttemptAt, answer }: Attempt,
): Promise<void> {
  await database
    .updateTable("webhook_deliveries")
    .set((expression) => ({
      status,
      attempts: expression("attempts", "+", 1),
      last_attempt_at: at,
      next_attempt_at: nextAttemptAt,
      answer,
    }))
    .where("id", "=", id)
    .where("status", "=", "waiting" satisfies DeliveryStatus)
    .execute();
}

async function listDeliveries(
  database: SqlDatabase,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<Page<Delivery>> {
  const wanted = wantedOf(FILTERS, filter);
  const list: Json = ["webhook-deliveries", wanted];
  let query = database
    .selectFrom("webhook_deliveries")
    .selectAll()
    .orderBy("number", "desc")
    .limit(page.limit + 1);
  for (const { name, value } of wanted) query = query.where(name, "=", value);
  if (page.cursor !== undefined) query = query.where("number", "<", Number(decodeCursor(list, page.cursor)[0]));
  return pageOf(await query.execute(), page, list, { item: fromRow, position: (row) => [Number(row.number)] });
}

async function boundDeliveries(
  database: SqlDatabase,
  bounds: DeliveryBounds,
  now: number,
): Promise<{ givenUp: number; dropped: number }> {
  const hooks = await database.selectFrom("webhook_deliveries").select("hook").distinct().execute();
  let givenUp = 0;
  let dropped = 0;
  for (const { hook } of hooks) {
    const isOver = (status: DeliveryStatus, beyond: number | undefined) =>
      database
        .selectFrom("webhook_deliveries")
        .select("number")
        .where("hook", "=", hook)
        .where("status", status === "waiting" ? "=" : "<>", "waiting")
        .orderBy("number", "desc")
        .offset(beyond ?? 0)
        .limit(1)
        .executeTakeFirst();
    const oldestKept = await isOver("waiting", bounds.mostWaiting);
    const died = await database
      .updateTable("webhook_deliveries")
      .set({
        status: "dead" satisfies DeliveryStatus,
        last_attempt_at: now,
        answer: "given up: it waited too long, or too many waited",
      })
      .where("hook", "=", hook)
      .where("status", "=", "waiting" satisfies DeliveryStatus)
      .where((expression) =>
        expression.or([
          expression("waiting_since", "<", now - bounds.waitMilliseconds),
          expression("number", "<=", Number(oldestKept?.number ?? -1)),
        ]),
      )
      .executeTakeFirstOrThrow();
    givenUp += Number(died.numUpdatedRows);
    const lastKept = await isOver("dead", bounds.mostFinished);
    const gone = await database
      .deleteFrom("webhook_deliveries")
      .where("hook", "=", hook)
      .where("status", "<>", "waiting" satisfies DeliveryStatus)
      .where((expression) =>
        expression.or([
          expression("last_attempt_at", "<", now - bounds.keepMilliseconds),
          expression("number", "<=", Number(lastKept?.number ?? -1)),
        ]),
      )
      .executeTakeFirstOrThrow();
    dropped += Number(gone.numDeletedRows);
  }
  return { givenUp, dropped };
}

function asRow(hook: string, { type, at, data }: Notice): Omit<WebhookDeliveryTable, "number"> {
  return {
    id: `msg_${globalThis.crypto.randomUUID()}`,
    hook,
    type,
    created_at: at,
    waiting_since: at,
    status: "waiting" satisfies DeliveryStatus,
    attempts: 0,
    next_attempt_at: 0,
    last_attempt_at: null,
    answer: null,
    payload: jsonText({ type, timestamp: new Date(at).toISOString(), data }, `The notice "${type}"`),
  };
}

function fromRow(
  row: { [Column in keyof WebhookDeliveryTable]: Column extends "number" ? number : WebhookDeliveryTable[Column] },
): Delivery {
  return {
    id: row.id,
    hook: row.hook,
    type: row.type as NoticeType,
    createdAt: Number(row.created_at),
    waitingSince: Number(row.waiting_since),
    status: row.status as DeliveryStatus,
    attempts: Number(row.attempts),
    nextAttemptAt: Number(row.next_attempt_at),
    ...(row.last_attempt_at === null ? {} : { lastAttemptAt: Number(row.last_attempt_at) }),
    ...(row.answer === null ? {} : { answer: row.answer }),
    payload: row.payload,
  };
}

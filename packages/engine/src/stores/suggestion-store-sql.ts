/** Suggestions in SQL, through Kysely: in the database of the feedback that they come from. */
import { canonicalJson, type Json } from "@trimtab/conventions";
import type { ProposedSuggestion } from "@trimtab/learning";
import type { Insertable, Selectable } from "kysely";
import { decodeCursor, isOlder, pageOf, wantedOf } from "./cursor.ts";
import type { Addressees } from "./delivery-store.ts";
import { recordNotices } from "./delivery-store-sql.ts";
import { feedbackOfRow } from "./feedback-store-sql.ts";
import type { SuggestionTable } from "./feedback-tables.ts";
import { type CurrentLease, holdLease } from "./fence.ts";
import { fromJsonText } from "./json-text.ts";
import { IllegalRecordError, type Page, type PageRequest } from "./store.ts";
import type {
  Suggestion,
  SuggestionDecision,
  SuggestionFilter,
  SuggestionReceipt,
  SuggestionStatus,
  SuggestionStore,
} from "./suggestion-store.ts";
import type { SqlDatabase } from "./tables.ts";

const FILTERS = ["status", "entity", "target", "rule"] as const;
const MOST_ENTRIES = 10_000;
const IDS_PER_STATEMENT = 500;

/**
 * Opens the suggestion store in a database that is open and migrated. Whoever opened that closes it.
 *
 * @param lease Under which feedback is processed, where several processes share the database.
 * @param addressees Who is told of a person's word to a suggestion, in its own transaction. Default: nobody.
 */
export function createSuggestionStore(
  database: SqlDatabase,
  lease?: CurrentLease,
  addressees?: Addressees,
): SuggestionStore {
  return {
    async unprocessedFeedback(limit) {
      const rows = await database
        .selectFrom("feedback")
        .select(["received_at", "cycle", "feedback"])
        .where("processed_at", "is", null)
        .where("entity", "is not", null)
        .orderBy("received_at")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row) => feedbackOfRow(row));
    },
    async feedbackAbout(entity, { type }, since) {
      const rows = await database
        .selectFrom("feedback")
        .select(["received_at", "cycle", "feedback"])
        .where("entity", "=", entity)
        .where("type", "=", type)
        .where("received_at", ">", since)
        .orderBy("received_at", "desc")
        .orderBy("id", "desc")
        .limit(MOST_ENTRIES)
        .execute();
      return rows.reverse().map((row) => feedbackOfRow(row));
    },
    async scoredEntityFeedback(since, limit) {
      const rows = await database
        .selectFrom("feedback")
        .select(["received_at", "cycle", "feedback"])
        .where("entity", "is not", null)
        .where("score", "is not", null)
        .where("received_at", ">", since)
        .orderBy("received_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => feedbackOfRow(row));
    },
    async lastSuggestionsOfRule(rule) {
      const rows = await database
        .selectFrom("suggestions")
        .selectAll()
        .where("rule", "=", rule)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
      return [...new Map(rows.map((row) => [row.entity, fromRow(row)])).values()];
    },
    async lastSuggestions(entity) {
      const rows = await database
        .selectFrom("suggestions")
        .selectAll()
        .where("entity", "=", entity)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .execute();
      const last = new Map<string, Suggestion>();
      for (const row of rows) if (!last.has(row.rule)) last.set(row.rule, fromRow(row));
      return [...last.values()];
    },
    recordProcessing: (feedback, suggestions, now) =>
      database.transaction().execute(async (transaction) => {
        await holdLease(transaction, lease);
        await markProcessed(transaction, feedback, now);
        for (const suggestion of suggestions)
          await transaction.insertInto("suggestions").values(asRow(suggestion)).execute();
      }),
    listSuggestions: (filter, page) => listSuggestions(database, filter, page),
    async getSuggestion(id) {
      const row = await database.selectFrom("suggestions").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : fromRow(row);
    },
    decideSuggestion: (id, decision) =>
      database.transaction().execute((transaction) => decideSuggestion(transaction, id, decision, addressees)),
    deliverSuggestion: (id, receipt) => deliverSuggestion(database, id, receipt),
    async reopenSuggestion(id, act) {
      await database
        .updateTable("suggestions")
        .set({ status: "open" satisfies SuggestionStatus, decided_at: null, decided_by: null, why: null, act: null })
        .where("id", "=", id)
        .where("status", "=", "accepted" satisfies SuggestionStatus)
        .where("act", "=", act)
        .where((is) =>
          is.not(
            is.exists(
              is
                .selectFrom("suggestions as other")
                .select("other.id")
                .whereRef("other.entity", "=", "suggestions.entity")
                .whereRef("other.rule", "=", "suggestions.rule")
                .where("other.status", "=", "open" satisfies SuggestionStatus),
            ),
          ),
        )
        .execute();
    },
    async undeliveredSuggestions(limit) {
      const rows = await database
        .selectFrom("suggestions")
        .selectAll()
        .where("status", "=", "accepted" satisfies SuggestionStatus)
        .where("act", "is not", null)
        .orderBy("created_at")
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
  };
}

async function markProcessed(transaction: SqlDatabase, feedback: readonly string[], now: number): Promise<void> {
  for (let start = 0; start < feedback.length; start += IDS_PER_STATEMENT) {
    const some = feedback.slice(start, start + IDS_PER_STATEMENT);
    const { numUpdatedRows } = await transaction
      .updateTable("feedback")
      .set({ processed_at: now })
      .where("id", "in", some)
      .where("processed_at", "is", null)
      .executeTakeFirstOrThrow();
    if (Number(numUpdatedRows) !== some.length)
      throw new IllegalRecordError("some of the feedback was processed by somebody else meanwhile");
  }
}

async function decideSuggestion(
  database: SqlDatabase,
  id: string,
  { status, by, why, act, at }: SuggestionDecision,
  addressees: Addressees | undefined,
): Promise<Suggestion | undefined> {
  const { numUpdatedRows } = await database
    .updateTable("suggestions")
    .set({ status, decided_at: at, decided_by: by ?? null, why: why ?? null, act: act ?? null })
    .where("id", "=", id)
    .where("status", "=", "open" satisfies SuggestionStatus)
    .executeTakeFirstOrThrow();
  const row = await database.selectFrom("suggestions").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return undefined;
  const decided = fromRow(row);
  if (numUpdatedRows === 1n) {
    const { rule, entity, target, suggestion, confidence, reasoning } = decided;
    const data = { id, rule, entity, target, suggestion, confidence, reasoning, by, why };
    await recordNotices(database, addressees, [{ type: `suggestion.${status}`, at, data }]);
  }
  return decided;
}

async function deliverSuggestion(
  database: SqlDatabase,
  id: string,
  { at, to }: SuggestionReceipt,
): Promise<Suggestion | undefined> {
  await database
    .updateTable("suggestions")
    .set({ status: "delivered" satisfies SuggestionStatus, delivered_at: at, delivered_to: to ?? null })
    .where("id", "=", id)
    .where("status", "=", "accepted" satisfies SuggestionStatus)
    .execute();
  const row = await database.selectFrom("suggestions").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : fromRow(row);
}

async function listSuggestions(
  database: SqlDatabase,
  filter: SuggestionFilter,
  page: PageRequest,
): Promise<Page<Suggestion>> {
  const wanted = wantedOf(FILTERS, filter);
  const list: Json = ["suggestions", wanted];
  let query = database
    .selectFrom("suggestions")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1);
  for (const { name, value } of wanted) query = query.where(name, "=", value);
  if (page.cursor !== undefined) query = query.where(isOlder("created_at", decodeCursor(list, page.cursor)));
  return pageOf(await query.execute(), page, list, {
    item: fromRow,
    position: (row) => [Number(row.created_at), row.id],
  });
}

function asRow(suggestion: Suggestion): Insertable<SuggestionTable> {
  const { id, createdAt, status, decidedAt, decidedBy, why, act, deliveredAt, deliveredTo, ...proposed } = suggestion;
  return {
    id,
    created_at: createdAt,
    rule: proposed.rule,
    entity: proposed.entity,
    target: proposed.target ?? null,
    status,
    decided_at: decidedAt ?? null,
    decided_by: decidedBy ?? null,
    why: why ?? null,
    act: act ?? null,
    delivered_at: deliveredAt ?? null,
    delivered_to: deliveredTo ?? null,
    suggestion: canonicalJson(proposed as unknown as Json),
  };
}

function fromRow(row: Selectable<SuggestionTable>): Suggestion {
  return {
    ...fromJsonText<ProposedSuggestion>(row.suggestion),
    id: row.id,
    createdAt: Number(row.created_at),
    status: row.status as SuggestionStatus,
    ...(row.decided_at === null ? {} : { decidedAt: Number(row.decided_at) }),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.why === null ? {} : { why: row.why }),
    ...(row.act === null ? {} : { act: row.act }),
    ...(row.delivered_at === null ? {} : { deliveredAt: Number(row.delivered_at) }),
    ...(row.delivered_to === null ? {} : { deliveredTo: row.delivered_to }),
  };
}

/** Acts in SQL, through Kysely: in the same database as the cycles that take them, so that one transaction holds both. */
import { canonicalJson, type Json } from "@trimtab/conventions";
import type { Act, ActChange, ActOutcome, Decision } from "@trimtab/learning";
import type { ActFilter, ActStore, NewAct, StoredAct } from "./act-store.ts";
import { listAdaptations, readAdaptation } from "./adaptation-rows.ts";
import { decodeCursor, pageOf, wantedOf } from "./cursor.ts";
import { fromJsonText, jsonText } from "./json-text.ts";
import { IllegalRecordError, type OperationKey, type Page, type PageRequest } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";

const FILTERS = ["component", "operation", "kind", "who"] as const;

/** More parameters than these no operation has. */
const MOST_ADAPTATIONS = 1_000;

/** So many of the newest are looked at for one of a person. */
const MOST_UNFREEZES = 1_000;

/** Opens the store of acts in a database that is open and migrated. Whoever opened that closes it. */
export function createActStore(database: SqlDatabase): ActStore {
  return {
    async addAct(act) {
      const { id, component, operation, kind, who, at } = act;
      const row = { id, component, operation, kind, who, done_at: at, act: jsonText(act, `Act "${id}"`) };
      await database
        .insertInto("acts")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    waitingActs: (key, limit) => waitingActs(database, key, limit),
    listWaitingOperations: () =>
      database
        .selectFrom("acts")
        .leftJoin("act_outcomes", "act_outcomes.act_id", "acts.id")
        .select(["acts.component", "acts.operation"])
        .distinct()
        .where("act_outcomes.act_id", "is", null)
        .orderBy("acts.component")
        .orderBy("acts.operation")
        .execute(),
    async getAct(id) {
      const row = await selectActs(database).where("acts.id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : asStored(row);
    },
    listActs: (filter, page) => listActs(database, filter, page),
  };
}

/**
 * Records what became of a cycle's acts, in its transaction.
 *
 * @throws {IllegalRecordError} when another cycle has taken an act, the store does not know it, or the decision does not say what
 *   became of it.
 */
export async function recordActOutcomes(
  transaction: SqlDatabase,
  cycle: number,
  decision: Decision,
  acts: readonly Act[] | undefined,
): Promise<void> {
  const { component, operation, at } = decision;
  for (const [place, act] of (acts ?? []).entries()) {
    const outcome = decision.acts?.find((each) => each.act === act.id);
    const asked = await transaction
      .selectFrom("acts")
      .leftJoin("act_outcomes", "act_outcomes.act_id", "acts.id")
      .select("act_outcomes.cycle as taken")
      .where("acts.id", "=", act.id)
      .where("acts.component", "=", component)
      .where("acts.operation", "=", operation)
      .executeTakeFirst();
    if (outcome === undefined || asked === undefined || asked.taken !== null) {
      throw new IllegalRecordError(
        `Cycle ${cycle} of "${component}/${operation}" has the act "${act.id}", which does not wait or has no outcome`,
      );
    }
    await transaction
      .insertInto("act_outcomes")
      .values({
        act_id: act.id,
        component,
        operation,
        cycle,
        place,
        decided_at: at,
        result: outcome.result,
        reason: canonicalJson({ ...outcome.reason }),
        act: jsonText(act, `Act "${act.id}"`),
      })
      .execute();
  }
}

/** The acts that each of some cycles took, in their order. */
export async function readTakenActs(
  database: SqlDatabase,
  { component, operation }: OperationKey,
  first: number,
  last: number,
): Promise<ReadonlyMap<number, readonly Act[]>> {
  const rows = await database
    .selectFrom("act_outcomes")
    .select(["cycle", "act"])
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("cycle", ">=", first)
    .where("cycle", "<=", last)
    .orderBy("cycle")
    .orderBy("place")
    .execute();
  const found = new Map<number, Act[]>();
  for (const { cycle, act } of rows) found.set(cycle, [...(found.get(cycle) ?? []), fromJsonText<Act>(act)]);
  return found;
}

async function waitingActs(
  database: SqlDatabase,
  { component, operation }: OperationKey,
  limit: number,
): Promise<Act[]> {
  const rows = await database
    .selectFrom("acts")
    .leftJoin("act_outcomes", "act_outcomes.act_id", "acts.id")
    .select("acts.act")
    .where("acts.component", "=", component)
    .where("acts.operation", "=", operation)
    .where("act_outcomes.act_id", "is", null)
    .orderBy("acts.number")
    .limit(limit)
    .execute();
  const acts: Act[] = [];
  for (const row of rows) acts.push(await asAct(database, fromJsonText<NewAct>(row.act)));
  return acts;
}

/** The act with the change that it names, as it is recorded now; without adaptations where there is none. */
async function asAct(database: SqlDatabase, { component, operation, ...act }: NewAct): Promise<Act> {
  const key = { component, operation };
  if (act.kind === "freeze" && act.alert !== undefined) {
    const overruledAt = await lastUnfrozen(database, key, act.alert.startedAt);
    return overruledAt === undefined ? act : { ...act, overruledAt };
  }
  if (!("target" in act)) return act;
  const { target, ...rest } = act;
  const { approvedAt, ...change } = await findChange(database, key, target);
  const isOverruled = act.alert !== undefined && approvedAt !== undefined;
  return { ...rest, change, ...(isOverruled ? { overruledAt: approvedAt } : {}) };
}

/** When a person last let the operation go on, or asked for it, since a time. */
async function lastUnfrozen(
  database: SqlDatabase,
  { component, operation }: OperationKey,
  since: number,
): Promise<number | undefined> {
  const rows = await database
    .selectFrom("acts")
    .select("act")
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("kind", "=", "unfreeze")
    .where("done_at", ">=", since)
    .orderBy("number", "desc")
    .limit(MOST_UNFREEZES)
    .execute();
  return rows.map(({ act }) => fromJsonText<NewAct>(act)).find(({ alert }) => alert === undefined)?.at;
}

async function findChange(
  database: SqlDatabase,
  { component, operation }: OperationKey,
  target: string,
): Promise<ActChange & { readonly approvedAt?: number }> {
  const changeId = (await readAdaptation(database, target))?.changeId ?? target;
  const { items } = await listAdaptations(database, { component, operation, changeId }, { limit: MOST_ADAPTATIONS });
  const adaptations = items.map(({ id, parameter, oldValue, newValue, status }) => ({
    id,
    parameter,
    oldValue,
    newValue,
    status,
  }));
  const approval = items.flatMap(({ history }) => history).find(({ status }) => status === "approved");
  const approvedAt = approval === undefined ? {} : { approvedAt: approval.at };
  return { changeId, context: items[0]?.context ?? {}, adaptations, ...approvedAt };
}

function selectActs(database: SqlDatabase) {
  return database
    .selectFrom("acts")
    .leftJoin("act_outcomes", "act_outcomes.act_id", "acts.id")
    .select(["acts.number", "acts.act", "act_outcomes.cycle", "act_outcomes.decided_at"])
    .select(["act_outcomes.result", "act_outcomes.reason"]);
}

async function listActs(database: SqlDatabase, filter: ActFilter, page: PageRequest): Promise<Page<StoredAct>> {
  const wanted = wantedOf(FILTERS, filter);
  const list: Json = ["acts", wanted];
  let query = selectActs(database)
    .orderBy("acts.number", "desc")
    .limit(page.limit + 1);
  for (const { name, value } of wanted) query = query.where(`acts.${name}`, "=", value);
  if (page.cursor !== undefined) query = query.where("acts.number", "<", Number(decodeCursor(list, page.cursor)[0]));
  return pageOf(await query.execute(), page, list, { item: asStored, position: (row) => [row.number] });
}

interface ActRow {
  readonly act: string;
  readonly cycle: number | null;
  readonly decided_at: number | null;
  readonly result: string | null;
  readonly reason: string | null;
}

function asStored({ act, cycle, decided_at: at, result, reason }: ActRow): StoredAct {
  const given = fromJsonText<StoredAct["act"]>(act);
  if (cycle === null || at === null || result === null || reason === null) return { act: given };
  return { act: given, outcome: { result: result as ActOutcome["result"], reason: fromJsonText(reason), cycle, at } };
}

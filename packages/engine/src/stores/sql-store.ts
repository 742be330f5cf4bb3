/** The store on SQL tables, through Kysely: the same statements on every database that the migrations know. */
import type { Allocation, Json } from "@trimtab/conventions";
import type { Decision, OperationPolicy } from "@trimtab/learning";
import { sql } from "kysely";
import { readTakenActs, recordActOutcomes } from "./act-store-sql.ts";
import { listAdaptations, readAdaptation, readAdaptations, recordAdaptations } from "./adaptation-rows.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { cycleNotices, mayTellOfBreakers } from "./cycle-notices.ts";
import type { Addressees, Notice } from "./delivery-store.ts";
import { recordNotices } from "./delivery-store-sql.ts";
import { recordLearntFeedback } from "./feedback-store-sql.ts";
import { type CurrentLease, holdLease } from "./fence.ts";
import { fromJsonText, jsonText, MAXIMUM_STATE_LENGTH } from "./json-text.ts";
import { isLongState, packText, unpackText } from "./packed-text.ts";
import {
  CycleConflictError,
  type CycleRecord,
  type OperationKey,
  type Page,
  type PageRequest,
  type RecordedCycle,
  type ServedCycle,
  type Store,
  type StoredOperation,
} from "./store.ts";
import type { SqlDatabase, StoreTables } from "./tables.ts";
import { recordTrend } from "./trend-store-sql.ts";

/** The state is kept with every cycle whose number is a multiple of this: a replay repeats at most so many cycles. */
const STATE_EVERY_CYCLES = 20;

/** So many rows are deleted in one transaction, so that a cycle that wants to be recorded need not wait long. */
const ROWS_PER_DELETE = 500;

const MAXIMUM_PAGE = 1_000;

/** A page of cycles ends with the one that goes beyond this, in UTF-16 units of packed text: unpacked it is ten times as much. */
const MAXIMUM_PAGE_LENGTH = 2 * 1024 * 1024;

/**
 * The store in a database that is open and migrated. Closing the store closes the database.
 *
 * @param lease Under which cycles are recorded and dropped, where several processes share the database.
 * @param addressees Who is told of what a cycle decided, by notices in the cycle's own transaction. Default: nobody.
 */
export function createSqlStore(database: SqlDatabase, lease?: CurrentLease, addressees?: Addressees): Store {
  return {
    listOperations: () =>
      database
        .selectFrom("operations")
        .select(["component", "operation"])
        .orderBy("component")
        .orderBy("operation")
        .execute(),
    loadOperation: (key) => loadOperation(database, key),
    loadServed: (key) => loadServed(database, key),
    listLastCycles: () => database.selectFrom("operations").select(["component", "operation", "cycle"]).execute(),
    recordCycle: (record) => recordCycle(database, lease, record, addressees),
    async loadPolicy(policyHash) {
      const row = await database
        .selectFrom("policies")
        .select("policy")
        .where("policy_hash", "=", policyHash)
        .executeTakeFirst();
      return row === undefined ? undefined : fromJsonText<OperationPolicy>(row.policy);
    },
    async sumAllocationsSince(component, without) {
      let query = database
        .selectFrom("operations")
        .select((expression) => expression.fn.sum<number | null>("allocations_since").as("sum"))
        .where("component", "=", component);
      if (without.length > 0) query = query.where("operation", "not in", without);
      return Number((await query.executeTakeFirstOrThrow()).sum ?? 0);
    },
    listCycles: async (key, page) => listCycles(database, key, checkedPage(page)),
    listAdaptations: async (filter, page) => listAdaptations(database, filter, checkedPage(page)),
    getAdaptation: (id) => readAdaptation(database, id),
    dropCyclesBefore: (time) => dropCyclesBefore(database, lease, time),
    close: () => database.destroy(),
  };
}

async function loadOperation(database: SqlDatabase, key: OperationKey): Promise<StoredOperation | undefined> {
  const row = await readLatest(database, key);
  if (row === undefined) return undefined;
  return {
    component: key.component,
    operation: key.operation,
    cycle: row.cycle,
    state: fromJsonText(unpackText(row.state)),
    windowEnd: row.window_end,
    decision: joinDecision(row.decision, row.allocations),
    policyHash: row.policy_hash,
  };
}

async function loadServed(
  database: SqlDatabase,
  { component, operation }: OperationKey,
): Promise<ServedCycle | undefined> {
  const row = await database
    .selectFrom("operations")
    .innerJoin("allocation_lists", (join) =>
      join
        .onRef("allocation_lists.component", "=", "operations.component")
        .onRef("allocation_lists.operation", "=", "operations.operation")
        .onRef("allocation_lists.since_cycle", "=", "operations.allocations_since"),
    )
    .select(["cycle", "decision", "allocations", "allocations_since", "allocations_at", "explored_at"])
    .where("operations.component", "=", component)
    .where("operations.operation", "=", operation)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    cycle: row.cycle,
    decision: joinDecision(row.decision, row.allocations),
    allocationsSince: row.allocations_since,
    allocationsAt: row.allocations_at,
    exploredAt: row.explored_at,
  };
}

function readLatest(database: SqlDatabase, { component, operation }: OperationKey) {
  return database
    .selectFrom("operations")
    .innerJoin("allocation_lists", (join) =>
      join
        .onRef("allocation_lists.component", "=", "operations.component")
        .onRef("allocation_lists.operation", "=", "operations.operation")
        .onRef("allocation_lists.since_cycle", "=", "operations.allocations_since"),
    )
    .select(["cycle", "state", "window_end", "decision", "policy_hash", "allocations", "allocations_since"])
    .select(["allocations_at", "explored_at"])
    .where("operations.component", "=", component)
    .where("operations.operation", "=", operation)
    .executeTakeFirst();
}

async function recordCycle(
  database: SqlDatabase,
  lease: CurrentLease | undefined,
  record: CycleRecord,
  addressees: Addressees | undefined,
): Promise<ServedCycle> {
  const { component, operation, cycle, decision } = record;
  const name = `Cycle ${cycle} of "${component}/${operation}"`;
  const allocations = jsonText(decision.allocations, `${name}: the list of allocations`);
  const texts = {
    decision: jsonText({ ...decision, allocations: [] }, `${name}: the decision`),
    evidence: jsonText(record.evidence, `${name}: the evidence`),
    state: jsonText(record.state, `${name}: the state`, MAXIMUM_STATE_LENGTH),
    policy: jsonText(record.policy, `${name}: the policy`),
  };
  // Before the transaction: packing takes long for many contexts, and a server ends sessions that stand still in one.
  const isStateKept = cycle % STATE_EVERY_CYCLES === 0;
  const isStateLong = isLongState(texts.state);
  const packedState = isStateKept || isStateLong ? packText(texts.state) : null;
  const packed = {
    evidence: packText(texts.evidence),
    decision: packText(texts.decision),
    state: isStateKept ? packedState : null,
  };
  return database.transaction().execute(async (transaction) => {
    const term = await holdLease(transaction, lease);
    const served = await readLatest(transaction, record);
    const isUnchanged = served?.allocations === allocations;
    const since = isUnchanged ? served.allocations_since : cycle;
    const allocationsAt = isUnchanged ? served.allocations_at : decision.at;
    const exploredAt = decision.mayExplore ? decision.at : (served?.explored_at ?? 0);
    // First the row that everybody must pass who records this operation: the loser of a race changes nothing else.
    await advanceOperation(transaction, record, {
      decision: texts.decision,
      state: isStateLong ? (packedState ?? texts.state) : texts.state,
      allocations_since: since,
      allocations_at: allocationsAt,
      explored_at: exploredAt,
    });
    if (since === cycle) {
      const list = { component, operation, since_cycle: cycle, allocations };
      await transaction.insertInto("allocation_lists").values(list).execute();
    }
    await transaction
      .insertInto("policies")
      .values({ policy_hash: record.policyHash, policy: texts.policy })
      .onConflict((conflict) => conflict.column("policy_hash").doNothing())
      .execute();
    await transaction
      .insertInto("cycles")
      .values({
        component,
        operation,
        cycle,
        decided_at: decision.at,
        policy_hash: record.policyHash,
        seed: record.seed,
        evidence: packed.evidence,
        allocations_since: since,
        decision: packed.decision,
        state: packed.state,
        term,
      })
      .execute();
    await recordAdaptations(transaction, decision);
    await recordTrend(transaction, record);
    await recordLearntFeedback(transaction, record, cycle, record.evidence.feedback);
    await recordActOutcomes(transaction, cycle, decision, record.acts);
    if (addressees !== undefined) {
      const notices = await noticesOf(transaction, record, served?.decision);
      await recordNotices(transaction, addressees, notices);
    }
    return { cycle, decision, allocationsSince: since, allocationsAt, exploredAt };
  });
}

async function noticesOf(transaction: SqlDatabase, record: CycleRecord, before: string | undefined): Promise<Notice[]> {
  const { contexts, transitions } = record.decision;
  const earlier = await readAdaptations(
    transaction,
    transitions.map(({ id }) => id),
  );
  const isBeforeNeeded = before !== undefined && mayTellOfBreakers(contexts, before);
  return cycleNotices(record, { earlier, before: isBeforeNeeded ? fromJsonText<Decision>(before) : undefined });
}

/** @throws {CycleConflictError} */
async function advanceOperation(
  transaction: SqlDatabase,
  record: CycleRecord,
  row: Pick<StoreTables["operations"], "decision" | "state" | "allocations_since" | "allocations_at" | "explored_at">,
): Promise<void> {
  const { component, operation, cycle } = record;
  const values = {
    cycle,
    window_end: record.evidence.window.to,
    policy_hash: record.policyHash,
    ...row,
  };
  const changed =
    cycle === 1
      ? (
          await transaction
            .insertInto("operations")
            .values({ component, operation, ...values })
            .onConflict((conflict) => conflict.columns(["component", "operation"]).doNothing())
            .executeTakeFirstOrThrow()
        ).numInsertedOrUpdatedRows
      : (
          await transaction
            .updateTable("operations")
            .set(values)
            .where("component", "=", component)
            .where("operation", "=", operation)
            .where("cycle", "=", cycle - 1)
            .executeTakeFirstOrThrow()
        ).numUpdatedRows;
  if (changed === 1n) return;
  const stored = await transaction
    .selectFrom("operations")
    .select("cycle")
    .where("component", "=", component)
    .where("operation", "=", operation)
    .executeTakeFirst();
  throw new CycleConflictError(
    `Cycle ${cycle} of "${component}/${operation}" does not follow cycle ${stored?.cycle ?? 0}, the last one recorded`,
  );
}

async function listCycles(database: SqlDatabase, key: OperationKey, page: PageRequest): Promise<Page<RecordedCycle>> {
  const list: Json = ["cycles", key.component, key.operation];
  const before = page.cursor === undefined ? undefined : decodeCursor(list, page.cursor)[0];
  let query = database
    .selectFrom("cycles")
    .innerJoin("allocation_lists", (join) =>
      join
        .onRef("allocation_lists.component", "=", "cycles.component")
        .onRef("allocation_lists.operation", "=", "cycles.operation")
        .onRef("allocation_lists.since_cycle", "=", "cycles.allocations_since"),
    )
    .leftJoin("operations", (join) =>
      join
        .onRef("operations.component", "=", "cycles.component")
        .onRef("operations.operation", "=", "cycles.operation")
        .onRef("operations.cycle", "=", "cycles.cycle"),
    )
    .select(["cycles.cycle", "cycles.policy_hash", "cycles.seed", "cycles.evidence", "cycles.decision"])
    .select(["allocation_lists.allocations", "cycles.state", "operations.state as latest_state"])
    .where("cycles.component", "=", key.component)
    .where("cycles.operation", "=", key.operation)
    .orderBy("cycles.cycle", "desc")
    .limit(page.limit + 1);
  if (before !== undefined) query = query.where("cycles.cycle", "<", Number(before));
  const rows = await query.execute();
  const items: RecordedCycle[] = [];
  const acts = await readTakenActs(database, key, rows.at(-1)?.cycle ?? 0, rows[0]?.cycle ?? 0);
  let length = 0;
  for (const row of rows.slice(0, page.limit)) {
    if (length > MAXIMUM_PAGE_LENGTH) break;
    const state = row.state ?? row.latest_state;
    const taken = acts.get(row.cycle);
    length += row.evidence.length + row.decision.length + row.allocations.length + (state?.length ?? 0);
    items.push({
      component: key.component,
      operation: key.operation,
      cycle: row.cycle,
      policyHash: row.policy_hash,
      seed: row.seed,
      evidence: fromJsonText(unpackText(row.evidence)),
      ...(taken === undefined ? {} : { acts: taken }),
      decision: joinDecision(unpackText(row.decision), row.allocations),
      ...(state === null ? {} : { state: fromJsonText(unpackText(state)) }),
    });
  }
  const last = items.at(-1);
  return rows.length > items.length && last !== undefined
    ? { items, nextCursor: encodeCursor(list, [last.cycle]) }
    : { items };
}

async function dropCyclesBefore(database: SqlDatabase, lease: CurrentLease | undefined, time: number): Promise<number> {
  let dropped = 0;
  for (;;) {
    const { numAffectedRows = 0n } = await database.transaction().execute(async (transaction) => {
      await holdLease(transaction, lease);
      return sql`
        delete from cycles where (component, operation, cycle) in (
          select component, operation, cycle from cycles where decided_at < ${time} limit ${ROWS_PER_DELETE})`.execute(
        transaction,
      );
    });
    dropped += Number(numAffectedRows);
    if (Number(numAffectedRows) < ROWS_PER_DELETE) break;
    await new Promise<void>((resolve) => setImmediate(resolve)); // SQLite works in this thread: let others have their turn
  }
  if (dropped > 0) {
    await database.transaction().execute(async (transaction) => {
      await holdLease(transaction, lease);
      await dropUnusedAllocationLists(transaction);
      await dropUnusedPolicies(transaction);
    });
  }
  return dropped;
}

/** Each change of the configuration makes new ones. */
async function dropUnusedPolicies(database: SqlDatabase): Promise<void> {
  await sql`
    delete from policies
    where not exists (select 1 from cycles where cycles.policy_hash = policies.policy_hash)
    and not exists (select 1 from operations where operations.policy_hash = policies.policy_hash)`.execute(database);
}

async function dropUnusedAllocationLists(database: SqlDatabase): Promise<void> {
  await sql`
    delete from allocation_lists
    where not exists (
      select 1 from cycles where cycles.component = allocation_lists.component
        and cycles.operation = allocation_lists.operation and cycles.allocations_since = allocation_lists.since_cycle)
    and not exists (
      select 1 from operations where operations.component = allocation_lists.component
        and operations.operation = allocation_lists.operation
        and operations.allocations_since = allocation_lists.since_cycle)`.execute(database);
}

function joinDecision(decision: string, allocations: string): Decision {
  return { ...fromJsonText<Decision>(decision), allocations: fromJsonText<readonly Allocation[]>(allocations) };
}

function checkedPage(page: PageRequest): PageRequest {
  if (Number.isInteger(page.limit) && page.limit >= 1 && page.limit <= MAXIMUM_PAGE) return page;
  throw new RangeError(`a page has 1 to ${MAXIMUM_PAGE} items, not ${page.limit}`);
}

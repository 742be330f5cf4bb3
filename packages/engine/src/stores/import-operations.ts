/** Puts what was exported into another store: all of it in one transaction, or nothing. */
import { canonicalJson, type Json } from "@trimtab/conventions";
import type { ActOrigin } from "@trimtab/learning";
import { sql } from "kysely";
import type { ImportAct, StoredAct } from "./act-store.ts";
import { insertStoredAdaptations, refuseTwoApplied } from "./adaptation-rows.ts";
import type {
  ExportedAct,
  ExportedAdaptation,
  ExportedEntry,
  ExportedOperation,
  ExportedTrend,
} from "./exported-entry.ts";
import { type CurrentLease, holdLease, isPostgres } from "./fence.ts";
import { fromJsonText, jsonText, MAXIMUM_STATE_LENGTH } from "./json-text.ts";
import { isLongState, packText } from "./packed-text.ts";
import { inParts } from "./rollup-folding.ts";
import { IllegalRecordError, type OperationKey } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";

/** How an import is done. */
export interface ImportOptions {
  /** Who imports and why, for the audit. Each operation's act has an id of its own. */
  readonly origin: Omit<ActOrigin, "id" | "alert">;
  readonly actId: () => string;
  /** Milliseconds since 1970: when it was exported. */
  readonly exportedAt: number;
  /** Whether operations that are there already give way. */
  readonly replaces: boolean;
  /** Names a policy by its content. */
  readonly policyHash: (policy: ExportedOperation["policy"]) => string;
  /** Under which it is written, where other processes may have the database. */
  readonly lease?: CurrentLease;
}

/** What came of an operation. */
export interface ImportedOperation extends OperationKey {
  readonly replaced: boolean;
  /** The cycle that the next one follows. */
  readonly cycle: number;
  readonly adaptations: number;
  readonly acts: number;
  readonly trends: number;
}

/** Operations are there already, and nothing said that they may give way; nothing was imported. */
export class OperationsPresentError extends Error {
  override readonly name = "OperationsPresentError";
  readonly operations: readonly OperationKey[];

  constructor(operations: readonly OperationKey[]) {
    super(`${operations.map(({ component, operation }) => `${component}.${operation}`).join(", ")} there already`);
    this.operations = operations;
  }
}

/**
 * Imports entries, in the order in which they were exported. Whatever throws, also in the entries themselves, leaves the store as it was.
 *
 * An operation that gives way loses what is served, its learnt state, its adaptations, its recorded cycles and its trends. What people did stays in the
 * audit, and the imported cycle follows the last one, so that services see a new revision.
 *
 * @throws {OperationsPresentError} where operations are there and nothing said that they may give way.
 * @throws {IllegalRecordError} where the entries contradict each other or what is stored.
 * @throws {LeaseLostError} where another process leads.
 */
export async function importOperations(
  database: SqlDatabase,
  entries: AsyncIterable<ExportedEntry>,
  options: ImportOptions,
): Promise<readonly ImportedOperation[]> {
  return database.transaction().execute(async (transaction) => {
    await holdLease(transaction, options.lease);
    // between two statements a long line of the file is read: for longer than a session may else stand still
    if (isPostgres(transaction))
      await sql`set local idle_in_transaction_session_timeout = '10min'`.execute(transaction);
    const present: OperationKey[] = [];
    const done: ImportedOperation[] = [];
    let current: OperationImport | undefined;
    for await (const entry of entries) {
      if (entry.kind === "operation") {
        if (current !== undefined) done.push(await current.finish());
        if (done.some((each) => isSame(each, entry))) throw illegal(entry, "is in the file twice");
        current = await OperationImport.begin(transaction, entry, options);
        if (current.replaced) present.push({ component: entry.component, operation: entry.operation });
        continue;
      }
      if (current === undefined) throw new IllegalRecordError("the file does not begin with an operation");
      await current.add(entry);
    }
    if (current !== undefined) done.push(await current.finish());
    if (present.length > 0 && !options.replaces) throw new OperationsPresentError(present);
    return done;
  });
}

/** One operation on its way into the store. */
class OperationImport {
  readonly replaced: boolean;
  private readonly transaction: SqlDatabase;
  private readonly operation: ExportedOperation;
  private readonly cycle: number;
  private readonly options: ImportOptions;
  private readonly counts = { adaptations: 0, acts: 0, trends: 0 };
  private adaptations: ExportedAdaptation["adaptation"][] = [];
  private trends: ExportedTrend[] = [];

  private constructor(
    transaction: SqlDatabase,
    operation: ExportedOperation,
    options: ImportOptions,
    before: number | undefined,
  ) {
    this.transaction = transaction;
    this.operation = operation;
    this.options = options;
    this.replaced = before !== undefined;
    this.cycle = Math.max(operation.cycle, (before ?? 0) + 1);
  }

  static async begin(
    transaction: SqlDatabase,
    operation: ExportedOperation,
    options: ImportOptions,
  ): Promise<OperationImport> {
    const before = await transaction
      .selectFrom("operations")
      .select("cycle")
      .where("component", "=", operation.component)
      .where("operation", "=", operation.operation)
      .executeTakeFirst();
    await removeOperation(transaction, operation);
    const started = new OperationImport(transaction, operation, options, before?.cycle);
    await started.putOperation();
    return started;
  }

  async add(entry: ExportedAdaptation | ExportedAct | ExportedTrend): Promise<void> {
    if (entry.kind === "adaptation") {
      this.refuseOther(entry.adaptation, `the adaptation "${entry.adaptation.id}"`);
      this.adaptations.push(entry.adaptation);
      if (this.adaptations.length >= ROWS_AT_ONCE) await this.flush();
    } else if (entry.kind === "act") {
      this.refuseOther(entry.act, `the act "${entry.act.id}"`);
      await putAct(this.transaction, entry);
      this.counts.acts++;
    } else {
      this.refuseOther(entry, "a trend");
      this.trends.push(entry);
      if (this.trends.length >= ROWS_AT_ONCE) await this.flush();
    }
  }

  async finish(): Promise<ImportedOperation> {
    await this.flush();
    const { component, operation, decision } = this.operation;
    await refuseTwoApplied(this.transaction, decision);
    const { origin, actId, exportedAt } = this.options;
    const act: ImportAct = { ...origin, id: actId(), component, operation, kind: "import", exportedAt };
    const sentence = `What another controller had learnt and people had set of ${component}.${operation} until ${new Date(exportedAt).toISOString()} is in force from now on.`;
    const outcome: NonNullable<StoredAct["outcome"]> = {
      result: "done",
      reason: { code: "PERSON_IMPORTED", sentence },
      cycle: this.cycle,
      at: origin.at,
    };
    await putAct(this.transaction, { kind: "act", act, outcome });
    return { component, operation, replaced: this.replaced, cycle: this.cycle, ...this.counts };
  }

  private refuseOther({ component, operation }: OperationKey, what: string): void {
    if (isSame(this.operation, { component, operation })) return;
    throw illegal(this.operation, `is followed by ${what} of "${component}/${operation}"`);
  }

  private async putOperation(): Promise<void> {
    const { component, operation, windowEnd, allocationsSince, allocationsAt, exploredAt, policy } = this.operation;
    const { decision, state } = this.operation;
    const name = `"${component}/${operation}"`;
    const since = this.replaced ? this.cycle : allocationsSince;
    const hash = this.options.policyHash(policy);
    const text = jsonText(state, `The state of ${name}`, MAXIMUM_STATE_LENGTH);
    await this.transaction
      .insertInto("policies")
      .values({ policy_hash: hash, policy: jsonText(policy, `The policy of ${name}`) })
      .onConflict((conflict) => conflict.column("policy_hash").doNothing())
      .execute();
    await this.transaction
      .insertInto("allocation_lists")
      .values({
        component,
        operation,
        since_cycle: since,
        allocations: jsonText(decision.allocations, `The list of allocations of ${name}`),
      })
      .execute();
    await this.transaction
      .insertInto("operations")
      .values({
        component,
        operation,
        cycle: this.cycle,
        window_end: windowEnd,
        policy_hash: hash,
        allocations_since: since,
        decision: jsonText({ ...decision, allocations: [] }, `The decision of ${name}`),
        state: isLongState(text) ? packText(text) : text,
        allocations_at: allocationsAt,
        explored_at: exploredAt,
      })
      .execute();
  }

  private async flush(): Promise<void> {
    await insertStoredAdaptations(this.transaction, this.adaptations);
    const rows = this.trends.map(({ component, operation, context, from, milliseconds, sums }) => ({
      component,
      operation,
      context: context === undefined ? "" : canonicalJson(context as Json),
      slot: from,
      span: milliseconds,
      sums: jsonText(sums, "a trend"),
    }));
    for (const part of inParts(rows)) await this.transaction.insertInto("trends").values(part).execute();
    this.counts.adaptations += this.adaptations.length;
    this.counts.trends += this.trends.length;
    this.adaptations = [];
    this.trends = [];
  }
}

const ROWS_AT_ONCE = 500;

/** An operation gives way; its acts stay, because the audit only grows. */
async function removeOperation(transaction: SqlDatabase, { component, operation }: OperationKey): Promise<void> {
  const own = transaction
    .selectFrom("adaptations")
    .select("id")
    .where("component", "=", component)
    .where("operation", "=", operation);
  await transaction.deleteFrom("adaptation_transitions").where("adaptation_id", "in", own).execute();
  for (const table of ["adaptations", "cycles", "allocation_lists", "trends", "operations"] as const)
    await transaction.deleteFrom(table).where("component", "=", component).where("operation", "=", operation).execute();
}

/** @throws {IllegalRecordError} where an act of this id says something else. */
async function putAct(transaction: SqlDatabase, { act, outcome }: ExportedAct): Promise<void> {
  const { id, component, operation, kind, who, at } = act;
  const before = await transaction.selectFrom("acts").select("act").where("id", "=", id).executeTakeFirst();
  if (before === undefined) {
    const row = { id, component, operation, kind, who, done_at: at, act: jsonText(act, `Act "${id}"`) };
    await transaction.insertInto("acts").values(row).execute();
  } else if (textOf(fromJsonText(before.act)) !== textOf(act)) {
    throw new IllegalRecordError(`The act "${id}" is in the store already and says something else`);
  }
  if (outcome === undefined) return;
  const { cycle, at: decidedAt, result, reason } = outcome;
  await transaction
    .insertInto("act_outcomes")
    .values({
      act_id: id,
      component,
      operation,
      cycle,
      place: 0,
      decided_at: decidedAt,
      result,
      reason: canonicalJson({ ...reason }),
      act: jsonText(act, `Act "${id}"`),
    })
    .onConflict((conflict) => conflict.column("act_id").doNothing())
    .execute();
}

function textOf(value: object): string {
  return canonicalJson(JSON.parse(JSON.stringify(value)) as Json);
}

function isSame(left: OperationKey, right: OperationKey): boolean {
  return left.component === right.component && left.operation === right.operation;
}

function illegal({ component, operation }: OperationKey, what: string): IllegalRecordError {
  return new IllegalRecordError(`"${component}/${operation}" ${what}`);
}

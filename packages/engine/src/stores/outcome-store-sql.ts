/** Reported operations in SQL, through Kysely: in the same database as everything else. */
import { canonicalJson } from "@trimtab/conventions";
import { fromJsonText } from "./json-text.ts";
import { compactOperation, forgetKeys, MARK } from "./outcome-folding.ts";
import { addToSlot } from "./outcome-slots.ts";
import type { OutcomeAddition, OutcomeArrival, OutcomeStore, ReportedOutcome } from "./outcome-store.ts";
import {
  type OutcomeDatabase,
  type OutcomeTables,
  type OutcomeTransaction,
  withOutcomeTables,
} from "./outcome-tables.ts";
import { addCounters, inParts } from "./rollup-folding.ts";
import type { Counters, RollupCell, RollupSum } from "./rollup-store.ts";
import type { OperationKey } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";

/** The most cells (context and variant) of one operation that are kept at a time. */
const MAXIMUM_CELLS_PER_OPERATION = 20_000;

/** How the store is bounded. */
export interface OutcomeStoreOptions {
  /** Contexts and variants of one operation. Default 20,000. */
  readonly maximumCells?: number;
}

/** Opens the store of outcomes in a database that is open and migrated. Whoever opened that closes it. */
export function createOutcomeStore(
  storeDatabase: SqlDatabase,
  { maximumCells = MAXIMUM_CELLS_PER_OPERATION }: OutcomeStoreOptions = {},
): OutcomeStore {
  const database = withOutcomeTables(storeDatabase);
  return {
    async addOutcomes(items, arrival) {
      if (items.length === 0) return [];
      return database.transaction().execute((transaction) => addOutcomes(transaction, items, arrival, maximumCells));
    },
    async closeWindows(key, to) {
      await database
        .insertInto("outcome_operations")
        .values({ ...keyOf(key), closed_to: to, reported_at: null })
        .onConflict((conflict) =>
          conflict.columns(["component", "operation"]).doUpdateSet((is) => ({
            closed_to: is
              .case()
              .when("excluded.closed_to", ">", is.ref("outcome_operations.closed_to"))
              .then(is.ref("excluded.closed_to"))
              .else(is.ref("outcome_operations.closed_to"))
              .end(),
          })),
        )
        .execute();
    },
    sumOutcomes: (key, from, to) => sumOutcomes(database, key, from, to),
    async listReported() {
      const rows = await database
        .selectFrom("outcome_operations")
        .select(["component", "operation", "reported_at"])
        .where("reported_at", "is not", null)
        .orderBy("component")
        .orderBy("operation")
        .execute();
      return rows.map((row) => ({ ...keyOf(row), reportedAt: Number(row.reported_at) }));
    },
    async compactOutcomes(processTime, forgetBefore) {
      // A process whose clock is far ahead must not make everybody forget: nothing is old before something newer was reported.
      const newest = await newestReported(database);
      if (newest === undefined) return;
      const now = Math.min(processTime, newest);
      await forgetKeys(database, forgetBefore - (processTime - now));
      const operations = await database.selectFrom("outcome_operations").select(["component", "operation"]).execute();
      for (const key of operations) {
        await compactOperation(database, key, now, (transaction) => lockOperation(transaction, key, 0));
        await new Promise((resolve) => setImmediate(resolve)); // SQLite works on this thread
      }
    },
  };
}

function keyOf({ component, operation }: OperationKey): OperationKey {
  return { component, operation };
}

/** The operation's row, held until the transaction ends: one writer of an operation at a time, in every process. */
async function lockOperation(
  transaction: OutcomeTransaction,
  key: OperationKey,
  closedTo: number,
): Promise<{ readonly closedTo: number }> {
  const { closed_to } = await transaction
    .insertInto("outcome_operations")
    .values({ ...keyOf(key), closed_to: closedTo, reported_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(["component", "operation"])
        .doUpdateSet((is) => ({ closed_to: is.ref("outcome_operations.closed_to") })),
    )
    .returning("closed_to")
    .executeTakeFirstOrThrow();
  return { closedTo: Number(closed_to) };
}

async function addOutcomes(
  transaction: OutcomeTransaction,
  items: readonly ReportedOutcome[],
  arrival: OutcomeArrival,
  maximumCells: number,
): Promise<readonly OutcomeAddition[]> {
  const additions = new Map<ReportedOutcome, OutcomeAddition>();
  const byOperation = Map.groupBy(items, ({ cell }) => canonicalJson([cell.component, cell.operation]));
  // In one order, so that two batches never wait for each other.
  for (const [, own] of [...byOperation].sort(([left], [right]) => (left < right ? -1 : 1))) {
    await addToOperation(transaction, own, arrival, maximumCells, additions);
  }
  return items.map((item) => additions.get(item) ?? "known");
}

async function addToOperation(
  transaction: OutcomeTransaction,
  items: readonly ReportedOutcome[],
  { now, oldest, gridMilliseconds, latestWindowEnd }: OutcomeArrival,
  maximumCells: number,
  additions: Map<ReportedOutcome, OutcomeAddition>,
): Promise<void> {
  const [first] = items;
  if (first === undefined) return;
  const key = keyOf(first.cell);
  const { closedTo } = await lockOperation(transaction, key, latestWindowEnd);
  const forgotten = await forgottenTo(transaction);
  const digests = await knownDigests(transaction, key, items);
  const cells = await knownCells(transaction, key, maximumCells);
  const slots = new Map<string, { readonly cell: number; readonly slot: number; increments: Record<string, number> }>();
  const keys: OutcomeTables["outcome_keys"][] = [];
  for (const item of items) {
    const known = digests.get(item.id);
    if (known !== undefined) {
      additions.set(item, known === item.digest ? "known" : "different");
      continue;
    }
    if (item.endedAt < oldest || item.endedAt <= forgotten) {
      additions.set(item, "too-late");
      continue;
    }
    const cell = await cells.idOf(item.cell);
    if (cell === undefined) {
      additions.set(item, "too-many-contexts");
      continue;
    }
    digests.set(item.id, item.digest);
    keys.push({ ...key, id: item.id, ended_at: item.endedAt, digest: item.digest });
    const slot = openSlot(item.endedAt, { closedTo, now, gridMilliseconds });
    const place = `${cell} ${slot}`;
    const row = slots.get(place) ?? { cell, slot, increments: {} };
    addCounters(row.increments, item.increments);
    slots.set(place, row);
    additions.set(item, "added");
  }
  for (const part of inParts(keys)) await transaction.insertInto("outcome_keys").values(part).execute();
  for (const { cell, slot, increments } of slots.values()) await addToSlot(transaction, cell, slot, increments);
  if (keys.length > 0) {
    await transaction
      .updateTable("outcome_operations")
      .set({ reported_at: now })
      .where("component", "=", key.component)
      .where("operation", "=", key.operation)
      .execute();
  }
}

/** The slot of its time, or the first one that is still open. A clock that is ahead must not count in a time to come. */
function openSlot(
  endedAt: number,
  { closedTo, now, gridMilliseconds }: { closedTo: number; now: number; gridMilliseconds: number },
): number {
  const own = Math.ceil(Math.min(endedAt, now) / gridMilliseconds) * gridMilliseconds;
  const firstOpen = (Math.floor(closedTo / gridMilliseconds) + 1) * gridMilliseconds;
  return Math.max(own, firstOpen);
}

/** When the newest outcome ended that was counted; undefined before the first. Senders say so, and no key of the newest is ever forgotten. */
async function newestReported(database: OutcomeDatabase): Promise<number | undefined> {
  const row = await database
    .selectFrom("outcome_keys")
    .select("ended_at")
    .orderBy("ended_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : Number(row.ended_at);
}

async function forgottenTo(transaction: OutcomeTransaction): Promise<number> {
  const row = await transaction
    .selectFrom("outcome_marks")
    .select("at")
    .where("name", "=", MARK.forgotten)
    .executeTakeFirst();
  return row === undefined ? Number.NEGATIVE_INFINITY : Number(row.at);
}

async function knownDigests(
  transaction: OutcomeTransaction,
  { component, operation }: OperationKey,
  items: readonly ReportedOutcome[],
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const ids of inParts([...new Set(items.map(({ id }) => id))])) {
    const rows = await transaction
      .selectFrom("outcome_keys")
      .select(["id", "digest"])
      .where("component", "=", component)
      .where("operation", "=", operation)
      .where("id", "in", ids)
      .execute();
    for (const { id, digest } of rows) digests.set(id, digest);
  }
  return digests;
}

const CELL_COLUMNS = ["component", "operation", "variant", "context", "bounds"] as const;

type CellColumns = Pick<OutcomeTables["outcome_cells"], (typeof CELL_COLUMNS)[number]>;

/** Ids of cells, looked up and added as they are met in one transaction. */
async function knownCells(
  transaction: OutcomeTransaction,
  { component, operation }: OperationKey,
  maximum: number,
): Promise<{ idOf(cell: RollupCell): Promise<number | undefined> }> {
  const ids = new Map<string, number | undefined>();
  let count: number | undefined;
  const countCells = async (): Promise<number> => {
    const { cells } = await transaction
      .selectFrom("outcome_cells")
      .select((by) => by.fn.countAll<number>().as("cells"))
      .where("component", "=", component)
      .where("operation", "=", operation)
      .executeTakeFirstOrThrow();
    return Number(cells);
  };
  const findOrAdd = async (columns: CellColumns): Promise<number | undefined> => {
    let find = transaction.selectFrom("outcome_cells").select("id");
    for (const column of CELL_COLUMNS) find = find.where(column, "=", columns[column]);
    const found = await find.executeTakeFirst();
    if (found !== undefined) return Number(found.id);
    count ??= await countCells();
    if (count >= maximum) return undefined;
    count++;
    const added = await transaction
      .insertInto("outcome_cells")
      .values(columns)
      .returning("id")
      .executeTakeFirstOrThrow();
    return Number(added.id);
  };
  return {
    async idOf(cell) {
      const columns = fromCell(cell);
      const key = JSON.stringify([columns.variant, columns.context, columns.bounds]);
      if (!ids.has(key)) ids.set(key, await findOrAdd(columns));
      return ids.get(key);
    },
  };
}

async function sumOutcomes(
  database: OutcomeDatabase,
  { component, operation }: OperationKey,
  from: number,
  to: number,
): Promise<RollupSum[]> {
  const rows = await database
    .selectFrom("outcome_cells")
    .innerJoin("outcome_increments as row", "row.cell", "outcome_cells.id")
    .select([...CELL_COLUMNS, "row.cell", "row.increments"])
    .where("component", "=", component)
    .where("operation", "=", operation)
    .where("row.slot", ">", from)
    .where("row.slot", "<=", to)
    .execute();
  const sums = new Map<number, { cell: RollupCell; increments: Record<string, number> }>();
  for (const row of rows) {
    const cell = Number(row.cell);
    const sum = sums.get(cell) ?? { cell: toCell(row), increments: {} };
    addCounters(sum.increments, fromJsonText<Counters>(row.increments));
    sums.set(cell, sum);
  }
  return [...sums.values()];
}

/** Texts of bounds: most cells share one object, and it is longer than everything else of them. */
const boundsTexts = new WeakMap<object, string>();

function boundsText(bounds: RollupCell["bounds"]): string {
  const known = boundsTexts.get(bounds);
  if (known !== undefined) return known;
  const text = canonicalJson(bounds);
  boundsTexts.set(bounds, text);
  return text;
}

function fromCell({ component, operation, variant, context, bounds }: RollupCell): CellColumns {
  return { component, operation, variant, context: canonicalJson(context), bounds: boundsText(bounds) };
}

function toCell({ component, operation, variant, context, bounds }: CellColumns): RollupCell {
  return { component, operation, variant, context: fromJsonText(context), bounds: fromJsonText(bounds) };
}

/** The adaptations' part of the SQL store. */
import { canonicalJson, contextId, type Json } from "@trimtab/conventions";
import type { Adaptation, AdaptationStatus, AdaptationTransition, Decision } from "@trimtab/learning";
import { adaptationStatusProblem } from "./adaptation-status.ts";
import { decodeCursor, encodeCursor, isOlder, wantedOf } from "./cursor.ts";
import { fromJsonText, jsonText } from "./json-text.ts";
import {
  type AdaptationFilter,
  IllegalRecordError,
  type OperationKey,
  type Page,
  type PageRequest,
  type StoredAdaptation,
} from "./store.ts";
import type { SqlDatabase, StoreTables } from "./tables.ts";

type AdaptationRow = StoreTables["adaptations"];
type TransitionRow = StoreTables["adaptation_transitions"];

/** So many rows or ids go into one statement: databases limit the number of its parameters. */
const ROWS_PER_STATEMENT = 500;

const FILTER_COLUMNS = {
  component: "component",
  operation: "operation",
  contextId: "context_id",
  parameter: "parameter",
  status: "status",
  changeId: "change_id",
} as const satisfies Record<keyof AdaptationFilter, keyof AdaptationRow>;

/**
 * Records a decision's new adaptations and transitions, in the transaction of its cycle.
 *
 * @throws {IllegalRecordError} see `Store.recordCycle`.
 */
export async function recordAdaptations(transaction: SqlDatabase, decision: Decision): Promise<void> {
  const { adaptations, transitions, at } = decision;
  if (adaptations.length === 0 && transitions.length === 0) return;
  const ids = [...adaptations.map((adaptation) => adaptation.id), ...transitions.map((transition) => transition.id)];
  const current = await readStatuses(transaction, ids);
  const transitionRows: TransitionRow[] = [];
  const change = (transition: AdaptationTransition): void => {
    const before = current.get(transition.id);
    const problem =
      before === undefined
        ? `is unknown and cannot become ${transition.status}`
        : adaptationStatusProblem(before.status, transition.status);
    if (problem !== undefined) throw new IllegalRecordError(`Adaptation "${transition.id}" ${problem}`);
    const number = (before?.number ?? -1) + 1;
    current.set(transition.id, { status: transition.status, number });
    transitionRows.push(asTransitionRow(transition, number, at));
  };
  const adaptationRows = adaptations.map((adaptation) => {
    const problem = current.has(adaptation.id) ? "exists already" : adaptationStatusProblem("new", adaptation.status);
    if (problem !== undefined) throw new IllegalRecordError(`Adaptation "${adaptation.id}" ${problem}`);
    current.set(adaptation.id, { status: adaptation.status, number: 0 });
    transitionRows.push(asTransitionRow(adaptation, 0, adaptation.at));
    return asRow(adaptation);
  });
  for (const transition of transitions) change(transition);

  for (const rows of chunks(adaptationRows)) await transaction.insertInto("adaptations").values(rows).execute();
  for (const rows of chunks(transitionRows)) {
    await transaction.insertInto("adaptation_transitions").values(rows).execute();
  }
  for (const { id } of transitions) {
    const status = current.get(id)?.status ?? "failed";
    await transaction.updateTable("adaptations").set({ status }).where("id", "=", id).execute();
  }
  await refuseTwoApplied(transaction, decision);
}

/** The adaptations that fit the filter, newest first. */
export async function listAdaptations(
  database: SqlDatabase,
  filter: AdaptationFilter,
  page: PageRequest,
): Promise<Page<StoredAdaptation>> {
  const wanted = wantedOf(Object.keys(FILTER_COLUMNS) as (keyof AdaptationFilter)[], filter);
  const list: Json = ["adaptations", wanted];
  let query = database
    .selectFrom("adaptations")
    .selectAll()
    .orderBy("decided_at", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1);
  for (const { name, value } of wanted) query = query.where(FILTER_COLUMNS[name], "=", value);
  if (page.cursor !== undefined) query = query.where(isOlder("decided_at", decodeCursor(list, page.cursor)));
  const rows = await query.execute();
  const items = await withHistory(database, rows.slice(0, page.limit));
  const last = items.at(-1);
  return rows.length > page.limit && last !== undefined
    ? { items, nextCursor: encodeCursor(list, [last.at, last.id]) }
    : { items };
}

/** One adaptation, or undefined. */
export async function readAdaptation(database: SqlDatabase, id: string): Promise<StoredAdaptation | undefined> {
  const rows = await database.selectFrom("adaptations").selectAll().where("id", "=", id).execute();
  return (await withHistory(database, rows))[0];
}

/** Some adaptations as they were decided, by id; those that are not there are left out. */
export async function readAdaptations(
  database: SqlDatabase,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Adaptation>> {
  const found = new Map<string, Adaptation>();
  for (const some of chunks([...new Set(ids)])) {
    const rows = await database
      .selectFrom("adaptations")
      .select(["id", "adaptation"])
      .where("id", "in", some)
      .execute();
    for (const { id, adaptation } of rows) found.set(id, fromJsonText<Adaptation>(adaptation));
  }
  return found;
}

/**
 * Puts adaptations of another store in, with what happened to each; none of them may be there.
 *
 * @throws {IllegalRecordError} where a history is none that `decision.ts` allows.
 */
export async function insertStoredAdaptations(
  transaction: SqlDatabase,
  adaptations: readonly StoredAdaptation[],
): Promise<void> {
  const transitionRows: TransitionRow[] = [];
  const adaptationRows: AdaptationRow[] = [];
  for (const { history, ...adaptation } of adaptations) {
    const { id, status } = adaptation;
    adaptationRows.push(asRow(adaptation));
    let before: AdaptationStatus | "new" = "new";
    for (const [number, step] of history.entries()) {
      const problem = adaptationStatusProblem(before, step.status);
      if (problem !== undefined) throw new IllegalRecordError(`Adaptation "${id}" ${problem}`);
      before = step.status;
      transitionRows.push(asTransitionRow({ ...step, id }, number, step.at));
    }
    if (before !== status)
      throw new IllegalRecordError(`Adaptation "${id}" is ${status}, but its history ends with ${before}`);
  }
  for (const rows of chunks(adaptationRows)) await transaction.insertInto("adaptations").values(rows).execute();
  for (const rows of chunks(transitionRows))
    await transaction.insertInto("adaptation_transitions").values(rows).execute();
}

/**
 * At most one adaptation per operation, context and parameter is applied, in each arm of an experiment.
 *
 * @throws {IllegalRecordError}
 */
export async function refuseTwoApplied(transaction: SqlDatabase, decision: OperationKey): Promise<void> {
  const twice = await transaction
    .selectFrom("adaptations")
    .select(["context_id", "parameter", "arm"])
    .where("component", "=", decision.component)
    .where("operation", "=", decision.operation)
    .where("status", "=", "applied" satisfies AdaptationStatus)
    .groupBy(["context_id", "parameter", "arm"])
    .having((having) => having.fn.countAll<number>(), ">", 1)
    .limit(1)
    .executeTakeFirst();
  if (twice === undefined) return;
  throw new IllegalRecordError(
    `Two adaptations of "${twice.parameter}" would be applied in the context "${twice.context_id}" of ` +
      `"${decision.component}/${decision.operation}"${twice.arm === "" ? "" : `, in the ${twice.arm}`}; the older one must be superseded in the same decision`,
  );
}

async function readStatuses(
  transaction: SqlDatabase,
  ids: readonly string[],
): Promise<Map<string, { status: AdaptationStatus; number: number }>> {
  const found = new Map<string, { status: AdaptationStatus; number: number }>();
  for (const some of chunks([...new Set(ids)])) {
    const rows = await transaction
      .selectFrom("adaptation_transitions")
      .select(["adaptation_id", "status", "number"])
      .where("adaptation_id", "in", some)
      .orderBy("number")
      .execute();
    for (const row of rows)
      found.set(row.adaptation_id, { status: row.status as AdaptationStatus, number: row.number });
  }
  return found;
}

async function withHistory(database: SqlDatabase, rows: readonly AdaptationRow[]): Promise<StoredAdaptation[]> {
  const histories = new Map<string, StoredAdaptation["history"][number][]>(rows.map((row) => [row.id, []]));
  for (const some of chunks([...histories.keys()])) {
    const transitions = await database
      .selectFrom("adaptation_transitions")
      .selectAll()
      .where("adaptation_id", "in", some)
      .orderBy("number")
      .execute();
    for (const row of transitions) {
      histories.get(row.adaptation_id)?.push({
        id: row.adaptation_id,
        status: row.status as AdaptationStatus,
        reason: fromJsonText(row.reason),
        at: row.transitioned_at,
      });
    }
  }
  return rows.map((row) => ({
    ...fromJsonText<Adaptation>(row.adaptation),
    status: row.status as AdaptationStatus,
    history: histories.get(row.id) ?? [],
  }));
}

function asRow(adaptation: Adaptation): AdaptationRow {
  return {
    id: adaptation.id,
    change_id: adaptation.changeId,
    component: adaptation.component,
    operation: adaptation.operation,
    context_id: contextId(adaptation.context),
    parameter: adaptation.parameter,
    decided_at: adaptation.at,
    status: adaptation.status,
    arm: armOf(adaptation),
    adaptation: jsonText(adaptation, `Adaptation "${adaptation.id}"`),
  };
}

/** The control goes on with what was applied before its experiment began; a treatment is one of its experiment alone. */
function armOf({ experiment }: Adaptation): string {
  return experiment?.arm === "treatment" ? `treatment of "${experiment.name}" since ${experiment.startedAt}` : "";
}

function asTransitionRow(transition: AdaptationTransition, number: number, at: number): TransitionRow {
  return {
    adaptation_id: transition.id,
    number,
    status: transition.status,
    transitioned_at: at,
    reason: canonicalJson({ code: transition.reason.code, sentence: transition.reason.sentence }),
  };
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    parts.push(items.slice(start, start + ROWS_PER_STATEMENT));
  }
  return parts;
}

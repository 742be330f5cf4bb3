/** Reads what was learnt and set out of a store, whatever database it is in. */
import type { Context } from "@trimtab/conventions";
import type { OperationPolicy, TrendSums } from "@trimtab/learning";
import { createActStore } from "./act-store-sql.ts";
import type { ExportedEntry, ExportedOperation } from "./exported-entry.ts";
import { isPostgres } from "./fence.ts";
import { fromJsonText } from "./json-text.ts";
import { createSqlStore } from "./sql-store.ts";
import type { OperationKey, Page, PageRequest } from "./store.ts";
import type { SqlDatabase } from "./tables.ts";

const PAGE = 500;

/**
 * Everything of some operations as it is at one moment, also while a controller writes.
 *
 * @param isWanted Which operations.
 * @param take Gets entry by entry; the next one is read when it has resolved.
 */
export async function exportOperations(
  database: SqlDatabase,
  isWanted: (key: OperationKey) => boolean,
  take: (entry: ExportedEntry) => Promise<void> | void,
): Promise<void> {
  const transaction = isPostgres(database)
    ? database.transaction().setIsolationLevel("repeatable read").setAccessMode("read only")
    : database.transaction();
  await transaction.execute(async (snapshot) => {
    for (const key of (await createSqlStore(snapshot).listOperations()).filter(isWanted)) {
      const operation = await readOperation(snapshot, key);
      if (operation === undefined) continue;
      await take(operation);
      await readAdaptations(snapshot, key, take);
      await readActs(snapshot, key, take);
      await readTrends(snapshot, key, take);
    }
  });
}

async function readOperation(database: SqlDatabase, key: OperationKey): Promise<ExportedOperation | undefined> {
  const store = createSqlStore(database);
  const [stored, served] = [await store.loadOperation(key), await store.loadServed(key)];
  if (stored === undefined || served === undefined) return undefined;
  const policy: OperationPolicy | undefined = await store.loadPolicy(stored.policyHash);
  if (policy === undefined)
    throw new Error(`the policy ${stored.policyHash} of "${key.component}/${key.operation}" is not in the store`);
  const { cycle, windowEnd, decision, state } = stored;
  const { allocationsSince, allocationsAt, exploredAt } = served;
  return {
    kind: "operation",
    component: key.component,
    operation: key.operation,
    cycle,
    windowEnd,
    allocationsSince,
    allocationsAt,
    exploredAt,
    policy,
    decision,
    state,
  };
}

type Take = Parameters<typeof exportOperations>[2];

async function readAdaptations(database: SqlDatabase, key: OperationKey, take: Take): Promise<void> {
  const { component, operation } = key;
  const newestFirst = pagesOf((page) => createSqlStore(database).listAdaptations({ component, operation }, page));
  for (const adaptation of (await newestFirst).reverse()) await take({ kind: "adaptation", adaptation });
}

async function readActs(database: SqlDatabase, key: OperationKey, take: Take): Promise<void> {
  const { component, operation } = key;
  const newestFirst = pagesOf((page) => createActStore(database).listActs({ component, operation }, page));
  for (const act of (await newestFirst).reverse()) await take({ kind: "act", ...act });
}

async function pagesOf<Item>(list: (page: PageRequest) => Promise<Page<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
}

async function readTrends(database: SqlDatabase, { component, operation }: OperationKey, take: Take): Promise<void> {
  let after = { slot: -1, span: 0, context: "" };
  for (;;) {
    const { slot, span, context } = after;
    const rows = await database
      .selectFrom("trends")
      .select(["slot", "span", "context", "sums"])
      .where("component", "=", component)
      .where("operation", "=", operation)
      .where((is) =>
        is.or([
          is("slot", ">", slot),
          is.and([is("slot", "=", slot), is("span", ">", span)]),
          is.and([is("slot", "=", slot), is("span", "=", span), is("context", ">", context)]),
        ]),
      )
      .orderBy("slot")
      .orderBy("span")
      .orderBy("context")
      .limit(PAGE)
      .execute();
    for (const row of rows)
      await take({
        kind: "trend",
        component,
        operation,
        ...(row.context === "" ? {} : { context: fromJsonText<Context>(row.context) }),
        from: row.slot,
        milliseconds: row.span,
        sums: fromJsonText<TrendSums>(row.sums),
      });
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

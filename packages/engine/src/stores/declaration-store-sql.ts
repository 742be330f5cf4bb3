/** Declarations of operations in SQL, through Kysely. */
import { canonicalJson } from "@trimtab/conventions";
import type { Kysely } from "kysely";
import type { Declaration, DeclarationAddition, DeclarationBounds, DeclarationStore } from "./declaration-store.ts";
import { fromJsonText } from "./json-text.ts";
import type { SqlDatabase, StoreTables } from "./tables.ts";

/** The table of `migrations/0018-declarations.ts`. */
type DeclarationTables = {
  declarations: {
    component: string;
    operation: string;
    /** Milliseconds since 1970. */
    declared_at: number;
    /** Canonical JSON. */
    section: string;
  };
};

type DeclarationDatabase = Kysely<StoreTables & DeclarationTables>;

/** Opens the store of declarations in a database that is open and migrated. Whoever opened that closes it. */
export function createDeclarationStore(storeDatabase: SqlDatabase): DeclarationStore {
  const database: DeclarationDatabase = storeDatabase.withTables<DeclarationTables>();
  return {
    declare: (declaration, bounds) =>
      database.transaction().execute((transaction) => declare(transaction, declaration, bounds)),
    async listDeclarations() {
      const rows = await database
        .selectFrom("declarations")
        .selectAll()
        .orderBy("component")
        .orderBy("operation")
        .execute();
      return rows.map(({ component, operation, declared_at, section }) => ({
        component,
        operation,
        section: fromJsonText<Declaration["section"]>(section),
        declaredAt: Number(declared_at),
      }));
    },
    async removeDeclaration({ component, operation }) {
      const { numDeletedRows } = await database
        .deleteFrom("declarations")
        .where("component", "=", component)
        .where("operation", "=", operation)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

async function declare(
  transaction: DeclarationDatabase,
  { component, operation, section, declaredAt }: Declaration,
  bounds: DeclarationBounds,
): Promise<DeclarationAddition> {
  const text = canonicalJson(section);
  const rows = await transaction.selectFrom("declarations").select(["component", "operation", "section"]).execute();
  const own = rows.filter((row) => row.component === component);
  const known = own.find((row) => row.operation === operation);
  if (known?.section === text) return "unchanged";
  if (known === undefined) {
    const components = new Set(rows.map((row) => row.component));
    if (own.length >= bounds.operationsPerComponent) return "refused";
    if (own.length === 0 && components.size >= bounds.components) return "refused";
  }
  await transaction
    .insertInto("declarations")
    .values({ component, operation, declared_at: declaredAt, section: text })
    .onConflict((conflict) =>
      conflict.columns(["component", "operation"]).doUpdateSet({ declared_at: declaredAt, section: text }),
    )
    .execute();
  return known === undefined ? "added" : "changed";
}

/** The tables of `migrations/0017-outcomes.ts` as Kysely sees them. */
import type { Generated, Kysely, Transaction } from "kysely";
import type { SqlDatabase, StoreTables } from "./tables.ts";

/** JSON is text; times are integers, milliseconds since 1970. */
export type OutcomeTables = {
  /** One row per operation: whoever writes outcomes of it, or closes a window of it, holds its lock. */
  outcome_operations: {
    component: string;
    operation: string;
    /** Windows up to here were read: nothing is counted in them any more. */
    closed_to: number;
    /** When the newest report arrived; null before the first. */
    reported_at: number | null;
  };
  outcome_keys: { component: string; operation: string; id: string; ended_at: number; digest: string };
  /** `forgotten`: keys of outcomes that ended up to here are not kept any more. */
  outcome_marks: { name: string; at: number };
  outcome_cells: {
    id: Generated<number>;
    component: string;
    operation: string;
    variant: string;
    context: string;
    bounds: string;
  };
  outcome_increments: { cell: number; slot: number; increments: string };
};

/** The store's database with these tables in its type. */
export type OutcomeDatabase = Kysely<StoreTables & OutcomeTables>;

/** A transaction on them. */
export type OutcomeTransaction = Transaction<StoreTables & OutcomeTables>;

/** The same database with these tables in its type. */
export function withOutcomeTables(database: SqlDatabase): OutcomeDatabase {
  return database.withTables<OutcomeTables>();
}

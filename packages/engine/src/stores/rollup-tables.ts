/** The tables of `migrations/0002-rollups.ts` as Kysely sees them. */
import type { Generated, Kysely } from "kysely";
import type { SqlDatabase, StoreTables } from "./tables.ts";

/** The tables of `migrations/0002-rollups.ts`. JSON is text; times are integers, milliseconds since 1970. */
export type RollupTables = {
  rollup_targets: {
    id: Generated<number>;
    address: string;
    watched_since: number;
    /** Seconds since 1970. */
    process_start: Generated<number | null>;
    last_page_at: Generated<number | null>;
  };
  rollup_cells: {
    id: Generated<number>;
    component: string;
    operation: string;
    variant: string;
    context: string;
    bounds: string;
  };
  rollup_counters: {
    target: number;
    cell: number;
    first_slot: number;
    /** Null while the target's newest page has the cell. */
    ended_at: number | null;
    counters: string;
  };
  rollup_increments: { slot: number; cell: number; increments: string };
  /** Which pages were read in which slot. */
  rollup_pages: { slot: number; target: number };
};

/** The store's database with the rollup tables in its type. */
export type RollupDatabase = Kysely<StoreTables & RollupTables>;

/** @returns The same database; migration 0002 has made the tables. */
export function withRollupTables(database: SqlDatabase): RollupDatabase {
  return database.withTables<RollupTables>();
}

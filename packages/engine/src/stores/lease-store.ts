/** Leases in SQL: who leads, for how long, by the clock of the database alone. */
import { sql } from "kysely";
import { type HeldLease, isPostgres } from "./fence.ts";
import { CHANNELS } from "./postgres-notices.ts";
import type { SqlDatabase } from "./tables.ts";

/** A lease as anybody can read it. */
export interface LeaseView {
  readonly holder: string;
  readonly term: number;
  /** How long it is valid yet, in milliseconds; 0 and less where nobody renewed it. */
  readonly leftMilliseconds: number;
}

/** The leases of a database. */
export interface LeaseStore {
  /**
   * Takes the lease where it is free or over, or renews it where `holder` has it.
   *
   * @param milliseconds How long it is then valid.
   * @returns The lease; undefined where another holds it.
   */
  takeLease(name: string, holder: string, milliseconds: number): Promise<HeldLease | undefined>;
  /** Lets others take it at once; nothing happens where it was lost already. */
  releaseLease(lease: HeldLease): Promise<void>;
  /** Undefined before anybody ever held it. */
  readLease(name: string): Promise<LeaseView | undefined>;
}

/** Opens the leases of a database that is open and migrated. */
export function createLeaseStore(database: SqlDatabase): LeaseStore {
  // One clock for all: those of the processes need not agree.
  const now = isPostgres(database)
    ? sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
    : sql<number>`cast((julianday('now') - 2440587.5) * 86400000 as integer)`;
  return {
    async takeLease(name, holder, milliseconds) {
      const { rows } = await sql<{ term: number }>`
        insert into leases (name, holder, term, expires_at) values (${name}, ${holder}, 1, ${now} + ${milliseconds})
        on conflict (name) do update set
          term = leases.term + case when leases.holder = excluded.holder then 0 else 1 end,
          holder = excluded.holder, expires_at = excluded.expires_at
        where leases.holder = excluded.holder or leases.expires_at <= ${now}
        returning term`.execute(database);
      const [row] = rows;
      return row === undefined ? undefined : { name, holder, term: row.term };
    },
    async releaseLease({ name, holder, term }) {
      await sql`update leases set expires_at = 0 where name = ${name} and holder = ${holder} and term = ${term}`.execute(
        database,
      );
      if (isPostgres(database)) await sql`select pg_notify(${CHANNELS.leases}, '')`.execute(database);
    },
    async readLease(name) {
      const { rows } = await sql<{ holder: string; term: number; left: number }>`
        select holder, term, expires_at - ${now} as "left" from leases where name = ${name}`.execute(database);
      const [row] = rows;
      return row === undefined ? undefined : { holder: row.holder, term: row.term, leftMilliseconds: row.left };
    },
  };
}

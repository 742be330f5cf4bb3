/**
 * Keeps a process that leads no more from writing: the lease is looked at in the transaction of the write itself.
 *
 * The row stays locked against a new holder until the transaction ends. So a write of a leader either commits before anybody else
 * leads, or does not commit. How late the process learns that its time is over does not matter.
 *
 * Source: Kleppmann (2016), "How to do distributed locking", section "Making the lock safe with fencing".
 */
import { PostgresAdapter, sql } from "kysely";
import type { SqlDatabase } from "./tables.ts";

/** A lease as its holder knows it. */
export interface HeldLease {
  readonly name: string;
  readonly holder: string;
  /** Grows by one whenever the lease changes hands. */
  readonly term: number;
}

/** The lease under which writes are made now; undefined while this process leads nothing. */
export type CurrentLease = () => HeldLease | undefined;

/** The process leads no more, or not yet; nothing was written. Another one does the work. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/**
 * Checks the lease inside of a transaction, and holds it until that ends.
 *
 * @param current Undefined where there is no lease to hold: one process alone has the database.
 * @returns The term, 0 where there is no lease.
 * @throws {LeaseLostError}
 */
export async function holdLease(transaction: SqlDatabase, current: CurrentLease | undefined): Promise<number> {
  if (current === undefined) return 0;
  const lease = current();
  if (lease === undefined) throw new LeaseLostError("this process does not lead");
  const { name, holder, term } = lease;
  const lock = isPostgres(transaction) ? sql`for share` : sql``;
  const { rows } = await sql<{ term: number }>`
    select term from leases where name = ${name} and holder = ${holder} and term = ${term} ${lock}`.execute(
    transaction,
  );
  if (rows.length === 0) throw new LeaseLostError(`term ${term} of "${name}" is over; another process leads`);
  return term;
}

/** Does the database have several connections, whose transactions wait for each other at the rows? */
export function isPostgres(database: SqlDatabase): boolean {
  return database.getExecutor().adapter instanceof PostgresAdapter;
}

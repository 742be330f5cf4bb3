/**
 * Two connections of one process to a SQLite file, of which one at a time writes.
 *
 * SQLite lets a second writer wait by standing still, and with it everything else on its thread. So the second connection, which is
 * another thread's, asks for its turn before each transaction, and the first one gives it by keeping everybody away from itself: whoever
 * wants the store meanwhile waits as for any other transaction, and the thread that serves goes on.
 */
import type { Dialect, Driver } from "kysely";
import type { SqlDatabase } from "./tables.ts";

/** The right to write, from the first statement of a transaction to its end. */
export interface WritingTurns {
  /** Resolves when nobody else writes. What it rejects with fails the transaction before it has begun. */
  begin(): Promise<void>;
  end(): void;
}

/** Keeps everybody else from a database with a single connection, as soon as it is free. @returns Frees it again. */
export async function holdConnection(database: SqlDatabase): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const holding = database.connection().execute(async () => {
    held.resolve();
    await over.promise;
  });
  holding.catch(held.reject); // the database was closed meanwhile
  await held.promise;
  return over.resolve;
}

/** The dialect, with a turn around each transaction. */
export function inTurns(dialect: Dialect, turns: WritingTurns): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => driverInTurns(dialect.createDriver(), turns),
  };
}

function driverInTurns(driver: Driver, turns: WritingTurns): Driver {
  return {
    init: (...given) => driver.init(...given),
    acquireConnection: (...given) => driver.acquireConnection(...given),
    releaseConnection: (...given) => driver.releaseConnection(...given),
    destroy: (...given) => driver.destroy(...given),
    async beginTransaction(...given) {
      await turns.begin();
      try {
        await driver.beginTransaction(...given);
      } catch (error) {
        turns.end();
        throw error;
      }
    },
    // A commit that fails is followed by a rollback, which ends the turn.
    async commitTransaction(...given) {
      await driver.commitTransaction(...given);
      turns.end();
    },
    async rollbackTransaction(...given) {
      try {
        await driver.rollbackTransaction(...given);
      } finally {
        turns.end();
      }
    },
  };
}

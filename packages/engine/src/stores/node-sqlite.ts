/** node:sqlite in the shape that Kysely asks of a SQLite driver. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { SqliteDatabase } from "kysely";

/** Statements that stay prepared; the store has a few dozen, and one for each length of a multi-row insert. */
const PREPARED_STATEMENTS = 256;

/**
 * Wraps a connection. The least recently used statements are given up first.
 *
 * @param whenClosed Runs after the connection was closed, by whoever closes the Kysely instance.
 */
export function nodeSqlite(connection: DatabaseSync, whenClosed: () => void = () => {}): SqliteDatabase {
  const prepared = new Map<string, StatementSync>();
  return {
    close() {
      prepared.clear();
      connection.close();
      whenClosed();
    },
    prepare(query) {
      // A full disk ends the transaction by itself; a rollback that then fails would hide why.
      if (query === "rollback" && !connection.isTransaction) return NOTHING_TO_DO;
      // Kysely begins deferred transactions; two of those that read before they write can only fail, not wait.
      const text = query === "begin" ? "begin immediate" : query;
      const statement = prepared.get(text) ?? connection.prepare(text);
      prepared.delete(text); // so that the map's order is the order of use
      prepared.set(text, statement);
      if (prepared.size > PREPARED_STATEMENTS) {
        const oldest = prepared.keys().next();
        if (!oldest.done) prepared.delete(oldest.value);
      }
      return {
        reader: statement.columns().length > 0,
        all: (values) => statement.all(...values.map(asSqliteValue)),
        run: (values) => statement.run(...values.map(asSqliteValue)),
        iterate: (values) => statement.iterate(...values.map(asSqliteValue)),
      };
    },
  };
}

const NOTHING_TO_DO: ReturnType<SqliteDatabase["prepare"]> = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

/** SQLite knows neither booleans nor undefined. */
function asSqliteValue(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value as SQLInputValue;
}

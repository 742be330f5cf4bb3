/** The embedded store's database: SQLite as it is built into Node, through Kysely. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { migrate, refuseOtherVersion } from "./migrations/migrate.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { ProcessLockHeldError, sqliteErrorCode, takeProcessLock } from "./process-lock.ts";
import { StoreOpenError } from "./store-open-error.ts";
import type { SqlDatabase, StoreTables } from "./tables.ts";
import { inTurns, type WritingTurns } from "./writing-turns.ts";

/** How long a statement waits for another process that writes (a person with `sqlite3`), in milliseconds. This thread stands still. */
const BUSY_TIMEOUT_MILLISECONDS = 1_000;

/** What is committed is on disk. */
const PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";

/**
 * Opens (and where needed creates and migrates) the database in a file, or an empty one in memory for `:memory:`.
 *
 * What a transaction has committed is on disk: the write-ahead log is flushed at every commit. Destroying the Kysely instance
 * closes the file and frees it for another process.
 *
 * @throws {StoreOpenError} when the file cannot be opened or written, is no database or another program's, is used by another
 *   process, or was written by a newer version of this program.
 */
export async function openSqliteDatabase(path: string): Promise<SqlDatabase> {
  const file = path === ":memory:" ? path : resolve(path);
  let unlock: () => void = () => {};
  let connection: DatabaseSync | undefined;
  let database: SqlDatabase | undefined;
  try {
    if (file !== ":memory:") {
      createFolder(dirname(file), file);
      unlock = takeProcessLock(`${file}-lock`);
    }
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MILLISECONDS });
    connection.exec(PRAGMAS);
    refuseForeignDatabase(connection, file);
    database = new Kysely<StoreTables>({
      dialect: new SqliteDialect({ database: nodeSqlite(connection, unlock) }),
    });
    await migrate(database, { dialect: "sqlite", path: file });
    return database;
  } catch (error) {
    await database?.destroy().catch(() => {});
    if (connection?.isOpen) connection.close();
    unlock();
    throw asOpenError(error, file);
  }
}

/**
 * Opens a second connection to a database that `openSqliteDatabase` has opened in this process, for another thread.
 *
 * @param turns Asked before each transaction: two that write at once would stand still.
 * @throws {StoreOpenError} when it cannot be opened.
 */
export async function openSqliteBeside(path: string, turns: WritingTurns): Promise<SqlDatabase> {
  const file = resolve(path);
  let connection: DatabaseSync | undefined;
  try {
    refuseAbsent(file);
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MILLISECONDS });
    connection.exec(PRAGMAS);
    return new Kysely({ dialect: inTurns(new SqliteDialect({ database: nodeSqlite(connection) }), turns) });
  } catch (error) {
    if (connection?.isOpen) connection.close();
    throw asOpenError(error, file);
  }
}

/**
 * Opens a database for reading, also while a controller has it open. Nothing is created, migrated or written.
 *
 * @throws {StoreOpenError} when it is not there, is no database of ours, or was written by another version of this program.
 */
export async function openSqliteForReading(path: string): Promise<SqlDatabase> {
  const file = resolve(path);
  let connection: DatabaseSync | undefined;
  let database: SqlDatabase | undefined;
  try {
    refuseAbsent(file);
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MILLISECONDS, readOnly: true });
    refuseForeignDatabase(connection, file);
    database = new Kysely<StoreTables>({ dialect: new SqliteDialect({ database: nodeSqlite(connection) }) });
    await refuseOtherVersion(database, file);
    return database;
  } catch (error) {
    await database?.destroy().catch(() => {});
    if (connection?.isOpen) connection.close();
    throw asOpenError(error, file);
  }
}

function refuseAbsent(file: string): void {
  if (existsSync(file)) return;
  const message = "is not there";
  const remedy = "A controller creates it when it starts; is this the configuration that it runs with?";
  throw new StoreOpenError({ path: file, reason: "failed", message, remedy });
}

function createFolder(folder: string, file: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const message = `needs the folder ${folder}, which cannot be created (${messageOf(error)})`;
    const remedy = "Choose a path in a folder that this user may write to.";
    throw new StoreOpenError({ path: file, reason: "folder-not-writable", message, remedy }, { cause: error });
  }
}

/** A file of another program keeps its tables to itself. */
function refuseForeignDatabase(connection: DatabaseSync, file: string): void {
  const tables = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  if (tables.length === 0 || tables.some((table) => table["name"] === "trimtab_migrations")) return;
  throw new StoreOpenError({
    path: file,
    reason: "another-program",
    message: `is the database of another program (it has the table "${String(tables[0]?.["name"])}")`,
    remedy: "Choose another path for the store.",
  });
}

function asOpenError(error: unknown, path: string): unknown {
  if (error instanceof StoreOpenError) return error;
  const cause = { cause: error };
  if (error instanceof ProcessLockHeldError) {
    const owner = error.owner === undefined ? "another process" : `another process (pid ${error.owner})`;
    const message = `is in use by ${owner}`;
    const remedy = "Stop that one first, or give this one a store of its own.";
    return new StoreOpenError({ path, reason: "in-use", message, remedy }, cause);
  }
  switch (sqliteErrorCode(error)) {
    case 5: // busy
    case 6: {
      const message = `stayed locked for ${BUSY_TIMEOUT_MILLISECONDS / 1_000} s by another program`;
      const remedy = "Close whatever else has the file open, and start again.";
      return new StoreOpenError({ path, reason: "in-use", message, remedy }, cause);
    }
    case 8: // read-only
    case 14: {
      // cannot open
      const message = `cannot be opened for writing (${messageOf(error)})`;
      const remedy = "The user that runs this needs to write to the file and to its folder.";
      return new StoreOpenError({ path, reason: "file-not-writable", message, remedy }, cause);
    }
    case 11: // damaged
    case 26: {
      const message = `is no SQLite database, or is damaged (${messageOf(error)})`;
      const remedy = "Move the file away to start with an empty store, or restore it from a backup.";
      return new StoreOpenError({ path, reason: "not-a-database", message, remedy }, cause);
    }
    default: {
      const message = `cannot be opened (${messageOf(error)})`;
      const remedy = "Check the disk and the path.";
      return new StoreOpenError({ path, reason: "failed", message, remedy }, cause);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

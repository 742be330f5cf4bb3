/**
 * One process per store file.
 *
 * The lock is a transaction that stays open on a small SQLite file beside the store. It is the kernel's lock on that file, so it
 * ends with its process, however that ends; there is no stale lock to judge or to take over. Readers of the store itself (a
 * person with `sqlite3`, a backup) are not shut out.
 */
import { DatabaseSync } from "node:sqlite";

/** Another process holds the lock. */
export class ProcessLockHeldError extends Error {
  override readonly name = "ProcessLockHeldError";
  /** Its process id, where it could be read. */
  readonly owner: number | undefined;

  constructor(path: string, owner: number | undefined) {
    super(`${path} is locked by ${owner === undefined ? "another process" : `process ${owner}`}`);
    this.owner = owner;
  }
}

/**
 * Takes the lock and keeps it until the process ends or the returned function is called.
 *
 * @throws {ProcessLockHeldError} at once when it is held.
 */
export function takeProcessLock(path: string): () => void {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec("PRAGMA synchronous = OFF");
    // The name is committed before the lock is taken, because what the lock's transaction writes nobody else can read.
    file.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL); DELETE FROM owner");
    file.prepare("INSERT INTO owner (pid) VALUES (?)").run(process.pid);
    file.exec("COMMIT; BEGIN IMMEDIATE");
  } catch (error) {
    const owner = isBusy(error) ? readOwner(file) : undefined;
    file.close();
    throw isBusy(error) ? new ProcessLockHeldError(path, owner) : error;
  }
  return () => {
    if (file.isOpen) file.close();
  };
}

function readOwner(file: DatabaseSync): number | undefined {
  try {
    const row = file.prepare("SELECT pid FROM owner").get();
    return typeof row?.["pid"] === "number" ? row["pid"] : undefined;
  } catch {
    return undefined; // the owner is writing its name at this moment
  }
}

function isBusy(error: unknown): boolean {
  return sqliteErrorCode(error) === 5;
}

/** SQLite's primary result code of an error that node:sqlite threw; undefined for any other error. */
export function sqliteErrorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff; // the rest tells variants of the same code apart
}

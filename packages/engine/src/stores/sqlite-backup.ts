/** A copy of a store's file, also while a controller writes to it. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteForReading } from "./sqlite-dialect.ts";

/** What a copy holds. */
export interface StoreBackup {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly operations: number;
  readonly adaptations: number;
}

/**
 * Copies the store as it is at one moment, checks the copy, and gives it its name only then. Acknowledged before the call means in the
 * copy.
 *
 * @param source The store's file.
 * @param file Where to; replaced if it is there.
 * @throws {StoreOpenError} when the source is no store of this version; {Error} when the copy cannot be written or is damaged.
 */
export async function backUpSqlite(source: string, file: string): Promise<StoreBackup> {
  const target = resolve(file);
  if (isSameFile(source, target)) throw new Error(`${target} is the store itself; name another file`);
  if (existsSync(`${target}-wal`))
    throw new Error(`${target} is a store in use (${target}-wal is beside it); name another file`);
  const store = await openSqliteForReading(source); // says what is wrong with it, if anything is
  await store.destroy();
  const unfinished = join(dirname(target), `.${process.pid}-unfinished-backup`);
  rmSync(unfinished, { force: true });
  try {
    const connection = new DatabaseSync(resolve(source), { readOnly: true, timeout: 5_000 });
    try {
      connection.prepare("VACUUM INTO ?").run(unfinished);
    } finally {
      connection.close();
    }
    const counts = check(unfinished);
    flush(unfinished);
    renameSync(unfinished, target);
    flush(dirname(target)); // the name too
    return { file: target, bytes: statSync(target).size, ...counts };
  } finally {
    if (existsSync(unfinished)) rmSync(unfinished);
  }
}

function check(file: string): Pick<StoreBackup, "operations" | "adaptations"> {
  const copy = new DatabaseSync(file, { readOnly: true });
  try {
    const [result] = Object.values(copy.prepare("PRAGMA integrity_check(1)").get() ?? {});
    if (result !== "ok") throw new Error(`the copy is damaged: ${String(result)}`);
    const count = (table: string): number =>
      Number(copy.prepare(`select count(*) as n from ${table}`).get()?.["n"] ?? 0);
    return { operations: count("operations"), adaptations: count("adaptations") };
  } finally {
    copy.close();
  }
}

function isSameFile(one: string, other: string): boolean {
  if (!existsSync(one) || !existsSync(other)) return false;
  const [first, second] = [statSync(one), statSync(other)];
  return first.ino === second.ino && first.dev === second.dev;
}

function flush(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

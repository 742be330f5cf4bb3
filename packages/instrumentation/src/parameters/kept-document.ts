/**
 * The last known good document on disk, so that a service that restarts while the controller is away keeps what was learnt. Any
 * number of processes may share a folder: a file is replaced whole, and the last one to write it wins.
 */
import { mkdirSync, promises, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { shortDigest } from "@trimtab/conventions";
import { reportOwnFailure } from "../own-failure.ts";

/** What is kept: the document as it came, and the tag by which the controller knows it. */
export interface KeptDocument {
  readonly etag: string | undefined;
  readonly document: unknown;
}

const MAXIMUM_BYTES = 32 * 1024 * 1024;
/** A temporary file of this age, in milliseconds, belongs to a process that died while it wrote. */
const ABANDONED_MILLISECONDS = 3_600_000;

/** Reads what was kept; undefined where there is nothing that can be read. Once, at the start: it must be there before the first call. */
export function readKeptDocument(directory: string, component: string): KeptDocument | undefined {
  const file = fileOf(directory, component);
  try {
    makeFolder(directory);
    removeAbandoned(directory, file);
    const status = statSync(file, { throwIfNoEntry: false });
    if (status === undefined || !status.isFile() || status.size > MAXIMUM_BYTES) return undefined;
    const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof kept !== "object" || kept === null || !("document" in kept)) return undefined;
    // It is sent as a header: what cannot be would keep the controller from ever being asked.
    const etag =
      "etag" in kept && typeof kept.etag === "string" && /^[\x21-\x7e]+$/.test(kept.etag) ? kept.etag : undefined;
    return { etag, document: kept.document };
  } catch (error) {
    reportOwnFailure(`reading the parameters kept in ${directory}`, error);
    return undefined;
  }
}

/** What is to be written next, by file; there while a write is under way. */
const waiting = new Map<string, KeptDocument | undefined>();

/**
 * Keeps a document. A crash half-way leaves the former file whole. While one is being written, of those that come only the last is
 * written after it: a slow disk never has more than one to do, and never the older one last.
 */
export async function keepDocument(directory: string, component: string, kept: KeptDocument): Promise<void> {
  const file = fileOf(directory, component);
  if (waiting.has(file)) return void waiting.set(file, kept);
  let next: KeptDocument | undefined = kept;
  while (next !== undefined) {
    waiting.set(file, undefined);
    await replace(directory, file, next);
    next = waiting.get(file);
  }
  waiting.delete(file);
}

async function replace(directory: string, file: string, kept: KeptDocument): Promise<void> {
  const temporary = `${file}.${process.pid}-${threadId}.tmp`;
  // Where files may not grow, this signal ends the process; somebody who listens makes it a plain error of the write.
  const survive = (): void => {};
  process.on("SIGXFSZ", survive);
  try {
    makeFolder(directory);
    await promises.writeFile(temporary, JSON.stringify(kept), { mode: 0o600 });
    await promises.rename(temporary, file);
  } catch (error) {
    reportOwnFailure(`keeping the parameters in ${directory}`, error);
    await promises.rm(temporary, { force: true }).catch(() => {});
  } finally {
    process.removeListener("SIGXFSZ", survive);
  }
}

/** Node's own `recursive` tries for ever where a folder is said to be missing and cannot be made either, such as below /proc. */
function makeFolder(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(directory).isDirectory()) return;
    if (code !== "ENOENT" || dirname(directory) === directory) throw error;
    makeFolder(dirname(directory));
    mkdirSync(directory);
  }
}

function removeAbandoned(directory: string, file: string): void {
  const prefix = `${basename(file)}.`;
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
    const path = join(directory, name);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status !== undefined && Date.now() - status.mtimeMs > ABANDONED_MILLISECONDS) rmSync(path, { force: true });
  }
}

function fileOf(directory: string, component: string): string {
  // The digest tells apart what the replacement makes alike; two components may share a folder.
  return join(directory, `${component.replaceAll(/[^A-Za-z0-9_-]/g, "_")}-${shortDigest(component)}.json`);
}

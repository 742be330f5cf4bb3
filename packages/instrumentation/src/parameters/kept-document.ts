/** The last known good document on disk, so that a service that restarts while the controller is away keeps what was learnt. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shortDigest } from "@trimtab/conventions";
import { reportOwnFailure } from "../own-failure.ts";

/** What is kept: the document as it came, and the tag by which the controller knows it. */
export interface KeptDocument {
  readonly etag: string | undefined;
  readonly document: unknown;
}

const MAXIMUM_BYTES = 32 * 1024 * 1024;

/** Reads what was kept; undefined where there is nothing that can be read. Once, at the start: it must be there before the first call. */
export function readKeptDocument(directory: string, component: string): KeptDocument | undefined {
  const file = fileOf(directory, component);
  try {
    mkdirSync(directory, { recursive: true });
    const status = statSync(file, { throwIfNoEntry: false });
    if (status === undefined || !status.isFile() || status.size > MAXIMUM_BYTES) return undefined;
    const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof kept !== "object" || kept === null || !("document" in kept)) return undefined;
    const etag = "etag" in kept && typeof kept.etag === "string" ? kept.etag : undefined;
    return { etag, document: kept.document };
  } catch (error) {
    reportOwnFailure(`reading the parameters kept in ${directory}`, error);
    return undefined;
  }
}

/** Keeps a document. A crash half-way leaves the former file whole. */
export async function keepDocument(directory: string, component: string, kept: KeptDocument): Promise<void> {
  const file = fileOf(directory, component);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(temporary, JSON.stringify(kept), { mode: 0o600 });
    await rename(temporary, file);
  } catch (error) {
    reportOwnFailure(`keeping the parameters in ${directory}`, error);
    await rm(temporary, { force: true }).catch(() => {});
  }
}

function fileOf(directory: string, component: string): string {
  // The digest tells apart what the replacement makes alike; two components may share a folder.
  return join(directory, `${component.replaceAll(/[^A-Za-z0-9_-]/g, "_")}-${shortDigest(component)}.json`);
}

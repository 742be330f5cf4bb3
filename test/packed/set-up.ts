/** Packs the packages once for all tests of what is published, and fetches the Node versions that they run on. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

const root = new URL("../../", import.meta.url).pathname;

/** The oldest Node that the library is for, and the newest that there is. */
const OLDEST_NODE = "20.6.0";
const NEWEST_NODE = "26.10.0";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with the packed tarballs. */
    readonly tarballs: string;
    /** Paths of programs. */
    readonly oldestNode: string;
    readonly newestNode: string;
  }
}

/** Runs before the first test; what it returns, after the last. */
export default function setUp(project: TestProject): () => void {
  const tarballs = mkdtempSync(join(tmpdir(), "trimtab-packed-"));
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [join(root, "scripts/dev.mjs"), ...args], { encoding: "utf8" }).trim();
  run("pack", tarballs);
  project.provide("tarballs", tarballs);
  project.provide("oldestNode", run("node", OLDEST_NODE));
  project.provide("newestNode", run("node", NEWEST_NODE));
  return () => {
    rmSync(tarballs, { recursive: true, force: true });
  };
}

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Runs `work` while this process alone holds `file`. A lock whose owner is gone is taken over.
 *
 * @template Result
 * @param {string} file
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  const release = () => rmSync(file, { force: true });
  for (;;) {
    try {
      linkSync(own, file); // unlike writing it, this never shows others an empty lock
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    }
    if (ownerIsGone(file)) {
      try {
        renameSync(file, `${own}.stale`); // of several who see it, one succeeds
        rmSync(`${own}.stale`, { force: true });
      } catch {
        // somebody else was quicker
      }
    } else {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  rmSync(own, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** @param {string} file */
function ownerIsGone(file) {
  let owner;
  try {
    owner = Number(readFileSync(file, "utf8"));
  } catch {
    return false; // released in between
  }
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

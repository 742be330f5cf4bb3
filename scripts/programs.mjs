// Finds programs that may be on this machine, for the scripts that fetch the ones that are not.
import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The folder in which a program that was fetched is kept.
 *
 * @param {string} name
 */
export function cacheDirectoryOf(name) {
  return join(root, ".cache", name);
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The first of these programs that is on the PATH, whatever the order of its folders.
 *
 * @param {...string} names
 * @returns {string | undefined}
 */
export function findOnPath(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => resolve(folder, name))).find(isExecutable);
}

/**
 * A path as people are told it: from the root of the project where it lies below that.
 *
 * @param {string} path
 */
export function shownPath(path) {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/**
 * Where the script at `url` was started by itself: prints what it finds, or on standard error why it finds nothing.
 *
 * @param {string} url `import.meta.url` of the script
 * @param {() => Promise<string>} find
 */
export async function printWhenStarted(url, find) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  process.once("SIGINT", () => process.exit(130)); // through "exit", where half a download is removed
  process.once("SIGTERM", () => process.exit(143));
  try {
    console.log(await find());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

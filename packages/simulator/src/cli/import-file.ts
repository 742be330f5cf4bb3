/** Modules that a person names on the command line. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SimulateUsageError } from "./usage-error.ts";

/**
 * The exports of a module.
 *
 * @throws {SimulateUsageError} where it cannot be loaded.
 */
export async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new SimulateUsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Is a name on the command line a file? Names of our own have no dots and no slashes. */
export function isFile(name: string): boolean {
  return /[./\\]/.test(name);
}

/** The file of a store of the artists' services. */
import { DatabaseSync } from "node:sqlite";

/**
 * Opens it, and makes it where it is missing. What is written outlives the process, however that ends; the last of it may be lost
 * with the power of the machine.
 *
 * @param path Of the file; `:memory:` for a test.
 * @param schema Statements that make what is not there yet.
 */
export function openStoreFile(path: string, schema: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`);
  return database;
}

/** The store of a configuration, as the commands open it that work on it without a controller. */
import type { SqlDatabase } from "@trimtab/engine";
import { isInMemory, type StoreSettings } from "../config/store-settings.ts";
import { CommandFailure } from "./command.ts";

/**
 * Opens the store to read from, also while controllers use it.
 *
 * @returns Undefined where no controller has used it yet.
 * @throws {CommandFailure} where it cannot be read.
 */
export async function openStoreForReading(store: StoreSettings): Promise<SqlDatabase | undefined> {
  refuseMemory(store);
  const { openPostgresForReading, openSqliteForReading, StoreOpenError } = await import("@trimtab/engine");
  const { existsSync } = await import("node:fs");
  if (store.kind === "sqlite" && !existsSync(store.path)) return undefined;
  try {
    return store.kind === "sqlite" ? await openSqliteForReading(store.path) : await openPostgresForReading(store.url);
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    if (store.kind === "postgres" && error.reason === "not-a-database") return undefined;
    throw new CommandFailure(error.message);
  }
}

/**
 * Opens the store to write to, made and brought up to date where needed.
 *
 * @throws {CommandFailure} where it cannot be opened, such as where a controller has the file.
 */
export async function openStoreForWriting(store: StoreSettings): Promise<SqlDatabase> {
  refuseMemory(store);
  const { openPostgresDatabase, openSqliteDatabase, StoreOpenError } = await import("@trimtab/engine");
  try {
    return store.kind === "sqlite"
      ? await openSqliteDatabase(store.path)
      : await openPostgresDatabase({ url: store.url });
  } catch (error) {
    throw error instanceof StoreOpenError ? new CommandFailure(error.message) : error;
  }
}

function refuseMemory(store: StoreSettings): void {
  if (isInMemory(store))
    throw new CommandFailure(
      "The store of this configuration is in memory: nothing of it can be reached from outside.",
    );
}

/** Opens the database of the configuration, and makes this process one of those that share it. */
import { type Log, openPostgresDatabase, openSqliteDatabase, type SqlDatabase, StoreOpenError } from "@trimtab/engine";
import type { StoreSettings } from "./config/store-settings.ts";
import { type Replica, sharedReplica, soleReplica } from "./replica.ts";

/** A database that is open. */
export interface StoreDatabase {
  readonly database: SqlDatabase;
  readonly replica: Replica;
}

/** A server that starts together with the controller may take this long. */
const LONGEST_WAIT_MILLISECONDS = 30_000;

const BETWEEN_TRIES_MILLISECONDS = 1_000;

/**
 * A server that cannot be reached is tried again for 30 s; after that the process had better end and be started anew, because it has
 * nothing that it could serve.
 *
 * @throws {StoreOpenError}
 */
export async function openStoreDatabase(settings: StoreSettings, log: Log): Promise<StoreDatabase> {
  if (settings.kind === "sqlite") return { database: await openSqliteDatabase(settings.path), replica: soleReplica() };
  const { url, maximumConnections, leaseMilliseconds } = settings;
  const database = await untilReachable(
    () =>
      openPostgresDatabase({
        url,
        maximumConnections,
        onConnectionError: (error) => log.debug("a connection to the store broke", { problem: error.message }),
      }),
    log,
  );
  return { database, replica: sharedReplica({ database, url, leaseMilliseconds, log }) };
}

async function untilReachable(open: () => Promise<SqlDatabase>, log: Log): Promise<SqlDatabase> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MILLISECONDS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const mayComeBack = error instanceof StoreOpenError && error.reason === "unreachable";
      if (!mayComeBack || performance.now() > giveUpAt) throw error;
      log.warning("the store cannot be reached yet", { problem: error.message });
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MILLISECONDS));
    }
  }
}

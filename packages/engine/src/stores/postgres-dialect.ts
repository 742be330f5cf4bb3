/** The database of several controllers: PostgreSQL, through Kysely. */
import { Socket } from "node:net";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { migrate, refuseOtherVersion } from "./migrations/migrate.ts";
import { StoreOpenError, type StoreOpenReason } from "./store-open-error.ts";
import type { SqlDatabase, StoreTables } from "./tables.ts";

/** How a database is opened. */
export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`, with `?sslmode=verify-full` and the other parameters of libpq where needed. */
  readonly url: string;
  /** The most connections of this process, 2 to 100. Default 10. */
  readonly maximumConnections?: number;
  /** Told of connections that break while nobody uses them. */
  readonly onConnectionError?: (error: Error) => void;
}

const CONNECT_MILLISECONDS = 5_000;

/** No statement of ours takes nearly as long; one that does is stuck behind a lock. */
const STATEMENT_MILLISECONDS = 30_000;

/** Longer than any statement may take: a server that is silent so long is gone. */
const SILENCE_MILLISECONDS = 40_000;

/**
 * The server ends a session that stands still inside of a transaction for so long: the process was paused or cut off, and its locks
 * must not keep another from taking the lead.
 */
const IDLE_IN_TRANSACTION_MILLISECONDS = 3_000;

/**
 * Opens (and where needed migrates) the tables in the first schema of the connection's search path. What a transaction has committed
 * is as durable as the server makes it. Destroying the Kysely instance closes the connections.
 *
 * @throws {StoreOpenError} when the server cannot be reached or refuses, or the schema is another program's or a newer version's.
 */
export async function openPostgresDatabase(options: PostgresOptions): Promise<SqlDatabase> {
  const place = describePostgres(options.url);
  let database: SqlDatabase | undefined;
  try {
    const pool = new pg.Pool({
      connectionString: options.url,
      application_name: "trimtab",
      max: options.maximumConnections ?? 10,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      statement_timeout: STATEMENT_MILLISECONDS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MILLISECONDS,
      keepAlive: true,
      stream: silentNoLonger,
      types: { getTypeParser },
    });
    // A connection may break while it is idle (the pool tells) or in use (it tells itself, beside the statement that fails);
    // without a listener either would end the process.
    const tell = (error: Error): void => options.onConnectionError?.(error);
    pool.on("error", tell);
    pool.on("connect", (client) => client.on("error", tell));
    database = new Kysely<StoreTables>({ dialect: new PostgresDialect({ pool }) });
    await refuseForeignSchema(database, place);
    await migrate(database, { dialect: "postgres", path: place });
    return database;
  } catch (error) {
    await database?.destroy().catch(() => {});
    throw asOpenError(error, place);
  }
}

/** A connection that was cut without a word fails, instead of holding its place in the pool until TCP gives up. */
function silentNoLonger(): Socket {
  const socket = new Socket();
  socket.setTimeout(SILENCE_MILLISECONDS, () =>
    socket.destroy(new Error("Connection terminated: the server was silent")),
  );
  return socket;
}

/**
 * Opens a database for reading, also while controllers use it. Nothing is created, migrated or written.
 *
 * @throws {StoreOpenError} when it cannot be reached, or was written by another version of this program.
 */
export async function openPostgresForReading(url: string): Promise<SqlDatabase> {
  const place = describePostgres(url);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "trimtab reader",
    max: 2,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    types: { getTypeParser },
  });
  pool.on("error", () => {}); // the statement that fails tells
  pool.on("connect", (client) => {
    client.on("error", () => {});
    void client.query("set default_transaction_read_only = on").catch(() => {});
  });
  const database: SqlDatabase = new Kysely<StoreTables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await refuseOtherVersion(database, place);
    return database;
  } catch (error) {
    await database.destroy().catch(() => {});
    throw asOpenError(error, place);
  }
}

/** Server and database of an address, without user and password. */
export function describePostgres(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return "PostgreSQL";
  return `PostgreSQL ${parsed.host === "" ? "(local)" : parsed.host}${parsed.pathname}`;
}

/** Counts and times fit a number; one that did not would be a wrong number, so it is refused. */
function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  const { INT8, NUMERIC } = pg.types.builtins;
  if (oid === INT8 || oid === NUMERIC) return exactNumber;
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
}

function exactNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RangeError(`${text} is no exact number`);
  return value;
}

async function refuseForeignSchema(database: SqlDatabase, path: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = current_schema()`.execute(database);
  const names = rows.map(({ name }) => name);
  if (names.length === 0 || names.includes("trimtab_migrations")) return;
  throw new StoreOpenError({
    path,
    reason: "another-program",
    message: `has tables of another program in its first schema (it has the table "${names[0]}")`,
    remedy: "Give the controller a database of its own, or a schema: ?options=-csearch_path%3Dtrimtab",
  });
}

/** Conditions that a person can mend, by the code of Node or PostgreSQL. */
const CAUSES: Readonly<Record<string, readonly [StoreOpenReason, string]>> = {
  ECONNREFUSED: ["unreachable", "Is the server running, and are host and port right?"],
  ENOTFOUND: ["unreachable", "Is the host's name right?"],
  EAI_AGAIN: ["unreachable", "The host's name could not be looked up just now."],
  ETIMEDOUT: ["unreachable", "Does a firewall stand between?"],
  "28P01": ["refused", "The password is wrong for this user."],
  "28000": ["refused", "The server does not let this user in; look at its pg_hba.conf."],
  "3D000": ["refused", "Create the database first: createdb NAME"],
  "42P01": ["not-a-database", "No controller has used this schema yet."],
  "3F000": ["refused", "Create the schema of the search path first: create schema NAME"],
  "42501": ["refused", "The user needs the right to create tables in the schema."],
  "53300": ["refused", "The server has no connection left; lower maximumConnections or raise max_connections."],
};

function asOpenError(error: unknown, path: string): unknown {
  if (error instanceof StoreOpenError) return error;
  const message = messageOf(error);
  const [reason, remedy] = CAUSES[codeOf(error)] ?? [
    /timeout/i.test(message) ? "unreachable" : "failed",
    "Look at the server's log, and at the address.",
  ];
  return new StoreOpenError({ path, reason, message: `cannot be used (${message})`, remedy }, { cause: error });
}

function codeOf(error: unknown): string {
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** Of several addresses of a host the first one's failure; messages of the driver never hold the password. */
function messageOf(error: unknown): string {
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Brings a database to this program's form of the tables: forward only, in order, each step once. */
import { shortDigest } from "@trimtab/conventions";
import { sql } from "kysely";
import { StoreOpenError } from "../store-open-error.ts";
import type { SqlDatabase } from "../tables.ts";
import type { Migration, SqlDialect } from "./migration.ts";
import { migrations as allMigrations } from "./migrations.ts";

/** Lets one process at a time change the schema; the lock ends with the transaction. */
const LOCK_SCHEMA = "select pg_advisory_xact_lock(7218437102)";

/** Which database it is, and what its errors call it. */
export interface MigrateOptions {
  readonly dialect: SqlDialect;
  readonly path: string;
  /** Default: this program's own list. */
  readonly migrations?: readonly Migration[];
}

/**
 * Applies what is missing, all of it in one transaction. Does nothing to a database that is up to date.
 *
 * @throws {StoreOpenError} when the database has a migration that this program does not know (it is newer), or one whose
 *   statements have changed since.
 */
export async function migrate(database: SqlDatabase, options: MigrateOptions): Promise<void> {
  const { dialect, path, migrations = allMigrations } = options;
  await database.transaction().execute(async (transaction) => {
    if (dialect === "postgres") await sql.raw(LOCK_SCHEMA).execute(transaction); // replicas may start at once
    await sql`create table if not exists trimtab_migrations (
      name text not null primary key, checksum text not null, applied_at bigint not null)`.execute(transaction);
    const { rows } = await sql<{ name: string; checksum: string }>`
      select name, checksum from trimtab_migrations order by name`.execute(transaction);
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    refuseUnknown([...applied.keys()], migrations, path);
    for (const migration of migrations) {
      const statements = migration.statements(dialect);
      const checksum = shortDigest(statements.join(";\n"));
      const known = applied.get(migration.name);
      if (known === checksum) continue;
      if (known !== undefined) throw changedMigration(migration.name, path);
      for (const statement of statements) await sql.raw(statement).execute(transaction);
      await sql`insert into trimtab_migrations (name, checksum, applied_at)
        values (${migration.name}, ${checksum}, ${Date.now()})`.execute(transaction);
    }
  });
}

/**
 * For readers, who must not migrate.
 *
 * @throws {StoreOpenError} when the database has other migrations than this program.
 */
export async function refuseOtherVersion(database: SqlDatabase, path: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from trimtab_migrations order by name`.execute(database);
  const applied = rows.map((row) => row.name);
  refuseUnknown(applied, allMigrations, path);
  const missing = allMigrations.filter(({ name }) => !applied.includes(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new StoreOpenError({
    path,
    reason: "older-version",
    message: `was written by an older version of this program (its tables lack "${missing.join('", "')}")`,
    remedy: "Start the controller once with this version; it brings the tables up to date.",
  });
}

function refuseUnknown(applied: readonly string[], migrations: readonly Migration[], path: string): void {
  const unknown = applied.filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length === 0) return;
  throw new StoreOpenError({
    path,
    reason: "newer-version",
    message: `was written by a newer version of this program (its tables have "${unknown.join('", "')}", unknown here)`,
    remedy: "Run that version, or restore a backup from before the upgrade.",
  });
}

function changedMigration(name: string, path: string): StoreOpenError {
  return new StoreOpenError({
    path,
    reason: "changed-migration",
    message: `was built with other statements of the migration "${name}" than this program has`,
    remedy: "Run the version that created it, or start with an empty store; a released migration must not be changed.",
  });
}

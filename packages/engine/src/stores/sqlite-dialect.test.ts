import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrate } from "./migrations/migrate.ts";
import type { Migration } from "./migrations/migration.ts";
import { migrations } from "./migrations/migrations.ts";
import { openSqliteDatabase, openSqliteForReading } from "./sqlite-dialect.ts";
import { StoreOpenError } from "./store-open-error.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-sqlite-"));
  file = join(folder, "trimtab.db");
});
afterEach(() => rm(folder, { recursive: true }));

async function problemOf(path: string): Promise<StoreOpenError> {
  const problem: unknown = await openSqliteDatabase(path).then(
    async (database) => {
      await database.destroy();
      return new Error("it was opened");
    },
    (error: unknown) => error,
  );
  if (!(problem instanceof StoreOpenError)) throw problem;
  return problem;
}

/** Opens the file in another process; it says "open", and ends when its input ends. */
const OPEN_ELSEWHERE = `
  const { openSqliteDatabase } = await import(${JSON.stringify(new URL("./sqlite-dialect.ts", import.meta.url))});
  try {
    const database = await openSqliteDatabase(process.argv[1]);
    process.stdout.write("open");
    process.stdin.resume().on("end", () => database.destroy());
  } catch (error) {
    process.stdout.write(error.message);
  }`;

function openElsewhere(path: string) {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", "--input-type=module"];
  return spawn(process.execPath, [...flags, "-e", OPEN_ELSEWHERE, path], { stdio: ["pipe", "pipe", "inherit"] });
}

describe("opening", () => {
  test("creates the folder and the file, durable at every commit", async () => {
    const path = join(folder, "a", "b", "trimtab.db");
    const database = await openSqliteDatabase(path);
    const pragma = async (name: string) =>
      (await sql.raw<Record<string, unknown>>(`PRAGMA ${name}`).execute(database)).rows[0];
    expect(await pragma("journal_mode")).toEqual({ journal_mode: "wal" });
    expect(await pragma("synchronous")).toEqual({ synchronous: 2 }); // FULL
    expect(await pragma("foreign_keys")).toEqual({ foreign_keys: 1 });
    await database.destroy();
  });

  test("a transaction that fails leaves nothing", async () => {
    const database = await openSqliteDatabase(":memory:");
    const policy = { policy_hash: "p", policy: "{}" };
    const failing = database.transaction().execute(async (transaction) => {
      await transaction.insertInto("policies").values(policy).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await database.selectFrom("policies").selectAll().execute()).toEqual([]);
    await database.destroy();
  });

  test("a full disk is called by its name, leaves nothing half done, and is over as soon as there is room", async () => {
    const database = await openSqliteDatabase(file);
    const insert = (hash: string) =>
      database.transaction().execute((transaction) =>
        transaction
          .insertInto("policies")
          .values({ policy_hash: hash, policy: "x".repeat(200_000) })
          .execute(),
      );
    await sql.raw("PRAGMA max_page_count = 60").execute(database); // SQLite treats it as it treats a disk without room
    await expect(insert("too much")).rejects.toThrow("database or disk is full");
    await sql.raw("PRAGMA max_page_count = 6000").execute(database);
    await insert("enough room");
    expect(await database.selectFrom("policies").select("policy_hash").execute()).toEqual([
      { policy_hash: "enough room" },
    ]);
    await database.destroy();
  });

  test("a transaction owns the right to write from its beginning, so it cannot lose it half way", async () => {
    const database = await openSqliteDatabase(file);
    const person = new DatabaseSync(file, { timeout: 0 });
    await database.transaction().execute(async (transaction) => {
      await transaction.selectFrom("policies").selectAll().execute();
      expect(() => person.exec("BEGIN IMMEDIATE")).toThrow("database is locked");
    });
    person.exec("BEGIN IMMEDIATE; ROLLBACK");
    person.close();
    await database.destroy();
  });

  test("more different statements than are kept prepared work alike", async () => {
    const database = await openSqliteDatabase(":memory:");
    for (let number = 0; number < 600; number++) {
      const { rows } = await sql.raw<{ n: number }>(`select ${number % 300} as n`).execute(database);
      expect(rows[0]?.n).toBe(number % 300);
    }
    await database.destroy();
  });

  test("a file that is no database is refused", async () => {
    await writeFile(file, "Dear diary, today I was mistaken for a database. ".repeat(100));
    const problem = await problemOf(file);
    expect(problem.reason).toBe("not-a-database");
    expect(problem.message).toBe(
      `The store ${file} is no SQLite database, or is damaged (file is not a database). ` +
        "Move the file away to start with an empty store, or restore it from a backup.",
    );
  });

  test("another program's database is refused and left as it is", async () => {
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE songs (title TEXT)");
    other.close();
    const problem = await problemOf(file);
    expect(problem.reason).toBe("another-program");
    expect(problem.message).toContain('it has the table "songs"');
    const after = new DatabaseSync(file);
    expect(after.prepare("SELECT name FROM sqlite_master").all()).toEqual([{ name: "songs" }]);
    after.close();
  });

  test("a folder that is a file is refused", async () => {
    await writeFile(join(folder, "taken"), "");
    const problem = await problemOf(join(folder, "taken", "trimtab.db"));
    expect(problem.reason).toBe("folder-not-writable");
    expect(problem.remedy).toBe("Choose a path in a folder that this user may write to.");
  });

  test("a path that is a folder is refused", async () => {
    await mkdir(file);
    expect((await problemOf(file)).reason).toBe("file-not-writable");
  });
});

// Child processes and flushed files: on a busy machine they take their time.
describe("one process per file", { timeout: 60_000 }, () => {
  test("a second process is refused and told which one is first", async () => {
    const database = await openSqliteDatabase(file);
    const second = openElsewhere(file);
    const [said] = (await once(second.stdout, "data")) as [Buffer];
    expect(String(said)).toBe(
      `The store ${file} is in use by another process (pid ${process.pid}). ` +
        "Stop that one first, or give this one a store of its own.",
    );
    await once(second, "close");
    await database.destroy();
  });

  test("the first one's end, even by kill -9, lets the next one in", async () => {
    const first = openElsewhere(file);
    const [said] = (await once(first.stdout, "data")) as [Buffer];
    expect(String(said)).toBe("open");
    const problem = await problemOf(file);
    expect(problem.reason).toBe("in-use");
    expect(problem.message).toContain(`(pid ${first.pid})`);
    first.kill("SIGKILL");
    await once(first, "close");
    await (await openSqliteDatabase(file)).destroy();
  });

  test("closing lets the next one in, and a reader was never shut out", async () => {
    const database = await openSqliteDatabase(file);
    expect((await problemOf(file)).reason).toBe("in-use");
    const reader = new DatabaseSync(file, { readOnly: true });
    expect(reader.prepare("SELECT count(*) AS n FROM operations").get()).toEqual({ n: 0 });
    reader.close();
    await database.destroy();
    await (await openSqliteDatabase(file)).destroy();
  });

  test("a failed opening leaves no lock behind", async () => {
    await writeFile(file, "no database ".repeat(1_000));
    expect((await problemOf(file)).reason).toBe("not-a-database");
    await rm(file);
    await expect(openSqliteDatabase(file).then((database) => database.destroy())).resolves.toBeUndefined();
  });
});

describe("migrations", () => {
  const second: Migration = { name: "9999-second", statements: () => ["create table extra (n bigint not null)"] };

  test("the list is in order and no name stands there twice", () => {
    const names = migrations.map((migration) => migration.name);
    expect(names).toEqual([...new Set(names)].sort());
  });

  test("run once, in order, and add what is new", async () => {
    await (await openSqliteDatabase(file)).destroy();
    const database = await openSqliteDatabase(file);
    await migrate(database, { dialect: "sqlite", path: file, migrations: [...migrations, second] });
    const { rows } = await sql<{ name: string }>`select name from trimtab_migrations order by name`.execute(database);
    expect(rows.map((row) => row.name)).toEqual([...migrations, second].map((migration) => migration.name));
    expect((await sql`select * from extra`.execute(database)).rows).toEqual([]);
    await database.destroy();
  });

  test("a store of a newer program is refused with the remedy", async () => {
    const database = await openSqliteDatabase(file);
    await migrate(database, { dialect: "sqlite", path: file, migrations: [...migrations, second] });
    await database.destroy();
    const problem = await problemOf(file);
    expect(problem.reason).toBe("newer-version");
    expect(problem.message).toContain('its tables have "9999-second", unknown here');
    expect(problem.remedy).toBe("Run that version, or restore a backup from before the upgrade.");
  });

  test("a migration that was changed after it ran is noticed", async () => {
    const database = await openSqliteDatabase(file);
    const changed = migrations.map((migration, index) =>
      index > 0 ? migration : { name: migration.name, statements: () => ["create table other (n bigint)"] },
    );
    await expect(migrate(database, { dialect: "sqlite", path: file, migrations: changed })).rejects.toThrow(
      `was built with other statements of the migration "0001-first"`,
    );
    await database.destroy();
  });

  test("one that fails half way leaves nothing of itself or of its neighbours", async () => {
    const database = await openSqliteDatabase(file);
    const broken: Migration = {
      name: "9999-third",
      statements: () => ["create table half (n bigint)", "create nonsense"],
    };
    const failing = migrate(database, { dialect: "sqlite", path: file, migrations: [...migrations, second, broken] });
    await expect(failing).rejects.toThrow("nonsense");
    await database.destroy();
    const reopened = await openSqliteDatabase(file); // it would be refused as newer if "9999-second" had stayed
    await expect(sql`select * from half`.execute(reopened)).rejects.toThrow("no such table");
    await reopened.destroy();
  });
});

describe("for reading", () => {
  test("a store is opened beside the one that writes, and refuses to write", async () => {
    const writer = await openSqliteDatabase(file);
    const reader = await openSqliteForReading(file);
    await sql`insert into policies (policy_hash, policy) values ('a', '{}')`.execute(writer);
    expect((await reader.selectFrom("policies").selectAll().execute()).length).toBe(1);
    await expect(sql`delete from policies`.execute(reader)).rejects.toThrow("readonly");
    await reader.destroy();
    await writer.destroy();
  });

  test("what is not there is not created, and what an older program wrote is not migrated", async () => {
    const absent = await openSqliteForReading(file).catch((error: unknown) => error);
    expect(absent).toMatchObject({
      reason: "failed",
      message: expect.stringContaining("is not there. A controller creates it"),
    });
    const writer = await openSqliteDatabase(file);
    await sql`delete from trimtab_migrations where name = ${migrations.at(-1)?.name}`.execute(writer);
    await writer.destroy();
    const older = await openSqliteForReading(file).catch((error: unknown) => error);
    expect(older).toMatchObject({
      reason: "older-version",
      message: expect.stringContaining("Start the controller once"),
    });
  });
});

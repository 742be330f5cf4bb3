import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeActStore } from "./act-store-contract.ts";
import { createActStore } from "./act-store-sql.ts";
import { describeDeclarationStore } from "./declaration-store-contract.ts";
import { createDeclarationStore } from "./declaration-store-sql.ts";
import { describeDeliveryStore, SAMPLE_ADDRESSEES } from "./delivery-store-contract.ts";
import { createDeliveryStore } from "./delivery-store-sql.ts";
import { describeFeedbackStore } from "./feedback-store-contract.ts";
import { createFeedbackStore } from "./feedback-store-sql.ts";
import { describeLeaseStore } from "./lease-store-contract.ts";
import { migrations } from "./migrations/migrations.ts";
import { describeOutcomeStore } from "./outcome-store-contract.ts";
import { createOutcomeStore } from "./outcome-store-sql.ts";
import { describePostgres, openPostgresDatabase } from "./postgres-dialect.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.test.support.ts";
import { describeRecordStore } from "./record-store-contract.ts";
import { createRecordStore } from "./record-store-sql.ts";
import { createSqlStore } from "./sql-store.ts";
import { describeStore } from "./store-contract.ts";
import { isStoreFailure } from "./store-failure.ts";
import type { StoreOpenError } from "./store-open-error.ts";
import { describeSuggestionStore } from "./suggestion-store-contract.ts";
import { createSuggestionStore } from "./suggestion-store-sql.ts";
import type { SqlDatabase } from "./tables.ts";
import { describeTrendStore } from "./trend-store-contract.ts";
import { createTrendStore } from "./trend-store-sql.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop(), 60_000);

/** An empty database, and how it is opened again. */
async function emptyDatabase(): Promise<{ url: string; open: () => Promise<SqlDatabase> }> {
  const url = await server.emptyDatabase();
  return { url, open: () => openPostgresDatabase({ url, maximumConnections: 4 }) };
}

const NAME = "The SQL store on PostgreSQL";

describeStore(NAME, async () => {
  const { open } = await emptyDatabase();
  let store = createSqlStore(await open());
  return {
    store,
    async reopen() {
      await store.close();
      store = createSqlStore(await open());
      return store;
    },
    remove: () => store.close(),
  };
});

describeActStore(NAME, async () => {
  const database = await (await emptyDatabase()).open();
  const store = createSqlStore(database);
  return { store, acts: createActStore(database), remove: () => store.close() };
});

describeDeliveryStore(NAME, async () => {
  const database = await (await emptyDatabase()).open();
  const store = createSqlStore(database, undefined, SAMPLE_ADDRESSEES);
  return {
    store,
    acts: createActStore(database),
    suggestions: createSuggestionStore(database, undefined, SAMPLE_ADDRESSEES),
    deliveries: createDeliveryStore(database),
    remove: () => store.close(),
  };
});

describeFeedbackStore(NAME, async () => {
  const { open } = await emptyDatabase();
  const opened = async () => {
    const database = await open();
    return { store: createSqlStore(database), feedback: createFeedbackStore(database) };
  };
  let current = await opened();
  return {
    ...current,
    async reopen() {
      await current.store.close();
      current = await opened();
      return current;
    },
    remove: () => current.store.close(),
  };
});

describeSuggestionStore(NAME, async () => {
  const database = await (await emptyDatabase()).open();
  return {
    feedback: createFeedbackStore(database),
    suggestions: createSuggestionStore(database),
    remove: () => database.destroy(),
  };
});

describeRecordStore(NAME, async () => {
  const { open } = await emptyDatabase();
  let database = await open();
  return {
    records: createRecordStore(database),
    async reopen() {
      await database.destroy();
      database = await open();
      return createRecordStore(database);
    },
    remove: () => database.destroy(),
  };
});

describeOutcomeStore(NAME, async (maximumCells) => {
  const { open } = await emptyDatabase();
  let database = await open();
  return {
    outcomes: createOutcomeStore(database, { maximumCells }),
    async reopen() {
      await database.destroy();
      database = await open();
      return createOutcomeStore(database, { maximumCells });
    },
    remove: () => database.destroy(),
  };
});

describeDeclarationStore(NAME, async () => {
  const { open } = await emptyDatabase();
  let database = await open();
  return {
    declarations: createDeclarationStore(database),
    async reopen() {
      await database.destroy();
      database = await open();
      return createDeclarationStore(database);
    },
    remove: () => database.destroy(),
  };
});

describeTrendStore(NAME, async () => {
  const database = await (await emptyDatabase()).open();
  const store = createSqlStore(database);
  return { store, trends: createTrendStore(database), remove: () => store.close() };
});

describeLeaseStore(NAME, async () => {
  const { open } = await emptyDatabase();
  const database = await open();
  return { database, another: open, remove: () => database.destroy() };
});

describe("opening", () => {
  const failure = (url: string): Promise<StoreOpenError> =>
    openPostgresDatabase({ url }).then(
      () => expect.unreachable("it opened"),
      (error: StoreOpenError) => error,
    );

  test("several processes at once migrate once", async () => {
    const { open } = await emptyDatabase();
    const opened = await Promise.all(Array.from({ length: 5 }, open));
    const [database] = opened;
    if (database === undefined) throw new Error("nothing was opened");
    const { rows } = await sql<{ name: string }>`select name from trimtab_migrations order by name`.execute(database);
    expect(rows.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name));
    for (const each of opened) await each.destroy();
  });

  test("a server that is not there is told with what to do, and without the password", async () => {
    const error = await failure("postgres://ann:s3cret@127.0.0.1:1/trimtab");
    expect(error).toMatchObject({ code: "STORE_OPEN_FAILED", reason: "unreachable" });
    expect(error.message).toContain("PostgreSQL 127.0.0.1:1/trimtab cannot be used");
    expect(error.message).toContain("Is the server running");
    expect(error.message).not.toContain("s3cret");
  });

  test("a database or schema that is not there is told with what to do", async () => {
    const missing = new URL(server.url);
    missing.pathname = "/nowhere";
    expect((await failure(missing.href)).message).toMatch(/createdb/);
    const schema = new URL(server.url);
    schema.searchParams.set("options", "-csearch_path=nowhere");
    expect(await failure(schema.href)).toMatchObject({ reason: "refused" });
  });

  test("tables of another program are left alone", async () => {
    const { url } = await emptyDatabase();
    const strange = await openPostgresDatabase({ url });
    await sql`drop table trimtab_migrations`.execute(strange);
    await strange.destroy();
    expect(await failure(url)).toMatchObject({ reason: "another-program" });
  });

  test("a newer version's tables are refused", async () => {
    const { url, open } = await emptyDatabase();
    const database = await open();
    await sql`insert into trimtab_migrations (name, checksum, applied_at) values ('9999-later', 'x', 0)`.execute(
      database,
    );
    await database.destroy();
    expect(await failure(url)).toMatchObject({ reason: "newer-version" });
  });

  test("an address is told without its user and password", () => {
    expect(describePostgres("postgres://ann:s3cret@db.example:5432/trimtab?sslmode=require")).toBe(
      "PostgreSQL db.example:5432/trimtab",
    );
  });
});

test("what people did can be neither changed nor removed, by whatever statement", async () => {
  const database = await (await emptyDatabase()).open();
  const acts = createActStore(database);
  await acts.addAct({
    component: "shop",
    operation: "buy",
    id: "act-1",
    who: "ann",
    why: "sale",
    at: 1,
    kind: "freeze",
  });
  await expect(sql`update acts set who = 'bob'`.execute(database)).rejects.toThrow("acts can only grow");
  await expect(sql`delete from acts`.execute(database)).rejects.toThrow("acts can only grow");
  await database.destroy();
});

test("a session that stands still in a transaction is ended, and its locks with it", async () => {
  const { url, open } = await emptyDatabase();
  const database = await open();
  const patient = await openPostgresDatabase({ url });
  await sql`insert into leases (name, holder, term, expires_at) values ('x', 'a', 1, 0)`.execute(database);
  const held = Promise.withResolvers<void>();
  const paused = Promise.withResolvers<void>();
  const failure = database
    .transaction()
    .execute(async (inside) => {
      await sql`select * from leases where name = 'x' for share`.execute(inside);
      held.resolve();
      await paused.promise;
      await sql`select 1`.execute(inside);
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  await held.promise;
  await sql`update leases set holder = 'b' where name = 'x'`.execute(patient); // waits until the server has ended the other
  paused.resolve();
  expect(isStoreFailure(await failure)).toBe(true);
  await database.destroy();
  await patient.destroy();
}, 30_000);

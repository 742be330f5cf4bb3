/** What leases and the fence must keep, on every database. */
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type HeldLease, LeaseLostError } from "./fence.ts";
import { createLeaseStore, type LeaseStore } from "./lease-store.ts";
import { sampleCycle } from "./sample-cycles.ts";
import { createSqlStore } from "./sql-store.ts";
import { createSuggestionStore } from "./suggestion-store-sql.ts";
import type { SqlDatabase } from "./tables.ts";

/** A database to be tested. */
export interface LeasesUnderTest {
  readonly database: SqlDatabase;
  /** Opens it once more, as another process does. Absent where one process alone can have it. */
  another?(): Promise<SqlDatabase>;
  remove(): Promise<void>;
}

const LONG = 3_600_000;

/** Runs the suite against databases that `open` makes, each of them empty. */
export function describeLeaseStore(name: string, open: () => Promise<LeasesUnderTest>): void {
  describe(`${name} keeps the lease contract`, () => {
    let opened: LeasesUnderTest;
    let leases: LeaseStore;
    beforeEach(async () => {
      opened = await open();
      leases = createLeaseStore(opened.database);
    });
    afterEach(() => opened.remove());
    const expire = () => sql`update leases set expires_at = 0`.execute(opened.database);

    test("one holds it, renews it in the same term, and the next one has the next term", async () => {
      expect(await leases.readLease("lead")).toBeUndefined();
      const first = await leases.takeLease("lead", "a", LONG);
      expect(first).toEqual({ name: "lead", holder: "a", term: 1 });
      expect(await leases.takeLease("lead", "b", LONG)).toBeUndefined();
      expect(await leases.takeLease("lead", "a", LONG)).toEqual(first);
      await expire();
      expect(await leases.takeLease("lead", "b", LONG)).toEqual({ name: "lead", holder: "b", term: 2 });
      expect(await leases.takeLease("lead", "a", LONG)).toBeUndefined();
      const view = await leases.readLease("lead");
      expect(view).toMatchObject({ holder: "b", term: 2 });
      expect(view?.leftMilliseconds).toBeGreaterThan(LONG / 2);
      expect(view?.leftMilliseconds).toBeLessThanOrEqual(LONG);
    });

    test("leases of other names are others", async () => {
      await leases.takeLease("lead", "a", LONG);
      expect(await leases.takeLease("sweep", "b", LONG)).toMatchObject({ holder: "b", term: 1 });
    });

    test("what is released can be taken at once; a lease that was lost cannot be released", async () => {
      const first = (await leases.takeLease("lead", "a", LONG)) as HeldLease;
      await leases.releaseLease(first);
      const second = (await leases.takeLease("lead", "b", LONG)) as HeldLease;
      await leases.releaseLease(first);
      expect(await leases.takeLease("lead", "a", LONG)).toBeUndefined();
      expect(second.term).toBe(2);
    });

    test("of many who want it at once, one gets it", async () => {
      const takers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => leases.takeLease("lead", `p${index}`, LONG)),
      );
      expect(takers.filter((taken) => taken !== undefined)).toHaveLength(1);
    });

    test("cycles carry the term; a former leader can record, drop and process nothing", async () => {
      let current = await leases.takeLease("lead", "a", LONG);
      const store = createSqlStore(opened.database, () => current);
      const suggestions = createSuggestionStore(opened.database, () => current);
      await store.recordCycle(sampleCycle(1));
      await expire();
      await leases.takeLease("lead", "b", LONG);
      await expect(store.recordCycle(sampleCycle(2))).rejects.toThrow(LeaseLostError);
      await expect(store.dropCyclesBefore(Number.MAX_SAFE_INTEGER)).rejects.toThrow(LeaseLostError);
      await expect(suggestions.recordProcessing([], [], 1)).rejects.toThrow(LeaseLostError);
      current = undefined;
      await expect(store.recordCycle(sampleCycle(2))).rejects.toThrow("does not lead");
      const rows = await opened.database.selectFrom("cycles").select(["cycle", "term"]).execute();
      expect(rows).toEqual([{ cycle: 1, term: 1 }]);
    });

    test("a holder whose time ran out may still write as long as nobody else leads", async () => {
      const lease = await leases.takeLease("lead", "a", LONG);
      await expire();
      await createSqlStore(opened.database, () => lease).recordCycle(sampleCycle(1));
      expect(await leases.takeLease("lead", "a", LONG)).toEqual(lease);
    });

    test("a write that has begun ends before another leads", async ({ skip }) => {
      if (opened.another === undefined) return skip("one process alone has this database");
      const other = await opened.another();
      const lease = await leases.takeLease("lead", "a", LONG);
      await expire();
      const events: string[] = [];
      let taking: Promise<unknown> = Promise.resolve();
      await opened.database.transaction().execute(async (transaction) => {
        const { holdLease } = await import("./fence.ts");
        await holdLease(transaction, () => lease);
        taking = createLeaseStore(other)
          .takeLease("lead", "b", LONG)
          .then(() => events.push("another leads"));
        // Whether it waits shows in the server's own list of locks.
        const waits = async (): Promise<boolean> =>
          (await sql`select 1 from pg_locks where not granted`.execute(transaction)).rows.length > 0;
        while (!(await waits())) await new Promise((resolve) => setImmediate(resolve));
        events.push("the write ends");
      });
      await taking;
      expect(events).toEqual(["the write ends", "another leads"]);
      await other.destroy();
    });
  });
}

/** What every store of individual operations must keep. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordFilter, RecordStore, StoredRecord } from "./record-store.ts";
import { FIRST_CYCLE_AT } from "./sample-cycles.ts";
import { InvalidCursorError } from "./store.ts";

/** A store, and how it is opened again and removed. */
export interface RecordStoreUnderTest {
  readonly records: RecordStore;
  /** Closes the store and opens what it has kept. Absent where nothing outlives the process. */
  reopen?(): Promise<RecordStore>;
  remove(): Promise<void>;
}

const shop: RecordFilter = { component: "shop" };

/** A call of `shop/checkout`, 1 s after the one before it. */
function sampleRecord(number: number, changes: Partial<StoredRecord> = {}): StoredRecord {
  return {
    id: `record-${number}`,
    component: "shop",
    operation: "checkout",
    context: { genre: "rock" },
    variant: "v-k7xq2sh5ta",
    outcome: "success",
    at: FIRST_CYCLE_AT + number * 1_000,
    ...changes,
  };
}

const samples = (from: number, to: number, changes: Partial<StoredRecord> = {}): StoredRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => sampleRecord(from + index, changes));

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeRecordStore(name: string, open: () => Promise<RecordStoreUnderTest>): void {
  describe(`${name} keeps the contract of individual operations`, { timeout: 60_000 }, () => {
    let opened: RecordStoreUnderTest;
    let records: RecordStore;
    beforeEach(async () => {
      opened = await open();
      ({ records } = opened);
    });
    afterEach(() => opened.remove());

    const ids = async (filter: RecordFilter, limit = 1_000): Promise<string[]> =>
      (await records.listRecords(filter, { limit })).items.map(({ id }) => id);

    test("a record reads back as it came, with everything that was measured", async () => {
      const record = sampleRecord(1, {
        context: { genre: 'hard "rock"', mood: "wild\\🎸" },
        outcome: "failure",
        durationMilliseconds: 12.5,
        quality: 0.25,
        cost: { usd: 0.002, tokens: 812 },
        errorType: "TimeoutError",
      });
      await records.addRecords([record, sampleRecord(0)]);
      if (opened.reopen !== undefined) records = await opened.reopen();
      expect((await records.listRecords(shop, { limit: 10 })).items).toEqual([record, sampleRecord(0)]);
    });

    test("a record that is sent again stays one; the same id in another component is another", async () => {
      await records.addRecords([sampleRecord(1), sampleRecord(1)]);
      await records.addRecords([sampleRecord(1, { outcome: "failure" }), sampleRecord(1, { component: "store" })]);
      const { items } = await records.listRecords(shop, { limit: 10 });
      expect(items).toEqual([sampleRecord(1)]);
      expect(await ids({ component: "store" })).toEqual(["record-1"]);
      expect(await records.listRecordedComponents()).toEqual(["shop", "store"]);
    });

    test("a context fits by its keys and whole values, and by nothing that only looks like them", async () => {
      await records.addRecords([
        sampleRecord(1, { context: { genre: "rock", mood: "calm" } }),
        sampleRecord(2, { context: { genre: "rock" } }),
        sampleRecord(3, { context: { genre: "Rock" } }),
        sampleRecord(4, { context: { genre: "rocket" } }),
        sampleRecord(5, { context: { subgenre: "rock", note: '"genre":"rock"' } }),
        sampleRecord(6, { context: { mood: "rock", genre: "mood" } }),
        sampleRecord(7, { operation: "browse" }),
      ]);
      expect(await ids({ ...shop, context: { genre: "rock" } })).toEqual(["record-7", "record-2", "record-1"]);
      expect(await ids({ ...shop, context: { mood: "calm", genre: "rock" } })).toEqual(["record-1"]);
      expect(await ids({ ...shop, operation: "browse", context: { genre: "rock" } })).toEqual(["record-7"]);
      expect(await ids({ ...shop, context: { note: '"genre":"rock"' } })).toEqual(["record-5"]);
      expect(await ids({ ...shop, context: { genre: "%" } })).toEqual([]);
    });

    test("the newest come first whatever the order of their arrival, page by page, also within one millisecond", async () => {
      await records.addRecords(samples(4, 6));
      await records.addRecords(samples(1, 3, { at: FIRST_CYCLE_AT }));
      await records.addRecords([sampleRecord(9, { context: { genre: "jazz" } })]);
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const request = cursor === undefined ? { limit: 4 } : { limit: 4, cursor };
        const page = await records.listRecords({ ...shop, context: { genre: "rock" } }, request);
        found.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(found).toEqual([6, 5, 4, 3, 2, 1].map((number) => `record-${number}`));
      const { nextCursor = "" } = await records.listRecords(shop, { limit: 1 });
      const misused = records.listRecords({ ...shop, operation: "browse" }, { limit: 1, cursor: nextCursor });
      await expect(misused).rejects.toThrow(InvalidCursorError);
    });

    test("the oldest of a component are dropped, exactly down to the bound, however many they are", async () => {
      await records.addRecords(samples(1, 1_204));
      await records.addRecords(samples(1, 3, { component: "store" }));
      expect(await records.dropOldRecords("shop", 2_000)).toBe(0);
      expect(await records.dropOldRecords("shop", 5)).toBe(1_199);
      if (opened.reopen !== undefined) records = await opened.reopen();
      expect(await ids(shop)).toEqual([1204, 1203, 1202, 1201, 1200].map((number) => `record-${number}`));
      expect(await ids({ component: "store" })).toHaveLength(3);
      expect(await records.dropOldRecords("shop", 5)).toBe(0);
    });
  });
}

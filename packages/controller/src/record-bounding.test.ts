import { createRecordStore, openSqliteDatabase, type RecordStore, type StoredRecord, silentLog } from "@trimtab/engine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRecordBounding } from "./record-bounding.ts";

let store: RecordStore;
let close: () => Promise<void>;
beforeEach(async () => {
  const database = await openSqliteDatabase(":memory:");
  store = createRecordStore(database);
  close = () => database.destroy();
});
afterEach(() => close());

const records = (component: string, from: number, to: number): StoredRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    id: `${from + index}`.padStart(4, "0"),
    component,
    operation: "checkout",
    context: {},
    variant: "unknown",
    outcome: "success",
    at: from + index,
  }));

const kept = async (component: string): Promise<number[]> =>
  (await store.listRecords({ component }, { limit: 1_000 })).items.map(({ at }) => at);

describe("the bound of individual operations", () => {
  test("holds for each component by itself, also where more arrive while it is drawn", async () => {
    const bounding = createRecordBounding({ store, keep: () => 3, log: silentLog });
    await store.addRecords([...records("shop", 1, 600), ...records("store", 1, 2)]);
    bounding.start(["shop", "store"]);
    await store.addRecords(records("shop", 601, 610));
    bounding.start(["shop"]);
    await expect.poll(() => kept("shop")).toEqual([610, 609, 608]);
    await bounding.stop();
    expect(await kept("store")).toEqual([2, 1]);
  });

  test("is drawn anew for everything that is kept when it has become smaller", async () => {
    let keep = 5;
    const bounding = createRecordBounding({ store, keep: () => keep, log: silentLog });
    await store.addRecords([...records("shop", 1, 9), ...records("store", 1, 9)]);
    bounding.startAll();
    await expect.poll(() => kept("store")).toEqual([9, 8, 7, 6, 5]);
    keep = 1;
    bounding.startAll();
    await expect.poll(async () => [await kept("shop"), await kept("store")]).toEqual([[9], [9]]);
    await bounding.stop();
  });

  test("survives a store that fails, tells it, and is drawn with the next records", async () => {
    const told: string[] = [];
    const failing: RecordStore = {
      ...store,
      dropOldRecords: (component, keep) =>
        told.length === 0 ? Promise.reject(new Error("disk full")) : store.dropOldRecords(component, keep),
    };
    const log = { ...silentLog, error: (message: string) => void told.push(message) };
    const bounding = createRecordBounding({ store: failing, keep: () => 1, log });
    await store.addRecords(records("shop", 1, 4));
    bounding.start(["shop"]);
    await expect.poll(() => told).toEqual(["old records could not be dropped"]);
    bounding.start(["shop"]);
    await expect.poll(() => kept("shop")).toEqual([4]);
    await bounding.stop();
    await store.addRecords(records("shop", 5, 6));
    bounding.start(["shop"]);
    await bounding.stop();
    expect(await kept("shop")).toEqual([6, 5, 4]);
  });
});

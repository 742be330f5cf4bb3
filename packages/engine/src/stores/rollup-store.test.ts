import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Counters, RollupCell, RollupRound, RollupStore } from "./rollup-store.ts";
import { createRollupStore } from "./rollup-store-sql.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";
import type { SqlDatabase } from "./tables.ts";

const ADDRESS = "http://127.0.0.1:9464/metrics";
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Ends an hour and a minute. */
const T = 1_000 * DAY;

const key = { component: "shop", operation: "price" };
const cell = (variant: string): RollupCell => ({
  ...key,
  variant,
  context: { genre: "rock" },
  bounds: { duration: [1] },
});

let database: SqlDatabase;
let store: RollupStore;
beforeEach(async () => {
  database = await openSqliteDatabase(":memory:");
  store = createRollupStore(database);
  await store.openTargets([ADDRESS], T - 40 * DAY);
});
afterEach(() => database.destroy());

/** A round in which one cell of the only page grew. */
function round(slot: number, increments: Counters, more: Partial<RollupRound["pages"][number]> = {}): RollupRound {
  const changed = [{ cell: cell("base-a"), firstSlot: T - 40 * DAY, counters: { calls: slot, errors: 0 } }];
  return {
    slot,
    pages: [{ address: ADDRESS, changed, ...more }],
    increments: [{ cell: cell("base-a"), increments }],
  };
}

async function sum(from: number, to: number): Promise<Record<string, Counters>> {
  const sums = await store.sumIncrements(key, from, to);
  return Object.fromEntries(sums.map((found) => [found.cell.variant, found.increments]));
}

async function rows(): Promise<number> {
  const { rowCount } = await database
    .withTables<{ rollup_increments: { slot: number } }>()
    .selectFrom("rollup_increments")
    .select((by) => by.fn.countAll<number>().as("rowCount"))
    .executeTakeFirstOrThrow();
  return rowCount;
}

describe("a sum", () => {
  test("takes the slots after its start up to its end", async () => {
    for (let slot = 1; slot <= 6; slot++) await store.recordRound(round(T + slot * SECOND, { calls: 10 ** slot }));
    expect(await sum(T + 2 * SECOND, T + 4 * SECOND)).toEqual({ "base-a": { calls: 11_000, errors: 0 } });
  });

  test("goes on past the rows that are read at once", async () => {
    for (let slot = 1; slot <= 60; slot++) {
      const increments = Array.from({ length: 150 }, (_, index) => ({
        cell: cell(`v-${index}`),
        increments: { calls: 1 },
      }));
      await store.recordRound({ slot: T + slot * SECOND, pages: [], increments });
    }
    const sums = await store.sumIncrements(key, T, T + 60 * SECOND);
    expect(sums).toHaveLength(150);
    expect(sums.every(({ increments }) => increments["calls"] === 60)).toBe(true);
  });

  test("has a cell that stood still, and none whose series were gone or not yet there", async () => {
    const standing = { cell: cell("still"), firstSlot: T + 2 * SECOND, counters: { calls: 7 } };
    await store.recordRound({ ...round(T + SECOND, {}), increments: [] });
    await store.recordRound({
      slot: T + 2 * SECOND,
      pages: [{ address: ADDRESS, changed: [standing] }],
      increments: [],
    });
    await store.recordRound({ slot: T + 3 * SECOND, pages: [{ address: ADDRESS, changed: [] }], increments: [] });
    const gone = { ...standing, endedAt: T + 3 * SECOND };
    await store.recordRound({ slot: T + 4 * SECOND, pages: [{ address: ADDRESS, changed: [gone] }], increments: [] });
    expect(Object.keys(await sum(T, T + SECOND))).toEqual(["base-a"]);
    expect(await sum(T + 2 * SECOND, T + 3 * SECOND)).toEqual({
      "base-a": { calls: 0, errors: 0 },
      still: { calls: 0 },
    });
    expect(Object.keys(await sum(T + 3 * SECOND, T + 4 * SECOND))).toEqual(["base-a"]);
    expect(await sum(T + 4 * SECOND, T + 9 * SECOND)).toEqual({});
  });
});

describe("a round", () => {
  test("is recorded whole or not at all: the same slot twice changes nothing", async () => {
    await store.recordRound(round(T, { calls: 1 }));
    await expect(store.recordRound(round(T, { calls: 1 }))).rejects.toThrow("UNIQUE");
    const infinite = { ...round(T + SECOND, { calls: Number.POSITIVE_INFINITY }) };
    await expect(store.recordRound(infinite)).rejects.toThrow("Infinity");
    expect(await sum(0, T + DAY)).toEqual({ "base-a": { calls: 1, errors: 0 } });
    expect(await store.lastPageAt()).toBe(T);
  });

  test("is found again by who opens the store later", async () => {
    await store.recordRound(round(T, { calls: 1 }, { processStart: 1_234.5 }));
    const [target] = await createRollupStore(database).openTargets([ADDRESS], T + HOUR);
    expect(target).toEqual({
      address: ADDRESS,
      watchedSince: T - 40 * DAY,
      processStart: 1_234.5,
      lastPageAt: T,
      cells: [{ cell: cell("base-a"), firstSlot: T - 40 * DAY, counters: { calls: T, errors: 0 } }],
    });
    expect(await store.listOperations()).toEqual([key]);
  });
});

describe("folding", () => {
  /** A row each second for a minute, and each ten minutes for the days before. */
  async function fill(): Promise<number> {
    let total = 0;
    for (let slot = T - 3 * DAY; slot <= T; slot += 10 * MINUTE) {
      await store.recordRound(round(slot, { calls: 1 }));
      total++;
    }
    for (let slot = T + SECOND; slot <= T + MINUTE; slot += SECOND) {
      await store.recordRound(round(slot, { calls: 1 }));
      total++;
    }
    return total;
  }

  test("keeps every count, and each in one row", async () => {
    const total = await fill();
    const before = await rows();
    for (const now of [T + MINUTE, T + MINUTE, T + 3 * HOUR, T + 3 * HOUR]) {
      await store.compact(now);
      expect(await sum(0, T + DAY)).toEqual({ "base-a": { calls: total, errors: 0 } });
    }
    // The last minute is one row now; of the three days, the first is hours: 24 rows instead of 144.
    expect(await rows()).toBeLessThanOrEqual(before - 59 - 114);
    for (let day = 1; day < 30; day++) await store.compact(T + day * DAY);
    expect(await sum(0, T + DAY)).toEqual({ "base-a": { calls: total, errors: 0 } });
    expect(await rows()).toBe(3 * 24 + 2); // an hour each, and the two that the ends begin
  });

  test("keeps sums exact whose ends are ends of minutes, and later of hours", async () => {
    await fill();
    await store.compact(T + 3 * HOUR);
    expect(await sum(T, T + MINUTE)).toEqual({ "base-a": { calls: 60, errors: 0 } });
    expect(await sum(T - 2 * DAY - 6 * HOUR, T - 2 * DAY - HOUR)).toEqual({ "base-a": { calls: 30, errors: 0 } });
  });

  test("drops what is older than a month, and cells that have nothing left", async () => {
    await store.recordRound(round(T, { calls: 1 }));
    const gone = { cell: cell("base-a"), firstSlot: T, endedAt: T, counters: { calls: 1 } };
    await store.recordRound({ slot: T + SECOND, pages: [{ address: ADDRESS, changed: [gone] }], increments: [] });
    await store.compact(T + 31 * DAY);
    expect(await sum(T - 1, T + HOUR)).toEqual({ "base-a": { calls: 1 } });
    await store.compact(T + 33 * DAY);
    expect([await rows(), await store.listOperations()]).toEqual([0, []]);
    await store.recordRound(round(T + 33 * DAY, { calls: 5 })); // an id that was given up is not used again
    expect(await sum(T + 32 * DAY, T + 34 * DAY)).toEqual({ "base-a": { calls: 5, errors: 0 } });
  });
});

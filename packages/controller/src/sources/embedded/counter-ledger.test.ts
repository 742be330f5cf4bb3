import { describe, expect, test } from "vitest";
import { type LedgerCell, readIncrements, type TargetLedger } from "./counter-ledger.ts";
import { cellKey, type PageReading } from "./page-reading.ts";

const LOOK_BACK = 300_000;
const cell = { component: "shop", operation: "price", variant: "base-a", context: {}, bounds: {} };
const key = cellKey(cell);

function page(calls: number | undefined, processStart?: number): PageReading {
  const cells = new Map(calls === undefined ? [] : [[key, { cell, counters: { "calls.success": calls } }]]);
  return { cells, ...(processStart === undefined ? {} : { processStart }) };
}

function ledger(known: Partial<LedgerCell> | undefined, rest: Partial<TargetLedger> = {}): TargetLedger {
  const cells = new Map<string, LedgerCell>();
  if (known !== undefined) cells.set(key, { cell, firstSlot: 10_000, counters: { "calls.success": 100 }, ...known });
  return { watchedSince: 0, processStart: 5, lastPageAt: 60_000, cells, ...rest };
}

function grownBy(before: TargetLedger, now: PageReading, slot = 75_000): number {
  return readIncrements(before, now, slot, LOOK_BACK).increments.get(key)?.increments["calls.success"] ?? 0;
}

describe("what a counter grew by", () => {
  test("is the difference in a living process", () => {
    expect(grownBy(ledger({}), page(107, 5))).toBe(7);
  });

  test("is the difference also across missing pages, however long", () => {
    expect(grownBy(ledger({}), page(107, 5), 7_200_000)).toBe(7);
  });

  test("is all of it when the counter was born in a process that was read before", () => {
    expect(grownBy(ledger(undefined), page(3, 5))).toBe(3);
  });

  test("is all of it after a restart, when it is lower than before and when it has grown past it", () => {
    expect(grownBy(ledger({}), page(22, 70))).toBe(22);
    expect(grownBy(ledger({}), page(130, 70))).toBe(130);
  });

  test("is all of it when it went down in a process without a start time", () => {
    const { processStart: _, ...anonymous } = ledger({});
    expect(grownBy(anonymous, page(22))).toBe(22);
  });

  test("is nothing on the first page of a process that is older than the watch", () => {
    const { lastPageAt: _, ...unread } = ledger(undefined, { watchedSince: 50_000 });
    expect(grownBy(unread, page(1_000_000, 49))).toBe(0);
    expect(grownBy(unread, page(1_000_000))).toBe(0);
  });

  test("is all of it on the first page of a process that started under the watch", () => {
    const { lastPageAt: _, ...unread } = ledger(undefined, { watchedSince: 50_000 });
    expect(grownBy(unread, page(25, 50))).toBe(25);
  });

  test("goes on from where it was when a vanished counter comes back soon, and begins anew after the look-back", () => {
    expect(grownBy(ledger({ endedAt: 60_000 }), page(107, 5), 300_000)).toBe(7);
    expect(grownBy(ledger({ endedAt: 60_000 }), page(107, 5), 400_000)).toBe(107);
  });

  test("is nothing for a cell that was left out of earlier pages", () => {
    expect(grownBy(ledger(undefined), { ...page(1_000, 5), metLate: new Set([key]) })).toBe(0);
  });

  test("is told as no number while the counter is NaN, and goes on from where it was", () => {
    const broken = readIncrements(ledger({}), page(Number.NaN, 5), 75_000, LOOK_BACK);
    expect(broken.increments.get(key)?.increments).toEqual({ "not-a-number.calls.success": 1 });
    expect(grownBy(ledger({}), page(109, 5), 90_000)).toBe(9);
  });
});

describe("what is remembered", () => {
  test("an unchanged counter needs no new row", () => {
    expect(readIncrements(ledger({}), page(100, 5), 75_000, LOOK_BACK).changed.size).toBe(0);
  });

  test("a cell that a page lacks ended with the page before", () => {
    const { changed } = readIncrements(ledger({}), page(undefined, 5), 75_000, LOOK_BACK);
    expect(changed.get(key)).toMatchObject({ endedAt: 60_000, counters: { "calls.success": 100 } });
  });
});

/** What every store of trends must keep, together with the cycles that write them. */

import { variantId } from "@trimtab/conventions";
import { type Measurements, type Reading, summarize } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sampleCycle } from "./sample-cycles.ts";
import type { CycleRecord, Store } from "./store.ts";
import type { TrendRetention, TrendStore } from "./trend-store.ts";
import { CONTEXTS_PER_HOUR } from "./trend-store-sql.ts";

/** Both stores on one database. */
export interface TrendStoreUnderTest {
  readonly store: Store;
  readonly trends: TrendStore;
  remove(): Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 3, 1);
const KEY = { component: "shop", operation: "checkout" };
const KEEP: TrendRetention = {
  hoursMilliseconds: 90 * DAY,
  contextHoursMilliseconds: 14 * DAY,
  daysMilliseconds: 800 * DAY,
};

/** A cycle whose window of a quarter of an hour ends at `to`: ten successes and one failure in each context. */
function cycleAt(cycle: number, to: number, genres: readonly string[] = ["rock"]): CycleRecord {
  const window = { from: to - HOUR / 4, to };
  const record = sampleCycle(cycle, { at: to + 1, window });
  const value: Measurements = {
    success: 10,
    failure: 1,
    partial: 0,
    duration: { bounds: [0.1, 1], counts: [5, 6, 0], sum: 3.3, count: 11 },
  };
  const reading: Reading<Measurements> = { kind: "value", value };
  return {
    ...record,
    evidence: {
      ...record.evidence,
      window,
      cells: {
        kind: "value",
        value: genres.map((genre) => ({ context: { genre }, variant: variantId({ temperature: 0.6 }), reading })),
      },
    },
  };
}

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeTrendStore(name: string, open: () => Promise<TrendStoreUnderTest>): void {
  describe(`${name} keeps the contract of trends`, { timeout: 120_000 }, () => {
    let opened: TrendStoreUnderTest;
    let store: Store;
    let trends: TrendStore;
    beforeEach(async () => {
      opened = await open();
      ({ store, trends } = opened);
    });
    afterEach(() => opened.remove());

    const whole = (from = 0, to = Number.MAX_SAFE_INTEGER) => trends.readTrend({ ...KEY, from, to });
    const rock = () => trends.readTrend({ ...KEY, context: { genre: "rock" }, from: 0, to: Number.MAX_SAFE_INTEGER });

    test("the windows of an hour are added up, each once", async () => {
      for (let quarter = 1; quarter <= 5; quarter++)
        await store.recordCycle(cycleAt(quarter, MIDNIGHT + (quarter * HOUR) / 4));
      const rows = await whole();
      expect(rows.map(({ from, to, sums }) => [from - MIDNIGHT, to - MIDNIGHT, sums.measurements.success])).toEqual([
        [0, HOUR, 40],
        [HOUR, 2 * HOUR, 10],
      ]);
      expect(rows[0]?.sums).toMatchObject({ measuredMilliseconds: HOUR });
      expect(summarize(rows.slice(0, 1).map(({ sums }) => sums.measurements))).toMatchObject({
        total: 44,
        successRate: { kind: "value", value: 10 / 11 },
      });
      expect((await rock())[0]?.sums.parameters).toEqual({ temperature: 0.6 });
    });

    test("a cycle that was not recorded is not in the trend", async () => {
      await store.recordCycle(cycleAt(1, MIDNIGHT + HOUR / 4));
      await expect(store.recordCycle(cycleAt(1, MIDNIGHT + HOUR / 4))).rejects.toThrow("does not follow");
      expect((await whole())[0]?.sums.measurements.success).toBe(10);
    });

    test("an hour that nobody could read has no row", async () => {
      const lost = cycleAt(1, MIDNIGHT + HOUR);
      const cells = { kind: "timeout", detail: "the source did not answer" } as const;
      await store.recordCycle({ ...lost, evidence: { ...lost.evidence, cells } });
      expect(await whole()).toEqual([]);
    });

    test("single contexts are bounded; the whole has all of them", async () => {
      const genres = Array.from({ length: CONTEXTS_PER_HOUR + 20 }, (_, index) => `genre-${index}`);
      await store.recordCycle(cycleAt(1, MIDNIGHT + HOUR / 4, genres));
      await store.recordCycle(cycleAt(2, MIDNIGHT + HOUR / 2, [...genres].reverse()));
      const known = await trends.listTrendContexts(KEY, 0);
      expect(known).toHaveLength(CONTEXTS_PER_HOUR);
      expect((await whole())[0]?.sums.measurements.success).toBe(2 * genres.length * 10);
      const first = await trends.readTrend({ ...KEY, context: known[0] ?? {}, from: 0, to: Number.MAX_SAFE_INTEGER });
      expect(first[0]?.sums.measurements.success).toBe(20);
    });

    test("old hours become days, then nothing; a sum over days is the same before and after", async () => {
      const last = MIDNIGHT + 3 * DAY;
      let cycle = 0;
      for (let to = MIDNIGHT + 6 * HOUR; to <= last; to += 6 * HOUR) await store.recordCycle(cycleAt(++cycle, to));
      const total = async () => (await whole()).reduce((sum, { sums }) => sum + sums.measurements.success, 0);
      const before = await total();
      expect(await whole()).toHaveLength(12);
      expect(await trends.foldTrends(KEEP, last)).toBe(0);

      expect(await trends.foldTrends({ ...KEEP, hoursMilliseconds: DAY }, last)).toBe(6);
      const rows = await whole();
      expect(rows.map(({ from, to }) => [(from - MIDNIGHT) / HOUR, (to - from) / HOUR])).toEqual([
        [0, 24],
        [24, 24],
        [53, 1],
        [59, 1],
        [65, 1],
        [71, 1],
      ]);
      expect(rows[0]?.sums.measuredMilliseconds).toBe(HOUR);
      expect(await total()).toBe(before);
      expect(await rock()).toHaveLength(12);
      expect(await trends.foldTrends({ ...KEEP, hoursMilliseconds: DAY }, last)).toBe(0);

      expect(await trends.foldTrends({ ...KEEP, contextHoursMilliseconds: DAY }, last)).toBe(6);
      expect(await rock()).toHaveLength(6);

      const short = { hoursMilliseconds: DAY, contextHoursMilliseconds: DAY, daysMilliseconds: DAY };
      expect(await trends.foldTrends(short, last + DAY)).toBe(10); // six hours to two days, four days dropped
      expect(await whole()).toHaveLength(1);
    });

    test("a late hour of a day that was folded is added to the day", async () => {
      await store.recordCycle(cycleAt(1, MIDNIGHT + HOUR));
      await store.recordCycle(cycleAt(2, MIDNIGHT + 2 * HOUR));
      await trends.foldTrends({ ...KEEP, hoursMilliseconds: DAY }, MIDNIGHT + 2 * DAY);
      await store.recordCycle(cycleAt(3, MIDNIGHT + HOUR));
      await trends.foldTrends({ ...KEEP, hoursMilliseconds: DAY }, MIDNIGHT + 2 * DAY);
      const rows = await whole();
      expect(rows).toHaveLength(1);
      expect(rows[0]?.sums.measurements.success).toBe(30);
    });

    test("operations and times are kept apart", async () => {
      await store.recordCycle(cycleAt(1, MIDNIGHT + HOUR));
      await store.recordCycle(cycleAt(2, MIDNIGHT + 3 * HOUR));
      expect(await whole(MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR)).toEqual([]);
      expect(await whole(MIDNIGHT, MIDNIGHT + 2 * HOUR)).toHaveLength(1);
      expect(
        await trends.readTrend({ component: "shop", operation: "browse", from: 0, to: Number.MAX_SAFE_INTEGER }),
      ).toEqual([]);
    });
  });
}

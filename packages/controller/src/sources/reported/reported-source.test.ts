import { canonicalJson } from "@trimtab/conventions";
import {
  type Counters,
  createOutcomeStore,
  type OutcomeStore,
  openSqliteDatabase,
  type ReportedOutcome,
  type RollupCell,
  type RollupStore,
} from "@trimtab/engine";
import { describeMetricSource } from "@trimtab/engine/metric-source-contract";
import { afterEach, expect, test } from "vitest";
import { createEmbeddedSource } from "../embedded-source.ts";
import { windowEnd } from "../look-back.ts";
import { outcomeIncrements, REPORTED_BOUNDS } from "./outcome-increments.ts";
import { createReportedSource } from "./reported-source.ts";

/**
 * Reports what scraped pages show, as a relay for services that only have a page would: what the counters grew by, round by round,
 * and zeros for cells that stand still. So the contract's pages reach the source by the store that reports are kept in.
 */
function relay(outcomes: OutcomeStore, startsAt: number, interval: number): RollupStore {
  const living = new Map<string, { cell: RollupCell; names: readonly string[] }>();
  const nothing = () => Promise.reject(new Error("a relay keeps nothing"));
  return {
    openTargets: (addresses) =>
      Promise.resolve(addresses.map((address) => ({ address, watchedSince: startsAt, cells: [] }))),
    lastPageAt: () => Promise.resolve(undefined),
    async recordRound({ slot, pages, increments }) {
      for (const { address, changed } of pages)
        for (const { cell, counters, endedAt } of changed) {
          const key = canonicalJson([address, cell.variant, cell.context, cell.bounds]);
          if (endedAt === undefined) living.set(key, { cell, names: Object.keys(counters) });
          else living.delete(key);
        }
      const read = new Set(pages.map(({ address }) => address));
      const still = [...living].filter(([key]) => read.has((JSON.parse(key) as string[])[0] ?? ""));
      const items = [
        ...still.map(([, { cell, names }]) => ({
          cell,
          increments: Object.fromEntries(names.map((name) => [name, 0])),
        })),
        ...increments,
      ].map(({ cell, increments: numbers }, index): ReportedOutcome => {
        return { id: `${slot}-${index}`, digest: "", endedAt: slot, cell, increments: numbers };
      });
      const additions = await outcomes.addOutcomes(items, {
        now: slot,
        oldest: 0,
        gridMilliseconds: interval,
        latestWindowEnd: startsAt - interval,
      });
      expect(new Set(additions)).toEqual(new Set(items.length === 0 ? [] : ["added"]));
    },
    sumIncrements: nothing,
    listOperations: nothing,
    compact: () => Promise.resolve(),
  };
}

describeMetricSource("the reported source", async ({ targets, intervalMilliseconds, startsAt }) => {
  const database = await openSqliteDatabase(":memory:");
  const outcomes = createOutcomeStore(database);
  let now = startsAt;
  const pages = createEmbeddedSource({
    targets,
    rollups: relay(outcomes, startsAt, intervalMilliseconds),
    scrapeIntervalMilliseconds: intervalMilliseconds,
    now: () => startsAt,
  });
  const source = createReportedSource({
    outcomes,
    gridMilliseconds: () => intervalMilliseconds,
    latenessMilliseconds: () => 3_600_000,
    now: () => now,
  });
  return {
    source,
    async scrape(instant) {
      now = instant + 2 * intervalMilliseconds;
      await pages.scrapeRound(instant);
    },
    settle: async () => {},
    async close() {
      await pages.close();
      await source.close();
      await database.destroy();
    },
  };
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const NOW = Date.UTC(2026, 10, 20, 10);
const key = { component: "batch", operation: "translate" };

async function sourceAt(now: () => number) {
  const database = await openSqliteDatabase(":memory:");
  const outcomes = createOutcomeStore(database);
  const source = createReportedSource({
    outcomes,
    gridMilliseconds: () => 1_000,
    latenessMilliseconds: () => 60_000,
    now,
  });
  closing.push(() => database.destroy());
  return { outcomes, source, database };
}

function reported(id: string, endedAt: number, increments: Counters): ReportedOutcome {
  const cell = { ...key, variant: "v-aaaaaaaaaa", context: { language: "de" }, bounds: REPORTED_BOUNDS };
  return { id, digest: id, endedAt, cell, increments };
}

test("everything that was measured of an operation is in the evidence", async () => {
  const { outcomes, source } = await sourceAt(() => NOW);
  const at = NOW - 3_000;
  const arrival = { now: at, oldest: 0, gridMilliseconds: 1_000, latestWindowEnd: windowEnd(at, 1_000) };
  await outcomes.addOutcomes(
    [
      reported("a", at, outcomeIncrements({ outcome: "success", duration: 0.25, quality: 0.75, cost: { usd: 0.5 } })),
      reported("b", at, outcomeIncrements({ outcome: "failure", duration: 1_000 })),
      reported("c", at, outcomeIncrements({ outcome: "partial", quality: 0, cost: { usd: 1 } })),
    ],
    arrival,
  );
  const { cells } = await source.readEvidence({ ...key, context: ["language"], window: { from: at - 1_000, to: at } });
  if (cells.kind !== "value") throw new Error(cells.detail);
  const [cell] = cells.value;
  if (cell?.reading.kind !== "value") throw new Error("no value");
  const { duration, quality, ...rest } = cell.reading.value;
  expect(rest).toEqual({ success: 1, failure: 1, partial: 1, cost: { usd: { sum: 1.5, squares: 1.25 } } });
  expect({ ...duration, bounds: [], counts: [] }).toEqual({
    bounds: [],
    counts: [],
    sum: 1_000.25,
    squares: 1_000_000.0625,
    count: 2,
  });
  expect(duration?.counts.at(-1)).toBe(1); // longer than every bound
  const place = duration?.bounds.findIndex((bound) => 0.25 <= bound) ?? -1;
  expect(duration?.counts[place]).toBe(1);
  expect(quality).toMatchObject({ sum: 0.75, squares: 0.5625, count: 2 });
  expect(
    quality?.counts.map((count, index) => [count, quality.bounds[index]]).filter(([count]) => count === 1),
  ).toEqual([
    [1, 0.05],
    [1, 0.75],
  ]);
});

test("neighbouring bounds of durations differ by a factor of 1.2 at most, as a limit of 1.2 x baseline needs", () => {
  const bounds = REPORTED_BOUNDS["duration"] ?? [];
  expect(bounds[0]).toBe(0.001);
  expect(bounds.at(-1)).toBe(600);
  expect(Math.max(...bounds.slice(1).map((bound, index) => bound / (bounds[index] ?? 1)))).toBeLessThanOrEqual(
    1.2 + 1e-9,
  );
});

test("a window that was read does not change, whoever read it", async () => {
  const { outcomes, source } = await sourceAt(() => NOW);
  const report = (id: string, endedAt: number, now: number) =>
    outcomes.addOutcomes([reported(id, endedAt, outcomeIncrements({ outcome: "success" }))], {
      now,
      oldest: 0,
      gridMilliseconds: 1_000,
      latestWindowEnd: windowEnd(now, 1_000),
    });
  const long = NOW - 60_000;
  await report("long ago", long, long);
  const window = { from: NOW - 5_000, to: NOW - 2_000 };
  const read = () => source.readEvidence({ ...key, context: [], window });
  expect((await read()).cells.kind).toBe("no-data");
  await report("late", NOW - 3_000, NOW);
  expect((await read()).cells.kind).toBe("no-data");
  // It was counted all the same, in the first window that was open.
  const next = await outcomes.sumOutcomes(key, NOW - 2_000, NOW - 1_000);
  expect(next[0]?.increments["calls.success"]).toBe(1);
});

test("a store that fails gives an error and no zero", async () => {
  const { source, database } = await sourceAt(() => NOW);
  closing.splice(0);
  await database.destroy();
  const window = { from: NOW - 5_000, to: NOW - 2_000 };
  expect((await source.readEvidence({ ...key, context: [], window })).cells.kind).toBe("error");
  expect((await source.discoverOperations(NOW, 1_000)).kind).toBe("error");
  expect((await source.inspect(NOW)).reachable.kind).toBe("error");
});

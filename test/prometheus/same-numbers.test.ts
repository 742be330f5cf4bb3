import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createEmbeddedSource } from "../../packages/controller/src/sources/embedded-source.ts";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { pageText, type ScriptedCell } from "../../packages/engine/src/sources/scripted-page.ts";
import { createRollupStore } from "../../packages/engine/src/stores/rollup-store-sql.ts";
import { openSqliteDatabase } from "../../packages/engine/src/stores/sqlite-dialect.ts";
import type { Evidence } from "../../packages/learning/src/evidence/evidence.ts";
import { RecordedScrapes } from "./recorded-scrapes.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

const INTERVAL = 15_000;
const SLOTS = 80;

let prometheus: TestPrometheus;
beforeAll(async () => {
  prometheus = await startTestPrometheus();
}, 120_000);
afterAll(() => prometheus.stop());

/** Whole numbers below `limit`, the same for the same seed (a linear congruential generator). */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * The pages of one target: variants that are born and retired, counts that grow, pages that fail, processes that restart.
 * Retired variants stay away, and a new process has its variants from its first page on.
 */
function inventPages(seed: number, startsAt: number, component: string): (string | undefined)[] {
  const below = numbersFrom(seed);
  const counters = new Map([["base-a", 1_000 + below(1_000)]]);
  const retired = new Set<string>();
  let processStart = startsAt / 1000 - 86_400;
  let downUntil = -1;
  return Array.from({ length: SLOTS }, (_, slot) => {
    const event = below(100);
    const variant = `v-${below(6)}`;
    if (event < 6 && !retired.has(variant)) counters.set(variant, counters.get(variant) ?? 0);
    else if (event < 9 && counters.delete(variant)) retired.add(variant);
    else if (event < 12) downUntil = slot + below(6);
    else if (event < 15 && slot > 0) {
      for (const name of counters.keys()) counters.set(name, 0);
      processStart = (startsAt + (slot - 0.5) * INTERVAL) / 1000;
    }
    for (const [name, value] of counters) counters.set(name, value + below(9));
    const cells = [...counters].map(([name, success]): ScriptedCell => {
      const failure = Math.floor(success / 2);
      const duration = { buckets: [[0.5, failure]] as const, sum: success / 4, count: success + failure };
      return { variant: name, success, failure, duration, cost: { usd: { sum: success / 2, squares: success / 8 } } };
    });
    return slot <= downUntil ? undefined : pageText(component, "price", { processStart, cells });
  });
}

interface BothCells {
  readonly embedded: Evidence["cells"];
  readonly asked: Evidence["cells"];
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function playToBoth(seed: number): Promise<(from: number, to: number) => Promise<BothCells>> {
  const component = `both-${process.pid}-${seed}`;
  const startsAt = Math.floor((Date.now() - (SLOTS + 4) * INTERVAL) / INTERVAL) * INTERVAL;
  const pages = [inventPages(seed, startsAt, component), inventPages(seed + 500, startsAt, component)];
  let slot = 0;
  const servers = await Promise.all(
    pages.map(async (list) => {
      const server = createServer((_request, response) => {
        response.statusCode = list[slot] === undefined ? 503 : 200;
        response.end(list[slot]);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const targets = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  const database = await openSqliteDatabase(":memory:");
  const source = createEmbeddedSource({
    targets,
    rollups: createRollupStore(database),
    scrapeIntervalMilliseconds: INTERVAL,
    now: () => startsAt,
  });
  const recorded = new RecordedScrapes(targets);
  for (; slot < SLOTS; slot++) {
    await source.scrapeRound(startsAt + slot * INTERVAL);
    await recorded.scrape(startsAt + slot * INTERVAL);
  }
  await recorded.write(prometheus.url);
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  const prometheusSource = createPrometheusSource({ url: prometheus.url, scrapeIntervalMilliseconds: INTERVAL });
  closing.push(() => database.destroy());
  return async (from, to) => {
    const window = { from: startsAt + from * INTERVAL, to: startsAt + to * INTERVAL };
    const request = { component, operation: "price", context: ["genre"], window };
    const [embedded, asked] = await Promise.all([source.readEvidence(request), prometheusSource.readEvidence(request)]);
    return { embedded: embedded.cells, asked: asked.cells };
  };
}

describe("both sources give the same evidence", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("of an invented history, number %i", async (seed) => {
    const read = await playToBoth(seed);
    const below = numbersFrom(seed + 1_000);
    for (let index = 0; index < 12; index++) {
      // From slot 6 on: what an old process did before a source first met it, each source guesses in its own way.
      const from = 6 + below(SLOTS - 11);
      const to = from + 4 + below(Math.min(56, SLOTS - 5 - from)); // longer ones are extrapolated through a restart
      const { embedded, asked } = await read(from, to);
      expect({ from, to, cells: asked }).toEqual({ from, to, cells: embedded });
    }
  });
});

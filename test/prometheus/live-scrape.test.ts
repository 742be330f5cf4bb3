import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEmbeddedSource } from "../../packages/controller/src/sources/embedded-source.ts";
import { evidenceQueries, targetsQuery } from "../../packages/controller/src/sources/prometheus/prometheus-queries.ts";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { pageText } from "../../packages/engine/src/sources/scripted-page.ts";
import { createRollupStore } from "../../packages/engine/src/stores/rollup-store-sql.ts";
import { openSqliteDatabase } from "../../packages/engine/src/stores/sqlite-dialect.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

const INTERVAL = 1_000;

/** A service whose counters grow with each page that is read of it, until it is told to stand still. */
let calls = 40;
let isGrowing = true;
const processStart = Math.floor(Date.now() / 1000);
const service = createServer((_request, response) => {
  if (isGrowing) calls += 3;
  const cell = {
    context: { genre: 'rock "n" roll' },
    success: calls,
    duration: { buckets: [[0.5, calls / 4]] as const, sum: calls / 8, count: calls },
  };
  response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
  response.end(pageText("shop", "price", { processStart, cells: [cell] }));
});

let prometheus: TestPrometheus;
let address: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(service.address() as AddressInfo).port}/metrics`;
  prometheus = await startTestPrometheus({ targets: [address], scrapeInterval: "1s" });
}, 120_000);
afterAll(async () => {
  await prometheus.stop();
  service.closeAllConnections();
  service.close();
});

/** Asks again until the answer is as wanted; the test's own time limit ends it. */
async function until<Value>(read: () => Promise<Value>, isWanted: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe("a page that a Prometheus and the embedded source read at the same time", () => {
  test("gives the same evidence from both, and what the page says", { timeout: 90_000 }, async () => {
    const startedAt = Math.floor(Date.now() / INTERVAL) * INTERVAL - 60_000; // both count a young process whole
    const database = await openSqliteDatabase(":memory:");
    const embedded = createEmbeddedSource({
      targets: [address],
      rollups: createRollupStore(database),
      scrapeIntervalMilliseconds: INTERVAL,
      now: () => startedAt,
    });
    const asked = createPrometheusSource({ url: prometheus.url });
    await embedded.scrapeRound(startedAt + INTERVAL);

    // The interval is not configured: it is what Prometheus says of the target that has our series.
    const inspected = await until(
      () => asked.inspect(Date.now()),
      ({ targets }) => targets.some((target) => target.hasOurSeries),
    );
    expect(inspected).toMatchObject({ scrapeIntervalMilliseconds: 1_000, targets: [{ up: true, hasOurSeries: true }] });

    isGrowing = false;
    const stoodStillAt = Date.now();
    await until(
      () => asked.inspect(Date.now()),
      ({ targets }) => targets.some(({ lastScrapeAt = 0 }) => lastScrapeAt > stoodStillAt),
    );
    const to = Math.ceil(Date.now() / INTERVAL) * INTERVAL;
    await embedded.scrapeRound(to);
    const request = { component: "shop", operation: "price", context: ["genre"], window: { from: startedAt, to } };
    const fromPrometheus = await until(
      () => asked.readEvidence(request),
      ({ cells }) => cells.kind === "value",
    );
    expect(fromPrometheus.cells).toEqual({
      kind: "value",
      value: [
        {
          context: { genre: 'rock "n" roll' },
          variant: "base-a",
          reading: {
            kind: "value",
            value: {
              success: calls,
              failure: 0,
              partial: 0,
              duration: { bounds: [0.5], counts: [calls / 4, calls - calls / 4], sum: calls / 8, count: calls },
            },
          },
        },
      ],
    });
    expect((await embedded.readEvidence(request)).cells).toEqual(fromPrometheus.cells);
    await embedded.close();
    await asked.close();
    await database.destroy();
  });
});

describe("the questions", () => {
  const DAY = 86_400_000;
  test.each([
    [1_000, 4_000],
    [15_000, 60_000],
    [15_000, 3_600_000],
    [60_000, DAY],
    [15_000, 31 * DAY],
    [1_500, 6_000],
  ])("at a scrape every %i ms and a window of %i ms are understood", async (scrapeIntervalMilliseconds, length) => {
    const to = Math.floor(Date.now() / scrapeIntervalMilliseconds) * scrapeIntervalMilliseconds;
    const window = { from: to - length, to };
    const request = { component: 'a "quoted" \\ name', operation: "price", context: ["genre", "mood"], window };
    const filter = { genre: 'rock "n" roll\n' };
    const queries = [
      targetsQuery(request, scrapeIntervalMilliseconds),
      ...evidenceQueries(request, { scrapeIntervalMilliseconds, filter }),
      ...evidenceQueries(request, { scrapeIntervalMilliseconds, filter, form: "calm" }),
    ];
    for (const { question, promql } of queries) {
      const body = new URLSearchParams({ query: promql });
      const response = await fetch(`${prometheus.url}/api/v1/query`, { method: "POST", body });
      expect({ question, answer: await response.json() }).toMatchObject({ question, answer: { status: "success" } });
    }
  });

  test("asked later, and of one context only, give the numbers that were shown", { timeout: 60_000 }, async () => {
    const asked = createPrometheusSource({ url: prometheus.url, scrapeIntervalMilliseconds: INTERVAL });
    const request = { component: "shop", operation: "price", context: ["genre"] };
    const read = async (): ReturnType<typeof asked.readEvidence> => {
      const to = asked.latestWindowEnd(Date.now());
      return asked.readEvidence({ ...request, window: { from: to - 60_000, to } });
    };
    const { queries, cells, window } = await until(read, (evidence) => evidence.cells.kind === "value");
    isGrowing = true;
    const before = calls;
    await until(
      async () => calls,
      (now) => now > before + 6,
    );
    const filtered = evidenceQueries(
      { ...request, window },
      {
        scrapeIntervalMilliseconds: INTERVAL,
        filter: { genre: 'rock "n" roll' },
      },
    );
    const shown = queries.find(({ question }) => question === "calls");
    const answers = await Promise.all(
      [shown, filtered[0]].map(async (query) => {
        const body = new URLSearchParams({ query: query?.promql ?? "" });
        const answer = await fetch(`${prometheus.url}/api/v1/query`, { method: "POST", body });
        const { data } = (await answer.json()) as {
          data: { result: { metric: { outcome: string }; value: [number, string] }[] };
        };
        return data.result.find(({ metric }) => metric.outcome === "success")?.value[1];
      }),
    );
    const value = cells.kind === "value" ? cells.value[0]?.reading : undefined;
    const success = value?.kind === "value" ? value.value.success : undefined;
    expect(answers).toEqual([String(success), String(success)]);
  });
});

// Whole passes of an operation with very many contexts, in the thread that learns, on a real Prometheus and a store in a file: how long a
// pass takes, and how long the thread that serves is busy without a break, what is served included.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPassThread } from "../../packages/controller/src/large-operations/pass-thread.ts";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { variantId } from "../../packages/conventions/src/index.ts";
import {
  createAllocationBoard,
  createSqlStore,
  openSqliteDatabase,
  silentLog,
  systemClock,
} from "../../packages/engine/src/index.ts";
import { samplePolicy } from "../../packages/engine/src/stores/sample-cycles.ts";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";
import { startPrometheusServer } from "../../scripts/prometheus-server.mjs";
import { remoteWrite } from "../../test/prometheus/remote-write.ts";
import { watchLoop } from "../serving/loop-watch.mjs";

const BASE = variantId({ temperature: 0.5 }, "baseline");
const INTERVAL = 30_000;
const CYCLES = 3;
/** A pass of 50,000 contexts takes about a minute. */
const LONGEST_MILLISECONDS = 600_000;

export async function measureContexts() {
  const { prometheus: binary } = await findOrFetchPrometheus();
  const directory = mkdtempSync(join(tmpdir(), "trimtab-bench-"));
  const server = await startPrometheusServer({ binary, directory, outOfOrderWindow: "60h" });
  const loop = watchLoop();
  try {
    console.log("contexts  cycle  pass s   CPU s   longest turn ms  turns over 10 ms  store MB  memory MB");
    const sizes = (process.env.BENCH_CONTEXTS ?? "100,1000,10000,50000").split(",").map(Number);
    for (const contexts of sizes) await measureSize({ server, directory, contexts, loop });
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {{ server: { url: string }, directory: string, contexts: number, loop: ReturnType<typeof watchLoop> }} what */
async function measureSize({ server, directory, contexts, loop }) {
  const component = `shop-${contexts}`;
  const policy = samplePolicy({
    component,
    context: ["tenant"],
    strategy: { kind: "response-surface", options: {} },
    maximumContexts: 50_000,
  });
  const path = join(directory, `${component}.db`);
  const database = await openSqliteDatabase(path);
  const store = createSqlStore(database);
  const source = createPrometheusSource({ url: server.url, scrapeIntervalMilliseconds: INTERVAL });
  const board = await createAllocationBoard({
    store,
    operations: [{ policy, intervalMilliseconds: INTERVAL }],
    clock: systemClock,
  });
  const thread = createPassThread(
    {
      store: { kind: "sqlite", path, keepDecisionsMilliseconds: 1 },
      metrics: {
        source: "prometheus",
        url: server.url,
        timeoutMilliseconds: 60_000,
        scrapeIntervalMilliseconds: INTERVAL,
        maximumInFlight: 4,
        headers: {},
      },
      intervalMilliseconds: INTERVAL,
      strategyUrls: {},
      writesDebug: false,
    },
    {
      database,
      lease: undefined,
      addressees: () => [],
      source,
      isReported: () => false,
      onQuestion: () => {},
      log: { ...silentLog, warning: console.warn, error: console.error },
    },
  );
  try {
    const end = Math.floor((Date.now() - 120_000) / INTERVAL) * INTERVAL;
    await write(server.url, component, contexts, end);
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const now = end - (CYCLES - cycle) * INTERVAL + 2 * INTERVAL;
      loop();
      const cpuBefore = process.cpuUsage();
      const startedAt = performance.now();
      const outcome = await thread.run(policy, INTERVAL, now, AbortSignal.timeout(LONGEST_MILLISECONDS));
      if (outcome.kind !== "recorded" || outcome.served === undefined) throw new Error(JSON.stringify(outcome));
      const missing = outcome.decision.contexts.find(({ reason }) => reason.code.startsWith("EVIDENCE_"));
      if (missing !== undefined) throw new Error(missing.reason.sentence);
      board.update(policy, outcome.served);
      const seconds = (performance.now() - startedAt) / 1000;
      const { user, system } = process.cpuUsage(cpuBefore);
      await new Promise((resolve) => setTimeout(resolve, 10)); // a turn that ends with the pass is seen only after it
      const { busy } = loop();
      console.log(
        [
          String(outcome.decision.allocations.length - 1).padEnd(9),
          String(cycle).padEnd(6),
          seconds.toFixed(2).padEnd(8),
          ((user + system) / 1e6).toFixed(2).padEnd(7),
          Math.max(0, ...busy)
            .toFixed(0)
            .padEnd(16),
          String(busy.filter((/** @type {number} */ each) => each > 10).length).padEnd(17),
          ((statSync(path).size + statSync(`${path}-wal`).size) / 2 ** 20).toFixed(1).padEnd(9),
          (process.memoryUsage().rss / 2 ** 20).toFixed(0),
        ].join(" "),
      );
    }
  } finally {
    await thread.close();
    await source.close();
    await store.close();
  }
}

/**
 * Ninety calls that succeed and ten that fail with the base values, in each context and window.
 *
 * @param {string} url
 * @param {string} component
 * @param {number} contexts
 * @param {number} end
 */
async function write(url, component, contexts, end) {
  const labels = { job: "trimtab", instance: component };
  /** @param {(scrape: number) => number} value */
  const samples = (value) =>
    Array.from({ length: CYCLES + 2 }, (_, scrape) => ({
      time: end - (CYCLES + 1 - scrape) * INTERVAL - 250,
      value: value(scrape),
    }));
  const start = { ...labels, __name__: "trimtab_process_start_time_seconds" };
  await remoteWrite(url, [{ labels: start, samples: samples(() => end / 1000 - 86_400) }]);
  for (let from = 0; from < contexts; from += 1_000) {
    const series = Array.from({ length: Math.min(1_000, contexts - from) }, (_, index) => {
      const cell = {
        ...labels,
        __name__: "trimtab_operation_calls_total",
        component,
        operation: "checkout",
        variant: BASE,
        ctx_tenant: `tenant-${from + index}`,
      };
      return [
        { labels: { ...cell, outcome: "success" }, samples: samples((scrape) => 90 * scrape) },
        { labels: { ...cell, outcome: "failure" }, samples: samples((scrape) => 10 * scrape) },
      ];
    });
    await remoteWrite(url, series.flat());
  }
}

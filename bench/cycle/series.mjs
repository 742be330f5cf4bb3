// One operation whose series are 50,000 of ten instances in a real Prometheus: what it takes to read a window of them, and to record the
// cycle, where no process restarted in it, where one of the ten did, and where all did.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { createSqlStore, openSqliteDatabase, runCycle, silentLog } from "../../packages/engine/src/index.ts";
import { samplePolicy } from "../../packages/engine/src/stores/sample-cycles.ts";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";
import { startPrometheusServer } from "../../scripts/prometheus-server.mjs";
import { remoteWrite } from "../../test/prometheus/remote-write.ts";

const INTERVAL = 15_000;
const SCRAPES = 12;
/** Durations as the package has them by default: 34 bounds from 1 ms to 10 min. */
const BOUNDS = Array.from({ length: 34 }, (_, index) => 0.001 * 1.5 ** index);
const INSTANCES = 10;
const VARIANTS = ["base-a", "v-b"];
/** Three outcomes, the buckets with infinity, sum, count and squares. */
const SERIES_PER_CELL = 3 + BOUNDS.length + 1 + 3;

export async function measureSeries() {
  const { prometheus: binary } = await findOrFetchPrometheus();
  const directory = mkdtempSync(join(tmpdir(), "trimtab-bench-"));
  const server = await startPrometheusServer({ binary, directory, outOfOrderWindow: "60h" });
  try {
    const end = Math.floor((Date.now() - 60_000) / INTERVAL) * INTERVAL;
    console.log(
      "series   contexts  restarted  questions  cycle s  read s  server s  samples    rows    store MB  controller MB  Prometheus MB  Prometheus CPU s",
    );
    for (const wanted of [1_000, 10_000, 50_000]) {
      const contexts = Math.max(1, Math.round(wanted / SERIES_PER_CELL / VARIANTS.length / INSTANCES));
      const component = `shop-${wanted}`;
      const instances = Array.from({ length: INSTANCES }, (_, index) => `${component}-${index}:9464`);
      for (const instance of instances) {
        for (let from = 0; from < contexts; from += 25) {
          const series = Array.from({ length: Math.min(25, contexts - from) }, (_, index) =>
            seriesOf(component, instance, from + index, end),
          ).flat();
          await remoteWrite(server.url, series);
        }
      }
      await remoteWrite(
        server.url,
        instances.map((instance) => processOf(instance, end, false)),
      );
      for (const restarted of [0, 1, INSTANCES]) {
        const late = instances.slice(0, restarted).map((instance) => processOf(instance, end, true));
        if (late.length > 0) await remoteWrite(server.url, late);
        await measureCycle({ server, component, contexts, directory, end, restarted });
      }
    }
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @typedef {import("../../test/prometheus/remote-write.ts").WrittenSeries} WrittenSeries
 *
 * @param {{ server: { url: string, pid: number }, component: string, contexts: number, directory: string, end: number, restarted: number }} what
 */
async function measureCycle({ server, component, contexts, directory, end, restarted }) {
  let questions = 0;
  let samples = 0;
  let serverSeconds = 0;
  let readSeconds = 0;
  const source = createPrometheusSource({
    url: server.url,
    scrapeIntervalMilliseconds: INTERVAL,
    timeoutMilliseconds: 60_000,
    observer: {
      onQuestion(_question, _seconds, _kind, cost) {
        questions++;
        samples += cost?.samples ?? 0;
        serverSeconds += cost?.serverSeconds ?? 0;
      },
    },
  });
  const path = join(directory, `${component}-${restarted}.db`);
  const store = createSqlStore(await openSqliteDatabase(path));
  const log = { ...silentLog, warning: console.warn, error: console.error };
  const cpuBefore = cpuSeconds(server.pid);
  const before = performance.now();
  let rows = 0;
  const outcome = await runCycle(samplePolicy({ component, operation: "price", context: ["tenant"] }), {
    store,
    source: {
      latestWindowEnd: () => end - INTERVAL,
      scrapeIntervalMilliseconds: () => INTERVAL,
      async readEvidence(request) {
        const startedAt = performance.now();
        const evidence = await source.readEvidence(request);
        readSeconds = (performance.now() - startedAt) / 1000;
        if (evidence.cells.kind !== "value")
          console.log(
            `${component}, ${restarted} restarted: the evidence is ${evidence.cells.kind}: ${evidence.cells.detail}`,
          );
        else rows = evidence.cells.value.length;
        return evidence;
      },
    },
    log,
    intervalMilliseconds: 2 * INTERVAL,
    now: Date.now(),
  });
  const cycleSeconds = (performance.now() - before) / 1000;
  if (outcome.kind !== "recorded") throw new Error(outcome.reason);
  const numbers = [
    String(contexts * VARIANTS.length * SERIES_PER_CELL * INSTANCES).padEnd(8),
    String(contexts).padEnd(9),
    String(restarted).padEnd(10),
    String(questions).padEnd(10),
    cycleSeconds.toFixed(2).padEnd(8),
    readSeconds.toFixed(2).padEnd(7),
    serverSeconds.toFixed(2).padEnd(9),
    String(samples).padEnd(10),
    String(rows).padEnd(7),
    (statSync(path).size / 2 ** 20).toFixed(1).padEnd(9),
    (process.memoryUsage().rss / 2 ** 20).toFixed(0).padEnd(14),
    residentMegabytes(server.pid).padEnd(14),
    (cpuSeconds(server.pid) - cpuBefore).toFixed(1),
  ];
  console.log(numbers.join(" "));
  await source.close();
  await store.close();
}

/**
 * The series of one context in one instance.
 *
 * @param {string} component
 * @param {string} instance
 * @param {number} context
 * @param {number} end
 * @returns {WrittenSeries[]}
 */
function seriesOf(component, instance, context, end) {
  /** @param {(scrape: number) => number} value */
  const at = (value) =>
    Array.from({ length: SCRAPES }, (_, scrape) => ({
      time: end - (SCRAPES - scrape) * INTERVAL - 250,
      value: value(scrape),
    }));
  return VARIANTS.flatMap((variant) => {
    const labels = {
      job: "trimtab",
      instance,
      component,
      operation: "price",
      variant,
      ctx_tenant: `tenant-${context}`,
    };
    /** @type {(name: string, value: (scrape: number) => number, more?: Record<string, string>) => WrittenSeries} */
    const one = (name, value, more = {}) => ({ labels: { ...labels, ...more, __name__: name }, samples: at(value) });
    const duration = "trimtab_operation_duration_seconds";
    return [
      one("trimtab_operation_calls_total", (scrape) => 90 * scrape, { outcome: "success" }),
      one("trimtab_operation_calls_total", (scrape) => 10 * scrape, { outcome: "failure" }),
      one("trimtab_operation_calls_total", () => 0, { outcome: "partial" }),
      ...BOUNDS.map((bound, index) =>
        one(`${duration}_bucket`, (scrape) => Math.floor((100 * scrape * index) / BOUNDS.length), {
          le: String(bound),
        }),
      ),
      one(`${duration}_bucket`, (scrape) => 100 * scrape, { le: "+Inf" }),
      one(`${duration}_sum`, (scrape) => 12 * scrape),
      one(`${duration}_count`, (scrape) => 100 * scrape),
      one("trimtab_operation_duration_seconds_squares_total", (scrape) => 3 * scrape),
    ];
  });
}

/**
 * A process that ran long before, or restarted within the window.
 *
 * @param {string} instance
 * @param {number} end
 * @param {boolean} isRestarted
 * @returns {WrittenSeries}
 */
function processOf(instance, end, isRestarted) {
  const samples = Array.from({ length: SCRAPES }, (_, scrape) => ({
    time: end - (SCRAPES - scrape) * INTERVAL - 250 + (isRestarted ? 1 : 0),
    value: end / 1000 - 86_400 + (isRestarted && scrape > SCRAPES - 3 ? 86_000 : 0),
  }));
  return { labels: { job: "trimtab", instance, __name__: "trimtab_process_start_time_seconds" }, samples };
}

/** @param {number} pid */
function residentMegabytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return (Number(kilobytes) / 1024).toFixed(0);
}

/**
 * User and system time of a process, in seconds: in hundredths on Linux.
 *
 * @param {number} pid
 */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

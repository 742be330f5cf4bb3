/**
 * What one scrape costs the service: its CPU time, and the longest stretch of work without a turn of the event loop. Real HTTP; each contestant and
 * size in a process of its own, scraped from another one.
 *
 *     node --conditions=source packages/instrumentation/bench/scrape.mjs
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { DURATION_BOUNDARIES_SECONDS } from "@trimtab/conventions";
import { Instrumentation } from "../src/instance.ts";
import { serveMetricsPage } from "../src/metrics-page.ts";
import { measured } from "./targets.mjs";

const SCRAPES = 9;
/** Lines of one series: count, sum, and a bucket for each bound. */
const LINES_PER_SERIES = DURATION_BOUNDARIES_SECONDS.length + 3;

/** @typedef {{ port: number, touch: () => void }} Page */

/** @param {number} each */
const labelsOf = (each) => ({ component: "bench", operation: "generate", variant: "base", ctx_genre: `genre-${each}` });

/** @type {Record<string, (series: number) => Promise<Page>>} */
const contestants = {
  trimtab: async (series) => {
    const shared = new Instrumentation({ component: "bench", maximumContexts: series });
    shared.metrics.take();
    const operation = shared.operation("generate");
    operation.declare({ name: "generate", context: ["genre"], parameters: undefined });
    const call = {
      outcome: /** @type {const} */ ("success"),
      quality: undefined,
      costs: undefined,
      errorType: undefined,
    };
    const server = serveMetricsPage({
      host: "127.0.0.1",
      port: 0,
      renderOthers: () => Promise.resolve(""),
      parts: () => shared.metrics.pageText(),
      onError: console.error,
    });
    server.ref();
    await once(server, "listening");
    const touch = () => {
      for (let each = 0; each < series; each++) {
        const { labels } = operation.contexts.find({ genre: `genre-${each}` });
        shared.metrics.record(operation, labels, "base", { ...call, durationMilliseconds: 1 + (each % 5000) });
      }
    };
    return { port: portOf(server), touch };
  },
  "exporter-prometheus": async (series) => {
    const reader = new PrometheusExporter({ preventServerStart: true });
    const views = [{ instrumentName: "duration", aggregationCardinalityLimit: series + 1 }];
    const meter = new MeterProvider({ readers: [reader], views }).getMeter("bench");
    const advice = { explicitBucketBoundaries: [...DURATION_BOUNDARIES_SECONDS] };
    const duration = meter.createHistogram("duration", { advice });
    const server = createServer((request, response) => reader.getMetricsRequestHandler(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const touch = () => {
      for (let each = 0; each < series; each++) duration.record((1 + (each % 5000)) / 1000, labelsOf(each));
    };
    return { port: portOf(server), touch };
  },
  "prom-client": async (series) => {
    const { default: prom } = await import("prom-client");
    const buckets = [...DURATION_BOUNDARIES_SECONDS];
    const labelNames = ["component", "operation", "variant", "ctx_genre"];
    const duration = new prom.Histogram({ name: "duration", help: "x", labelNames, buckets });
    const server = createServer((_, response) => void prom.register.metrics().then((text) => response.end(text)));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const touch = () => {
      for (let each = 0; each < series; each++) duration.observe(labelsOf(each), (1 + (each % 5000)) / 1000);
    };
    return { port: portOf(server), touch };
  },
};

/** @param {import("node:http").Server} server */
function portOf(server) {
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Serves the page, and says after each scrape what it took. @param {string} name @param {number} lines */
async function serve(name, lines) {
  const { port, touch } = await (contestants[name] ?? fail)(Math.round(lines / LINES_PER_SERIES));
  let longest = 0;
  // In CPU time of the thread: what other processes take from it on a busy machine is not the page's doing.
  const threadMilliseconds = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let before = threadMilliseconds();
  const look = () => {
    const now = threadMilliseconds();
    longest = Math.max(longest, now - before);
    before = now;
    setImmediate(look);
  };
  let used = process.cpuUsage();
  process.on("message", (message) => {
    if (message === "touch") {
      touch();
      process.send?.({ port });
      setTimeout(() => {
        before = threadMilliseconds();
        longest = 0;
        used = process.cpuUsage();
      }, 50);
    } else process.send?.({ longest, used: process.cpuUsage(used) });
  });
  // Spinning, the loop shows every gap; but its own CPU time would count, so that is measured in other rounds, without it.
  if (process.argv[4] === "gaps") look();
}

/** @returns {never} */
function fail() {
  throw new Error("no such contestant");
}

/** @param {string} name @param {number} lines @param {"gaps" | "cpu"} what */
async function measure(name, lines, what) {
  const args = [name, String(lines), what];
  const execArgv = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
  const child = fork(import.meta.filename, args, { execArgv });
  const results = [];
  const wall = [];
  let bytes = 0;
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    child.send("touch");
    const [{ port }] = await once(child, "message");
    await new Promise((resolve) => setTimeout(resolve, 150));
    const startedAt = performance.now();
    // curl is no part of the service, and reads as fast as it comes.
    const { stdout } = await promisify(execFile)("curl", [
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{size_download} %{time_total}",
      `http://127.0.0.1:${port}/metrics`,
    ]);
    const [size = "0", seconds = "0"] = stdout.split(" ");
    wall.push(Number(seconds) * 1000 || performance.now() - startedAt);
    bytes = Number(size);
    child.send("result");
    const [{ longest, used }] = await once(child, "message");
    results.push(what === "gaps" ? longest : (used.user + used.system) / 1000);
  }
  child.kill();
  const median = (/** @type {number[]} */ values) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return { median: median(results.slice(2)), best: Math.min(...results.slice(2)), wall: median(wall.slice(2)), bytes };
}

const [name, lines] = process.argv.slice(2);
if (name !== undefined && lines !== undefined) await serve(name, Number(lines));
else {
  const rows = [];
  for (const size of [1000, 10_000, 50_000]) {
    for (const contestant of Object.keys(contestants)) {
      const cpu = await measure(contestant, size, "cpu");
      const gaps = await measure(contestant, size, "gaps");
      measured.set(`scrape ${size} ${contestant}`, cpu.median);
      measured.set(`block ${size} ${contestant}`, gaps.median);
      rows.push({
        lines: size,
        contestant,
        "CPU ms": Number(cpu.median.toFixed(1)),
        "best CPU ms": Number(cpu.best.toFixed(1)),
        "wall ms": Number(cpu.wall.toFixed(1)),
        "longest block ms": Number(gaps.median.toFixed(1)),
        "best longest block ms": Number(gaps.best.toFixed(1)),
        KiB: Math.round(cpu.bytes / 1024),
      });
    }
  }
  console.table(rows);
}

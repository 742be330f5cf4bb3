/**
 * What tracking a call costs, side by side in one run: a bare async function, the same function tracked, and the same
 * telemetry written by hand with the OpenTelemetry API. Each contestant has a process of its own, in turns, so that none runs on
 * code that another one's shapes have slowed down. Read the ratios; the nanoseconds belong to the machine.
 *
 *     node scripts/dev.mjs exec node --conditions=source packages/instrumentation/bench/track-overhead.mjs [turns]
 */
import { execFileSync } from "node:child_process";
import { metrics, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { DURATION_BOUNDARIES_SECONDS, RATIO_BOUNDARIES } from "@trimtab/conventions";
import { configure, defineOperation, parameters } from "@trimtab/instrumentation";

const BATCHES = 12;
const CALLS = 20_000;

const genres = ["rock", "jazz", "folk", "pop"];
/** @param {number} n */
const context = (n) => ({ genre: genres[n & 3] ?? "rock", mood: (n & 4) === 0 ? "calm" : "wild" });
/** @param {number} n */
const work = async (n) => n + 1;

/** @typedef {(n: number) => unknown} Call */

/** @param {{ spans: boolean }} options @returns {Call} */
function byHand({ spans }) {
  const meter = metrics.getMeter("by hand");
  const tracer = trace.getTracer("by hand");
  const bounds = (/** @type {readonly number[]} */ values) => ({ advice: { explicitBucketBoundaries: [...values] } });
  const calls = meter.createCounter("hand.calls");
  const duration = meter.createHistogram("hand.duration", bounds(DURATION_BOUNDARIES_SECONDS));
  const durationSquares = meter.createCounter("hand.duration.squares");
  const quality = meter.createHistogram("hand.quality", bounds(RATIO_BOUNDARIES));
  const qualitySquares = meter.createCounter("hand.quality.squares");
  /** @param {number} n */
  const run = async (n) => {
    const { genre, mood } = context(n);
    const labels = { component: "bench", operation: "generate", variant: "base", ctx_genre: genre, ctx_mood: mood };
    const startedAt = performance.now();
    const result = await work(n);
    const seconds = (performance.now() - startedAt) / 1000;
    calls.add(1, { ...labels, outcome: "success" });
    duration.record(seconds, labels);
    durationSquares.add(seconds * seconds, labels);
    quality.record(0.9, labels);
    qualitySquares.add(0.81, labels);
    return result;
  };
  if (!spans) return run;
  return (n) =>
    tracer.startActiveSpan("generate", async (span) => {
      try {
        const result = await run(n);
        span.setAttributes({ ...context(n), operation: "generate", variant: "base", outcome: "success", quality: 0.9 });
        return result;
      } finally {
        span.end();
      }
    });
}

/** @param {{ spans: boolean, collectionLevel?: "minimal" }} options @returns {Call} */
function tracked(options) {
  configure(options);
  const operation = define();
  return (n) =>
    operation.track(context(n), (call) => {
      call.quality(0.9);
      return work(n);
    });
}

function define() {
  const space = /** @type {const} */ ({ temperature: { type: "number", base: 0.7, min: 0, max: 1 } });
  return defineOperation({ name: "generate", context: ["genre", "mood"], parameters: space });
}

function startMetrics() {
  metrics.setGlobalMeterProvider(
    new MeterProvider({ readers: [new PrometheusExporter({ preventServerStart: true })] }),
  );
}

function startTraces() {
  const done = () => Promise.resolve();
  const processor = { onStart() {}, onEnd() {}, forceFlush: done, shutdown: done };
  new NodeSDK({
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    resourceDetectors: [],
  }).start();
}

/** @type {Record<string, { peer: string, make: () => Call }>} */
const contestants = {
  bare: { peer: "by hand, metrics", make: () => work },
  "by hand, metrics": {
    peer: "by hand, metrics",
    make: () => {
      startMetrics();
      return byHand({ spans: false });
    },
  },
  "track, spans off": {
    peer: "by hand, metrics",
    make: () => {
      startMetrics();
      return tracked({ spans: false });
    },
  },
  "track, minimal": {
    peer: "by hand, metrics",
    make: () => {
      startMetrics();
      return tracked({ spans: false, collectionLevel: "minimal" });
    },
  },
  "track, no SDK at all": { peer: "by hand, metrics", make: () => tracked({ spans: true }) },
  "parameters(), no track": {
    peer: "by hand, metrics",
    make: () => {
      define();
      return (n) => parameters("generate", context(n));
    },
  },
  "by hand, metrics and span": {
    peer: "by hand, metrics and span",
    make: () => {
      startMetrics();
      startTraces();
      return byHand({ spans: true });
    },
  },
  "track, metrics and span": {
    peer: "by hand, metrics and span",
    make: () => {
      startMetrics();
      startTraces();
      return tracked({ spans: true });
    },
  },
};

/** The CPU time of a call in nanoseconds, in a batch that nothing disturbed. @param {Call} call */
async function measure(call) {
  const batches = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const started = process.cpuUsage();
    for (let n = 0; n < CALLS; n++) await call(n);
    const { user, system } = process.cpuUsage(started);
    batches.push(((user + system) * 1000) / CALLS);
  }
  return Math.min(...batches.slice(BATCHES / 3)); // the first third warms up
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function main() {
  const [argument] = process.argv.slice(2);
  const alone = contestants[argument ?? ""];
  if (alone !== undefined) {
    console.log(await measure(alone.make()));
    return;
  }

  const turns = Number(argument ?? 5);
  /** @type {Map<string, number[]>} */
  const results = new Map(Object.keys(contestants).map((name) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, values] of results) {
      const [script = ""] = process.argv.slice(1);
      values.push(Number(execFileSync(process.execPath, [...process.execArgv, script, name], { encoding: "utf8" })));
    }
  }
  const bare = median(results.get("bare") ?? []);
  const over = (/** @type {string} */ name) => median(results.get(name) ?? []) - bare;
  console.log(`Node ${process.versions.node}, ${turns} turns; a bare call takes ${Math.round(bare)} ns of CPU`);
  console.table(
    Object.entries(contestants).map(([contestant, { peer }]) => ({
      contestant,
      "CPU ns over bare": Math.round(over(contestant)),
      "ratio to by hand": Number((over(contestant) / over(peer)).toFixed(2)),
    })),
  );
}

await main();

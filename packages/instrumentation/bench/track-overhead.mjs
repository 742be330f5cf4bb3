/**
 * What tracking a call costs, side by side in one run: a bare async function, the same function tracked, and the same
 * telemetry written by hand with the OpenTelemetry API. Read the ratios; the nanoseconds belong to the machine.
 *
 *     node scripts/dev.mjs exec node --expose-gc --conditions=source packages/instrumentation/bench/track-overhead.mjs
 */
import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { DURATION_BOUNDARIES_SECONDS, RATIO_BOUNDARIES } from "@trimtab/conventions";
import { configure, defineOperation, parameters } from "@trimtab/instrumentation";

const ROUNDS = Number(process.argv[2] ?? 30);
const CALLS = 20_000;

metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new PrometheusExporter({ preventServerStart: true })] }));
const ignore = {
  onStart() {},
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

const operation = defineOperation({
  name: "generate",
  context: ["genre", "mood"],
  parameters: { temperature: { type: "number", base: 0.7, min: 0, max: 1 } },
});
const genres = ["rock", "jazz", "folk", "pop"];
const context = (/** @type {number} */ n) => ({
  genre: genres[n & 3] ?? "rock",
  mood: (n & 4) === 0 ? "calm" : "wild",
});

/** @param {number} n */
const work = async (n) => n + 1;

const meter = metrics.getMeter("by hand");
const tracer = trace.getTracer("by hand");
const callCounter = meter.createCounter("hand.calls");
const duration = meter.createHistogram("hand.duration", {
  advice: { explicitBucketBoundaries: [...DURATION_BOUNDARIES_SECONDS] },
});
const durationSquares = meter.createCounter("hand.duration.squares");
const quality = meter.createHistogram("hand.quality", { advice: { explicitBucketBoundaries: [...RATIO_BOUNDARIES] } });
const qualitySquares = meter.createCounter("hand.quality.squares");

/** @param {number} n @param {boolean} withSpan */
async function byHand(n, withSpan) {
  const { genre, mood } = context(n);
  const labels = { component: "bench", operation: "generate", variant: "base", ctx_genre: genre, ctx_mood: mood };
  const record = (/** @type {number} */ startedAt, /** @type {string} */ outcome) => {
    const seconds = (performance.now() - startedAt) / 1000;
    callCounter.add(1, { ...labels, outcome });
    duration.record(seconds, labels);
    durationSquares.add(seconds * seconds, labels);
    quality.record(0.9, labels);
    qualitySquares.add(0.81, labels);
  };
  const run = async () => {
    const startedAt = performance.now();
    const result = await work(n);
    record(startedAt, "success");
    return result;
  };
  if (!withSpan) return run();
  return tracer.startActiveSpan("generate", async (span) => {
    try {
      const result = await run();
      span.setAttributes({ ...labels, outcome: "success", quality: 0.9 });
      return result;
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** @param {number} n */
const tracked = (n) =>
  operation.track(context(n), (call) => {
    call.quality(0.9);
    return work(n);
  });

/** @type {Record<string, { call: (n: number) => unknown, before?: () => void }>} */
const contestants = {
  bare: { call: work },
  "by hand, metrics only": { call: (n) => byHand(n, false) },
  "track, spans off": { call: tracked, before: () => configure({ spans: false }) },
  "track, level minimal": { call: tracked, before: () => configure({ spans: false, collectionLevel: "minimal" }) },
  "track, no tracer set up": { call: tracked, before: () => configure({ spans: true, collectionLevel: "standard" }) },
  "parameters(), base": { call: (n) => parameters("generate", context(n)) },
};
const withTracer = {
  "by hand, metrics and span": { call: (/** @type {number} */ n) => byHand(n, true) },
  "track, metrics and span": { call: tracked },
};

/** @type {Map<string, number[]>} */
const nanoseconds = new Map();
/** @type {Map<string, number[]>} */
const bytes = new Map();

/** @param {typeof contestants} group */
async function compete(group) {
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, { call, before }] of Object.entries(group)) {
      before?.();
      globalThis.gc?.();
      const heap = process.memoryUsage().heapUsed;
      const started = process.cpuUsage();
      for (let n = 0; n < CALLS; n++) await call(n);
      const { user, system } = process.cpuUsage(started);
      const used = process.memoryUsage().heapUsed - heap;
      if (round < 0) continue;
      push(nanoseconds, name, ((user + system) * 1000) / CALLS);
      if (used > 0) push(bytes, name, used / CALLS);
    }
  }
}

/** @param {Map<string, number[]>} map @param {string} name @param {number} value */
function push(map, name, value) {
  map.set(name, [...(map.get(name) ?? []), value]);
}

/** The tenth percentile: what it costs when nothing disturbs. @param {readonly number[]} values */
function quiet(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 10)] ?? Number.NaN;
}

await compete(contestants);
new NodeSDK({ spanProcessors: [ignore], metricReaders: [], logRecordProcessors: [], resourceDetectors: [] }).start();
await compete(withTracer);

const bare = quiet(nanoseconds.get("bare") ?? []);
const over = (/** @type {string} */ name) => quiet(nanoseconds.get(name) ?? []) - bare;
const rows = [...nanoseconds.keys()].map((name) => {
  const peer = name.includes("span") && !name.includes("off") ? "by hand, metrics and span" : "by hand, metrics only";
  return {
    contestant: name,
    "CPU ns over bare": Math.round(over(name)),
    "ratio to by hand": (over(name) / over(peer)).toFixed(2),
  };
});
console.log(`Node ${process.versions.node}, ${ROUNDS} rounds of ${CALLS} calls; bare ${Math.round(bare)} ns CPU`);
console.table(rows);

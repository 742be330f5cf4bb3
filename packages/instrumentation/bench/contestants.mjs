/**
 * Ways to measure the same call, an async function that does next to nothing: what is measured is the measuring. Each is made in a
 * process of its own, so that none runs on code that another one's shapes have slowed down.
 */
import { createRequire } from "node:module";
import { metrics, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { DURATION_BOUNDARIES_SECONDS, RATIO_BOUNDARIES } from "@trimtab/conventions";
import { configure, defineOperation, metricProducer, parameters, recordOperation } from "@trimtab/instrumentation";

/** @typedef {(n: number) => unknown} Call */
/** @typedef {{ name: string, says: string, make: () => Call | Promise<Call> }} Contestant */

const genres = ["rock", "jazz", "folk", "pop"];
/** @param {number} n */
const genreOf = (n) => genres[n & 3] ?? "rock";
/** @param {number} n */
const work = async (n) => n + 1;

function startMetrics() {
  const readers = [new PrometheusExporter({ preventServerStart: true })];
  metrics.setGlobalMeterProvider(new MeterProvider({ readers }));
}

/** @param {number} ratio Of the traces that are kept. */
function startTraces(ratio) {
  process.env["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio";
  process.env["OTEL_TRACES_SAMPLER_ARG"] = String(ratio);
  const done = () => Promise.resolve();
  const processor = { onStart() {}, onEnd() {}, forceFlush: done, shutdown: done };
  new NodeSDK({
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    resourceDetectors: [],
  }).start();
}

/**
 * The same job by hand: duration and quality with four labels, and the calls by outcome unless the histogram's own count will do.
 *
 * @param {{ counts: boolean }} options @returns {Call}
 */
function byHand({ counts }) {
  const meter = metrics.getMeter("by hand");
  const bounds = (/** @type {readonly number[]} */ values) => ({ advice: { explicitBucketBoundaries: [...values] } });
  const calls = meter.createCounter("hand.calls");
  const duration = meter.createHistogram("hand.duration", bounds(DURATION_BOUNDARIES_SECONDS));
  const quality = meter.createHistogram("hand.quality", bounds(RATIO_BOUNDARIES));
  return async (n) => {
    const labels = { component: "bench", operation: "generate", variant: "base", ctx_genre: genreOf(n) };
    const startedAt = performance.now();
    const result = await work(n);
    if (counts) calls.add(1, { ...labels, outcome: "success" });
    duration.record((performance.now() - startedAt) / 1000, labels);
    quality.record(0.9, labels);
    return result;
  };
}

/** @param {{ counts: boolean }} options @returns {Call} */
function byHandWithSpan(options) {
  const tracer = trace.getTracer("by hand");
  const run = byHand(options);
  return (n) =>
    tracer.startActiveSpan("generate", async (span) => {
      try {
        const result = await run(n);
        span.setAttributes({ operation: "generate", variant: "base", ctx_genre: genreOf(n), outcome: "success" });
        return result;
      } finally {
        span.end();
      }
    });
}

/** @param {Parameters<typeof configure>[0]} options @returns {Call} */
function tracked(options) {
  configure(options);
  const operation = define();
  return (n) =>
    operation.track({ genre: genreOf(n) }, (call) => {
      call.quality(0.9);
      return work(n);
    });
}

function define() {
  const space = /** @type {const} */ ({ temperature: { type: "number", base: 0.7, min: 0, max: 1 } });
  return defineOperation({ name: "generate", context: ["genre"], parameters: space });
}

/** @returns {Promise<Call>} */
async function promClient() {
  const { default: prom } = await import("prom-client");
  const labelNames = ["component", "operation", "variant", "ctx_genre"];
  const calls = new prom.Counter({ name: "calls", help: "x", labelNames: [...labelNames, "outcome"] });
  const buckets = [...DURATION_BOUNDARIES_SECONDS];
  const duration = new prom.Histogram({ name: "duration", help: "x", labelNames, buckets });
  return async (n) => {
    const labels = { component: "bench", operation: "generate", variant: "base", ctx_genre: genreOf(n) };
    const startedAt = performance.now();
    const result = await work(n);
    calls.inc({ ...labels, outcome: "success" });
    duration.observe(labels, (performance.now() - startedAt) / 1000);
    return result;
  };
}

/** @returns {Promise<Call>} */
async function autometrics() {
  const { autometrics: wrapped, registerExporter } = await import("@autometrics/autometrics");
  // Its SDK is one of generation 1, of its own.
  const own = createRequire(import.meta.resolve("@autometrics/autometrics"))("@opentelemetry/sdk-metrics");
  class Reader extends own.MetricReader {
    async onShutdown() {}
    async onForceFlush() {}
  }
  registerExporter({ metricReader: new Reader() });
  return wrapped({ functionName: "generate", moduleName: "bench" }, work);
}

/** The job that all ratios are of. */
export const SAME_JOB = "OpenTelemetry, same job, 1 % of spans";

/** @type {readonly Contestant[]} */
export const contestants = [
  { name: "bare", says: "the function alone", make: () => work },
  {
    name: "two clock reads",
    says: "the floor",
    make: () => async (n) => {
      const startedAt = performance.now();
      await work(n);
      return performance.now() - startedAt;
    },
  },
  { name: "prom-client", says: "counter and histogram, 4 labels", make: promClient },
  {
    name: SAME_JOB,
    says: "counter, 2 histograms, active span",
    make: () => {
      startMetrics();
      startTraces(0.01);
      return byHandWithSpan({ counts: true });
    },
  },
  {
    name: "OpenTelemetry, less of the job, 1 % of spans",
    says: "2 histograms, active span; no outcomes",
    make: () => {
      startMetrics();
      startTraces(0.01);
      return byHandWithSpan({ counts: false });
    },
  },
  {
    name: "OpenTelemetry, same job, all spans",
    says: "the same, every span kept",
    make: () => {
      startMetrics();
      startTraces(1);
      return byHandWithSpan({ counts: true });
    },
  },
  {
    name: "OpenTelemetry, metrics",
    says: "counter and 2 histograms",
    make: () => {
      startMetrics();
      return byHand({ counts: true });
    },
  },
  { name: "autometrics 1.0.1", says: "counter, histogram, gauge; no span", make: autometrics },
  {
    name: "track, 1 % of spans",
    says: "all metrics of the contract",
    make: () => {
      metricProducer();
      startTraces(1);
      return tracked({ spansRatio: 0.01 });
    },
  },
  {
    name: "track, all spans",
    says: "the same, every span kept",
    make: () => {
      metricProducer();
      startTraces(1);
      return tracked({});
    },
  },
  {
    name: "track, no spans",
    says: "the default of register",
    make: () => {
      metricProducer();
      return tracked({});
    },
  },
  {
    name: "track, comprehensive, no spans",
    says: "with CPU, event loop, heap",
    make: () => {
      metricProducer();
      return tracked({ collectionLevel: "comprehensive" });
    },
  },
  {
    name: "track, the service's MeterProvider",
    says: "where nobody took the producer",
    make: () => {
      startMetrics();
      return tracked({});
    },
  },
  {
    name: "recordOperation",
    says: "metrics alone: no async context",
    make: () => {
      metricProducer();
      define();
      return async (n) => {
        const startedAt = performance.now();
        const result = await work(n);
        recordOperation("generate", {
          context: { genre: genreOf(n) },
          outcome: "success",
          durationMilliseconds: performance.now() - startedAt,
          quality: 0.9,
        });
        return result;
      };
    },
  },
  {
    name: "parameters()",
    says: "asked for outside of a call",
    make: () => {
      define();
      return (n) => parameters("generate", { genre: genreOf(n) });
    },
  },
];

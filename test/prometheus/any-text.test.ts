/**
 * Whatever text a caller passes, a real Prometheus reads the whole page and gives the text back: by our own page, and by the page of
 * the OpenTelemetry SDK that was handed our producer.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Instrumentation } from "../../packages/instrumentation/src/instance.ts";
import { serveMetricsPage } from "../../packages/instrumentation/src/metrics-page.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

const shared = new Instrumentation({
  component: 'a "component"\\\n',
  collectionLevel: "comprehensive",
  maximumContexts: 5000,
});
shared.metrics.take();

/** What a reader of the SDK collects from; the same cells as the page's. */
const producer = {
  collect: () =>
    Promise.resolve({
      resourceMetrics: {
        resource: { attributes: {}, merge: (other: unknown) => other, getRawAttributes: () => [] },
        scopeMetrics: [{ scope: { name: "trimtab" }, metrics: shared.metrics.collect() }],
      },
      errors: [],
    }),
};

const servers: Server[] = [];
let prometheus: TestPrometheus;
let targets: readonly string[] = [];

beforeAll(async () => {
  const page = serveMetricsPage({
    host: "127.0.0.1",
    port: 0,
    renderOthers: () => Promise.resolve(""),
    parts: (format) => shared.metrics.pageText(format),
    onError: (message) => {
      throw new Error(message);
    },
  });
  const exporter = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer as never] });
  new MeterProvider({ readers: [exporter] }).getMeter("none"); // a reader answers as soon as it belongs to a provider
  const sdk = createServer((request, response) => exporter.getMetricsRequestHandler(request, response));
  servers.push(page, sdk.listen(0, "127.0.0.1"));
  for (const server of servers)
    if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  targets = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  const addresses = targets.map((target) => `http://${target}/metrics`);
  prometheus = await startTestPrometheus({ targets: addresses, scrapeInterval: "1s" });
}, 120_000);

afterAll(async () => {
  await prometheus.stop();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = { metric: Record<string, string>; value: [number, string] }[];

async function query(promql: string): Promise<Answer> {
  const body = new URLSearchParams({ query: promql });
  const response = await fetch(`${prometheus.url}/api/v1/query`, { method: "POST", body });
  const { data } = (await response.json()) as { data: { result: Answer } };
  return data.result;
}

/** Throws as soon as Prometheus cannot read a page, with its own words. */
async function refuseUnreadable(): Promise<void> {
  const response = await fetch(`${prometheus.url}/api/v1/targets`);
  const { data } = (await response.json()) as { data: { activeTargets: { health: string; lastError: string }[] } };
  // A busy machine may be late with a page; that is asked for again.
  const down = data.activeTargets.filter(
    ({ health, lastError }) => health === "down" && !lastError.includes("deadline exceeded"),
  );
  if (down.length > 0)
    throw new Error(`Prometheus cannot read a page: ${down.map((each) => each.lastError).join("; ")}`);
}

/** Any text: control characters, newlines, quotes, lone halves of surrogate pairs, and what looks like the format itself. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(
    '"',
    "\\",
    "\n",
    '\\"',
    "\\n",
    "\r\n",
    "\uD800",
    "\uDC00x",
    "\0",
    '",evil="1',
    "} 1\n# EOF",
    "__proto__",
    " ",
    "😀".repeat(100),
  ),
);
const KEYS = ["value", "le", "job", "instance", "operation"] as const;
const anyCall = fc.record({
  operation: anyText,
  variant: anyText,
  error: anyText,
  unit: anyText,
  context: fc.tuple(anyText, anyText, anyText, anyText, anyText),
});

let count = 0;
const label = (text: string): string | undefined => text.slice(0, 128).toWellFormed() || undefined; // an empty label is none

test("a real Prometheus reads any text, and gives it back", { timeout: 400_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCall, { minLength: 100, maxLength: 100 }), async (calls) => {
      const run = `run-${++count}`;
      const expected = new Map<string, Record<string, string | undefined>>();
      for (const [index, { operation: name, variant, error, unit, context: texts }] of calls.entries()) {
        const id = `${run}-${index}`;
        const context: Record<string, string> = { id };
        for (const [at, key] of KEYS.entries()) context[key] = texts[at] ?? "";
        shared.operation(name).declare({ name, context: ["id", ...KEYS], parameters: undefined });
        const parameters = { values: {}, variant, revision: undefined, source: "base" } as const;
        const call = shared.begin(name, context, { parameters });
        call?.quality(0.5);
        call?.cost(1, unit);
        call?.fail(error);
        call?.succeed(undefined);
        const labels = KEYS.map((key, at) => [`ctx_${key}`, label(texts[at] ?? "")]);
        expected.set(id, { operation: label(name), variant: label(variant), ...Object.fromEntries(labels) });
      }
      const wanted = `trimtab_operation_calls_total{outcome="failure",ctx_id=~"${run}-.*"}`;
      let series: Answer = [];
      while (series.length < calls.length * targets.length) {
        await refuseUnreadable();
        series = await query(wanted);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      for (const target of targets) {
        const ofTarget = series.filter(({ metric }) => metric["instance"] === target);
        const seen = new Map(ofTarget.map(({ metric, value }) => [metric["ctx_id"], { metric, value: value[1] }]));
        for (const [id, labels] of expected) {
          const { metric = {}, value } = seen.get(id) ?? {};
          const read = Object.fromEntries(Object.keys(labels).map((key) => [key, metric[key]]));
          expect({ id, value, ...read }).toEqual({ id, value: "1", ...labels });
        }
      }
    }),
    { numRuns: 3, endOnFailure: true },
  );
});

test("a page that is broken is seen as down: the check above can fail", { timeout: 130_000 }, async () => {
  const { metrics } = shared;
  const broken = metrics.pageText.bind(metrics);
  metrics.pageText = function* (format) {
    yield* broken(format);
    yield 'a{b="c\n';
  };
  await vi.waitFor(() => expect(refuseUnreadable()).rejects.toThrow("Prometheus cannot read a page"), {
    timeout: 120_000,
  });
});

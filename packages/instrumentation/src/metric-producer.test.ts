import { metrics } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseExposition, sumOf } from "./exposition.test.support.ts";

const KEY = Symbol.for("trimtab.instrumentation");

beforeEach(() => {
  Reflect.deleteProperty(globalThis, KEY);
  vi.resetModules();
});

afterEach(() => {
  metrics.disable();
});

const calls = (page: string): number | undefined =>
  sumOf(parseExposition(page), "trimtab_operation_calls_total", { outcome: "success" });

async function page(reader: PrometheusExporter): Promise<string> {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  return new PrometheusSerializer().serialize(resourceMetrics);
}

test("the service's own reader shows the tracked calls, also those from before its SDK started, each once", async () => {
  const { metricProducer, track } = await import("./index.ts");
  const producer: MetricProducer = metricProducer(); // of the SDK's type
  track("op", {}, (call) => call.quality(0.5));
  const reader = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer] });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  track("op", {}, () => {});
  metrics.getMeter("shop").createCounter("orders").add(3);
  const text = await page(reader);
  expect(calls(text)).toBe(2);
  expect(sumOf(parseExposition(text), "orders_total")).toBe(3);
  expect(sumOf(parseExposition(text), "trimtab_operation_quality_ratio_sum")).toBe(0.5);
});

test("two readers with the producer show the same numbers", async () => {
  const { metricProducer, track } = await import("./index.ts");
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const periodic = new PeriodicExportingMetricReader({ exporter, metricProducers: [metricProducer()] });
  const pulled = new PrometheusExporter({ preventServerStart: true, metricProducers: [metricProducer()] });
  const provider = new MeterProvider({ readers: [periodic, pulled] });
  track("op", {}, () => {});
  expect(calls(await page(pulled))).toBe(1);
  expect(calls(await page(pulled))).toBe(1);
  await provider.forceFlush();
  const pushed = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const [first] = pushed.filter(({ descriptor }) => descriptor.name === "trimtab.operation.calls");
  expect(first?.dataPoints.map(({ attributes, value }) => [attributes["outcome"], value])).toEqual([
    ["success", 1],
    ["failure", 0],
    ["partial", 0],
  ]);
  await provider.shutdown();
});

test("that is taken after calls were written to a provider stays empty, and those calls stay where they are", async () => {
  const { metricProducer, track } = await import("./index.ts");
  const reader = new PrometheusExporter({ preventServerStart: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  track("op", {}, () => {});
  const { resourceMetrics } = await metricProducer().collect();
  expect(resourceMetrics.scopeMetrics[0]?.metrics).toEqual([]);
  track("op", {}, () => {});
  expect(calls(await page(reader))).toBe(2);
});

test("a provider that was there but took no call yet gives way to the producer", async () => {
  const { configure, metricProducer, track } = await import("./index.ts");
  const first = new PrometheusExporter({ preventServerStart: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [first] }));
  configure();
  const second = new PrometheusExporter({ preventServerStart: true, metricProducers: [metricProducer()] });
  void new MeterProvider({ readers: [second] });
  track("op", {}, () => {});
  expect(await page(first)).not.toContain("trimtab_operation_calls_total{");
  expect(calls(await page(second))).toBe(1);
});

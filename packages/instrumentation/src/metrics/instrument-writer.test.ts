/** What months do to series where the service's own SDK keeps them: the part of it that is ours. */
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf, valuesOfLabel } from "../exposition.test.support.ts";
import { Instrumentation } from "../instance.ts";
import { listenToWarnings } from "../own-failure.ts";
import { count, publish, type Watched } from "./cells.test.support.ts";

const CALLS = "trimtab_operation_calls_total";
let service: Watched;
let scrapeSdk: () => Promise<readonly Sample[]>;
const warned = vi.fn<(message: string) => void>();

beforeEach(() => {
  warned.mockClear();
  listenToWarnings(warned);
  const reader = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const clock = { milliseconds: 0 };
  const shared = new Instrumentation({ component: "shop", meterProvider }, () => clock.milliseconds);
  service = { shared, clock, scrape: () => [] };
  scrapeSdk = async () =>
    parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

describe("thousands of variants through a MeterProvider of the service's own", () => {
  test("of documents: no call is lost, though the SDK drops labels past its limit; and it is told once what keeps them", async () => {
    for (let each = 0; each < 1500; each++) {
      publish(service, "op", ["base-a", `v-${each}`]);
      count(service, "op", `v-${each}`);
    }
    const samples = await scrapeSdk();
    expect(sumOf(samples, CALLS)).toBe(1500);
    expect(samples.filter(({ name }) => name === CALLS).length).toBeLessThanOrEqual(2000);
    expect(sumOf(samples, CALLS, { otel_metric_overflow: "true" })).toBeGreaterThan(500);
    expect(warned.mock.calls.flat().filter((message) => message.includes("metricProducer()"))).toEqual([
      expect.stringMatching(/more than 2000 series.*lets go of none/),
    ]);
  });

  test("that no document names: 100 keep their label and all calls are counted", async () => {
    for (let each = 0; each < 10_000; each++) count(service, "other", `v-${each}`);
    const samples = await scrapeSdk();
    expect(valuesOfLabel(samples, CALLS, "variant").size).toBe(101);
    expect(sumOf(samples, CALLS, { outcome: "success" })).toBe(10_000);
    expect(sumOf(samples, CALLS, { variant: "__other__" })).toBe(9900);
  });
});

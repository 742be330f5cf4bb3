import { afterAll, beforeAll } from "vitest";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { describeMetricSource } from "../../packages/engine/src/sources/metric-source-contract.ts";
import { RecordedScrapes } from "./recorded-scrapes.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

let prometheus: TestPrometheus;
beforeAll(async () => {
  prometheus = await startTestPrometheus();
}, 120_000);
afterAll(() => prometheus.stop());

describeMetricSource("the Prometheus source", async ({ targets, intervalMilliseconds }) => {
  const source = createPrometheusSource({ url: prometheus.url, scrapeIntervalMilliseconds: intervalMilliseconds });
  const scrapes = new RecordedScrapes(targets);
  return {
    source,
    scrape: (slot) => scrapes.scrape(slot),
    settle: () => scrapes.write(prometheus.url),
    close: () => source.close(),
  };
});

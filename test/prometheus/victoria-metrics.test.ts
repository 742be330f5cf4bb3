/** The contract of metric sources on a real VictoriaMetrics. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { describeMetricSource } from "../../packages/engine/src/sources/metric-source-contract.ts";
import { findOrFetchVictoriaMetrics, startVictoriaMetricsServer } from "../../scripts/victoria-metrics.mjs";
import { RecordedScrapes } from "./recorded-scrapes.ts";

let server: Awaited<ReturnType<typeof startVictoriaMetricsServer>>;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "trimtab-victoria-metrics-"));
  server = await startVictoriaMetricsServer({ binary: await findOrFetchVictoriaMetrics(), directory });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describeMetricSource("the Prometheus source on VictoriaMetrics", async ({ targets, intervalMilliseconds }) => {
  const source = createPrometheusSource({ url: server.url, scrapeIntervalMilliseconds: intervalMilliseconds });
  const scrapes = new RecordedScrapes(targets);
  return {
    source,
    scrape: (slot) => scrapes.scrape(slot),
    settle: async () => {
      await scrapes.write(server.url);
      await fetch(`${server.url}/internal/force_flush`);
    },
    close: () => source.close(),
  };
});

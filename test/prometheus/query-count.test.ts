/** What a cycle asks of a real Prometheus does not grow with the contexts, and is counted to the last call in every one of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrometheusSource } from "../../packages/controller/src/sources/prometheus/prometheus-source.ts";
import { remoteWrite, type WrittenSeries } from "./remote-write.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

const INTERVAL = 15_000;
const end = Math.floor((Date.now() - 60_000) / INTERVAL) * INTERVAL;

let prometheus: TestPrometheus;
beforeAll(async () => {
  prometheus = await startTestPrometheus();
}, 120_000);
afterAll(() => prometheus.stop());

/** Eight scrapes of a process that ran before, with three calls more in each context at each of them. */
function seriesOf(component: string, contexts: number): WrittenSeries[] {
  const instance = { job: "trimtab", instance: component };
  const samples = (value: (scrape: number) => number) =>
    Array.from({ length: 8 }, (_, scrape) => ({ time: end - (7 - scrape) * INTERVAL - 250, value: value(scrape) }));
  const start = { ...instance, __name__: "trimtab_process_start_time_seconds" };
  return [
    { labels: start, samples: samples(() => end / 1000 - 86_400) },
    ...Array.from({ length: contexts }, (_, context) => {
      const cell = { component, operation: "price", variant: "base-a", ctx_tenant: `tenant-${context}` };
      const labels = { ...instance, ...cell, outcome: "success", __name__: "trimtab_operation_calls_total" };
      return { labels, samples: samples((scrape) => 3 * scrape) };
    }),
  ];
}

describe("the questions of a cycle", () => {
  test.each([10, 1_000])("are six with %i contexts", async (contexts) => {
    const component = `shop-${contexts}`;
    await remoteWrite(prometheus.url, seriesOf(component, contexts));
    const asked: string[] = [];
    const source = createPrometheusSource({
      url: prometheus.url,
      scrapeIntervalMilliseconds: INTERVAL,
      timeoutMilliseconds: 60_000,
      observer: { onQuestion: (question) => void asked.push(question) },
    });
    const window = { from: end - 4 * INTERVAL, to: end };
    const { cells } = await source.readEvidence({ component, operation: "price", context: ["tenant"], window });
    await source.close();
    expect(asked.sort()).toEqual(["calls", "cost", "duration", "duration-buckets", "quality", "targets"]);
    const read = cells.kind === "value" ? cells.value : [];
    expect(read.length).toBe(contexts);
    expect(new Set(read.map(({ reading }) => JSON.stringify(reading)))).toEqual(
      new Set([JSON.stringify({ kind: "value", value: { success: 12, failure: 0, partial: 0 } })]),
    );
  });
});

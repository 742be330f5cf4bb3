import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { variantId } from "@trimtab/conventions";
import { beforeEach, expect, test } from "vitest";
import { parseExposition, type Sample, sumOf, valuesOfLabel } from "./exposition.test.support.ts";
import { configure, defineOperation, recordOperation, recordParameterPerformance } from "./index.ts";

let scrape: () => Promise<readonly Sample[]>;
const name = "generate_lyrics";
const operation = defineOperation({
  name,
  context: ["genre"],
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
});

beforeEach(() => {
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

test("an operation that is over is counted as a tracked one is", async () => {
  recordOperation(name, {
    context: { genre: "rock" },
    outcome: "failure",
    durationMilliseconds: 250,
    error: new TypeError("x"),
    quality: 0.25,
    cost: { amount: 3, unit: "tokens" },
  });
  const samples = await scrape();
  const labels = { operation: name, ctx_genre: "rock", variant: variantId({ temperature: 0.7 }, "baseline") };
  expect(sumOf(samples, "trimtab_operation_calls_total", { ...labels, outcome: "failure" })).toBe(1);
  expect(sumOf(samples, "trimtab_operation_calls_total", { ...labels, outcome: "success" })).toBe(0);
  expect(sumOf(samples, "trimtab_operation_duration_seconds_sum", labels)).toBe(0.25);
  expect(sumOf(samples, "trimtab_operation_duration_seconds_squares_total", labels)).toBe(0.0625);
  expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", labels)).toBe(0.25);
  expect(sumOf(samples, "trimtab_operation_cost_total", { ...labels, unit: "tokens" })).toBe(3);
  expect(sumOf(samples, "trimtab_operation_errors_total", { ...labels, error_type: "TypeError" })).toBe(1);
});

test("a duration that nobody measured is not counted as zero", async () => {
  recordOperation(name, { outcome: "success" });
  recordOperation(name, {
    outcome: "success",
    durationMilliseconds: Number.NaN,
    quality: 7,
    cost: { amount: Number.NaN, unit: "x" },
  });
  const samples = await scrape();
  expect(sumOf(samples, "trimtab_operation_calls_total", { outcome: "success" })).toBe(2);
  expect(sumOf(samples, "trimtab_operation_duration_seconds_count")).toBeUndefined();
  expect(sumOf(samples, "trimtab_operation_quality_ratio_count")).toBeUndefined();
  expect(sumOf(samples, "trimtab_operation_cost_total")).toBeUndefined();
});

test("an error that is a text is taken for its type", async () => {
  recordOperation(name, { outcome: "failure", error: "rate_limited" });
  recordOperation(name, { outcome: "failure" });
  expect(valuesOfLabel(await scrape(), "trimtab_operation_errors_total", "error_type")).toEqual(
    new Set(["rate_limited", "_OTHER"]),
  );
});

test("an outcome that is none is left out, and nothing is thrown whatever is recorded", async () => {
  recordOperation(name, { outcome: "maybe" as never });
  for (const bad of [undefined, null, 7, "x", { outcome: "success", context: 7, variant: 8 }])
    recordOperation(name, bad as never);
  for (const bad of [undefined, null, 7]) recordParameterPerformance(name, {}, { temperature: 0.7 }, bad as never);
  for (const bad of [undefined, null, { temperature: Number.NaN }])
    recordParameterPerformance(name, {}, bad as never, { success: true });
  expect(valuesOfLabel(await scrape(), "trimtab_operation_calls_total", "outcome")).not.toContain("maybe");
});

test("how a set of parameters performed reaches its variant", async () => {
  recordParameterPerformance(
    name,
    { genre: "rock" },
    { temperature: 0.6 },
    { success: true, quality: 0.9, durationMilliseconds: 10 },
  );
  operation.recordPerformance({ genre: "rock" }, { temperature: 0.7 }, { success: false });
  const samples = await scrape();
  const learnt = { ctx_genre: "rock", variant: variantId({ temperature: 0.6 }) };
  expect(sumOf(samples, "trimtab_operation_calls_total", { ...learnt, outcome: "success" })).toBe(1);
  expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", learnt)).toBe(0.9);
  const baseline = { variant: variantId({ temperature: 0.7 }, "baseline"), outcome: "failure" };
  expect(sumOf(samples, "trimtab_operation_calls_total", baseline)).toBe(1);
});

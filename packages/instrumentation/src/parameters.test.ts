import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { variantId } from "@trimtab/conventions";
import { beforeEach, expect, test } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import { configure, parameters, track } from "./index.ts";

let scrape: () => Promise<readonly Sample[]>;

beforeEach(() => {
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

const base = { level: 4 };
const variant = variantId(base, "baseline");

test("a question inside a call decides the variant that the call is labelled with", async () => {
  track("inside", {}, () => parameters("inside", {}, { base }));
  expect(
    sumOf(await scrape(), "trimtab_operation_calls_total", { operation: "inside", variant, outcome: "success" }),
  ).toBe(1);
});

test("an answer from before the call can be handed to it", async () => {
  const asked = parameters("before", {}, { base });
  track("before", {}, (call) => expect(call.parameters).toEqual(base), { parameters: asked });
  expect(
    sumOf(await scrape(), "trimtab_operation_calls_total", { operation: "before", variant, outcome: "success" }),
  ).toBe(1);
});

test("an operation that nobody declares is variant unknown, and its context is no label", async () => {
  track("plain", { user: "u-1" }, () => {});
  const samples = await scrape();
  expect(
    sumOf(samples, "trimtab_operation_calls_total", { operation: "plain", variant: "unknown", outcome: "success" }),
  ).toBe(1);
  expect(samples.some(({ labels }) => "ctx_user" in labels)).toBe(false);
});

test("answers are counted by source, once for a call however often it asks", async () => {
  const before = sumOf(await scrape(), "trimtab_parameters_served_total", { source: "base" }) ?? 0;
  parameters("count", {}, { base });
  track("count", {}, (call) => [call.parameters, call.parameters, parameters("count")]);
  track("count", {}, () => "asks for nothing");
  expect(sumOf(await scrape(), "trimtab_parameters_served_total", { source: "base" })).toBe(before + 2);
});

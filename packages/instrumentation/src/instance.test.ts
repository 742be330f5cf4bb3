import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { expect, test, vi } from "vitest";
import { parseExposition, sumOf } from "./exposition.test.support.ts";

test("two copies of the package count into the same series and know each other's calls", async () => {
  const first = await import("./index.ts");
  vi.resetModules();
  const second = await import("./index.ts");
  expect(second.track).not.toBe(first.track);

  const reader = new PrometheusExporter({ preventServerStart: true });
  first.configure({ meterProvider: new MeterProvider({ readers: [reader] }) });
  first.track("op", {}, (call) => {
    expect(second.currentOperation()).toBe(call);
  });
  second.track("op", {}, () => {});
  const page = new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics);
  expect(sumOf(parseExposition(page), "trimtab_operation_calls_total", { operation: "op", outcome: "success" })).toBe(
    2,
  );
});

test("a copy of another form keeps an instance of its own, and leaves the other one where it is", async () => {
  const key = Symbol.for("trimtab.instrumentation");
  const other = { form: 2 };
  const shared = globalThis as { [key]?: unknown };
  const before = shared[key];
  shared[key] = other;
  try {
    vi.resetModules();
    const copy = await import("./index.ts");
    expect(copy.track("op", {}, () => "ran")).toBe("ran");
    expect(shared[key]).toBe(other);
  } finally {
    shared[key] = before;
  }
});

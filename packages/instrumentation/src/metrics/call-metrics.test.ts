import { metrics } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { DURATION_BOUNDARIES_SECONDS, prometheusSeriesNames, serviceInstruments } from "@trimtab/conventions";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { parseExposition, type Sample, sumOf, valuesOfLabel } from "../exposition.test.support.ts";
import { Instrumentation } from "../instance.ts";
import type { CallOptions } from "../operation-handle.ts";
import type { InstrumentationOptions } from "../options.ts";
import type { TrackedCall } from "../tracked-call.ts";

interface Page {
  readonly provider: MeterProvider;
  readonly scrape: () => Promise<readonly Sample[]>;
}

function page(): Page {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [reader] });
  const scrape = async (): Promise<readonly Sample[]> =>
    parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
  return { provider, scrape };
}

function instrumented(options: InstrumentationOptions = {}): Instrumentation & { scrape: Page["scrape"] } {
  const { provider, scrape } = page();
  const made = new Instrumentation({ component: "shop", meterProvider: provider, ...options });
  made.metrics.refresh();
  return Object.assign(made, { scrape });
}

function call(
  shared: Instrumentation,
  name: string,
  context = {},
  options?: CallOptions,
  inside?: (call: TrackedCall) => void,
): void {
  const begun = shared.begin(name, context, options);
  if (begun === undefined) throw new Error("the call was not begun");
  inside?.(begun);
  begun.succeed(undefined);
}

function declare(shared: Instrumentation, name: string, context: readonly string[]): void {
  shared.operation(name).declare({ name, context, parameters: undefined });
}

afterEach(() => {
  metrics.disable();
});

describe("instruments", () => {
  test("work with an SDK that is registered after the first calls, and those calls harm nobody", async () => {
    const shared = new Instrumentation({ component: "shop" });
    call(shared, "early");
    const { provider, scrape } = page();
    metrics.setGlobalMeterProvider(provider);
    call(shared, "late");
    const samples = await scrape();
    expect(valuesOfLabel(samples, "trimtab_operation_calls_total", "operation")).toEqual(new Set(["late"]));
    expect(sumOf(samples, "trimtab_process_start_time_seconds")).toBeCloseTo(performance.timeOrigin / 1000, 3);
  });

  test("move to another provider, where everything starts at zero again", async () => {
    const shared = instrumented();
    call(shared, "op");
    const second = page();
    shared.configure({ meterProvider: second.provider });
    call(shared, "op");
    expect(sumOf(await second.scrape(), "trimtab_operation_calls_total", { outcome: "success" })).toBe(1);
    expect(sumOf(await shared.scrape(), "trimtab_operation_calls_total", { outcome: "success" })).toBe(1);
  });

  test("carry the names, labels and bounds of the contract, and nothing else", async () => {
    const shared = instrumented({ collectionLevel: "comprehensive" });
    declare(shared, "op", ["genre"]);
    call(shared, "op", { genre: "rock", user: "u-1" }, {}, (begun) => {
      begun.quality(0.5);
      begun.cost(1, "usd");
      begun.tokens({ input: 3, output: 1 });
      begun.engagement("share");
      begun.fail("x");
    });
    const { labels: context } = shared.operation("op").contexts.find({ genre: "rock" });
    shared.metrics.recordStop(shared.operation("op"), context, "v-challenger");
    const samples = await shared.scrape();
    const known = new Map(
      Object.values(serviceInstruments).flatMap((each) => prometheusSeriesNames(each).map((name) => [name, each])),
    );
    for (const { name, labels } of samples.filter((sample) => sample.name !== "target_info")) {
      const instrument = known.get(name);
      expect(instrument).toBeDefined();
      const allowed = [
        ...(instrument?.labels ?? []),
        ...(instrument?.hasContext ? ["ctx_genre"] : []),
        "le",
        "otel_scope_name",
      ];
      expect(allowed).toEqual(expect.arrayContaining(Object.keys(labels)));
    }
    const bounds = valuesOfLabel(samples, "trimtab_operation_duration_seconds_bucket", "le");
    expect(bounds.size).toBe(DURATION_BOUNDARIES_SECONDS.length + 1);
    const seen = new Set(samples.map(({ name }) => name));
    const missing = Object.values(serviceInstruments)
      .filter((instrument) => instrument !== serviceInstruments.parametersAge) // there was never a document
      .flatMap((instrument) => prometheusSeriesNames(instrument))
      .filter((name) => !seen.has(name));
    expect(missing).toEqual([]);
  });

  test("of level minimal have sums and counts, and no types of errors", async () => {
    const shared = instrumented({ collectionLevel: "minimal" });
    call(shared, "op", {}, {}, (begun) => {
      begun.quality(0.5);
      begun.fail("x");
    });
    const samples = await shared.scrape();
    expect(valuesOfLabel(samples, "trimtab_operation_duration_seconds_bucket", "le")).toEqual(new Set(["+Inf"]));
    expect(valuesOfLabel(samples, "trimtab_operation_quality_ratio_bucket", "le")).toEqual(new Set(["+Inf"]));
    expect(sumOf(samples, "trimtab_operation_duration_seconds_count")).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total")).toBeUndefined();
  });

  test("take other bounds for durations", async () => {
    const shared = instrumented({ durationBoundariesSeconds: [0.5, 2] });
    call(shared, "op");
    expect(valuesOfLabel(await shared.scrape(), "trimtab_operation_duration_seconds_bucket", "le")).toEqual(
      new Set(["0.5", "2", "+Inf"]),
    );
  });

  test("give the same series by way of another exporter", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter });
    const shared = new Instrumentation({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
    call(shared, "op");
    await reader.forceFlush();
    await reader.shutdown();
    const names = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap((scope) => scope.metrics.map((each) => each.descriptor.name)),
      );
    expect(names).toContain("trimtab.operation.calls");
  });
});

describe("series", () => {
  test("of all outcomes and of all variants that a context may get begin at zero with its first call", async () => {
    const shared = instrumented();
    const variant = (id: string, role: string, weight: number, level: number): object => ({
      id,
      role,
      weight,
      parameters: { level },
    });
    const problem = shared.parameters.apply(
      {
        schema: 1,
        revision: "1",
        issuedAt: "2026-11-20T10:00:00Z",
        exploreUntil: "2026-11-20T10:05:00Z",
        component: "shop",
        operations: {
          op: {
            context: ["genre"],
            holdoutSalt: "h",
            parameters: { level: { type: "integer", base: 1, min: 1, max: 9 } },
            allocations: [
              {
                context: {},
                salt: "s",
                variants: [
                  variant("base-x", "baseline", 0, 1),
                  variant("v-a", "incumbent", 1, 2),
                  variant("v-b", "challenger", 0, 3),
                ],
              },
            ],
          },
        },
      },
      [],
      { controllerTime: undefined },
    );
    expect(problem).toBeUndefined();
    call(shared, "op", { genre: "rock" });
    const samples = await shared.scrape();
    const counts = samples.filter(({ name }) => name === "trimtab_operation_calls_total");
    expect(counts).toHaveLength(9);
    expect(
      counts.filter(({ value }) => value === 1).map(({ labels }) => [labels["variant"], labels["outcome"]]),
    ).toEqual([["v-a", "success"]]);
  });

  test("past the limit collapse in their context alone; totals are exact, and it is counted", async () => {
    const shared = instrumented({ maximumContexts: 10 });
    declare(shared, "op", ["user"]);
    for (let round = 0; round < 3; round++) {
      for (let user = 0; user < 500; user++) {
        call(shared, "op", { user: `u-${user}` }, {}, (begun) => {
          if (user % 5 === 0) begun.fail();
        });
      }
    }
    const samples = await shared.scrape();
    const contexts = valuesOfLabel(samples, "trimtab_operation_calls_total", "ctx_user");
    expect(contexts.size).toBe(11);
    expect(contexts).toContain("__other__");
    expect(sumOf(samples, "trimtab_operation_calls_total", { outcome: "success" })).toBe(1200);
    expect(sumOf(samples, "trimtab_operation_calls_total", { outcome: "failure" })).toBe(300);
    expect(sumOf(samples, "trimtab_operation_duration_seconds_count")).toBe(1500);
    expect(sumOf(samples, "trimtab_label_values_collapsed_total")).toBe(3 * 490);
  });

  test("types of errors and units are bounded too", async () => {
    const shared = instrumented();
    for (let each = 0; each < 200; each++) {
      call(shared, "op", {}, {}, (begun) => {
        begun.fail(`error ${each}`);
        begun.cost(1, `unit ${each}`);
      });
    }
    const samples = await shared.scrape();
    expect(valuesOfLabel(samples, "trimtab_operation_errors_total", "error_type").size).toBe(51);
    expect(sumOf(samples, "trimtab_operation_errors_total")).toBe(200);
    expect(valuesOfLabel(samples, "trimtab_operation_cost_total", "unit").size).toBe(21);
    expect(sumOf(samples, "trimtab_operation_cost_total")).toBe(200);
  });
});

describe("the page stays readable", () => {
  const nasty = [
    '"',
    "\\",
    "\n",
    '\\"',
    "\\n",
    "\r\n",
    "\uD800",
    "\uDC00x",
    "\0",
    "x".repeat(10_000),
    "{}",
    '",evil="1',
    "=",
    "😀".repeat(100),
    "__proto__",
    " ",
    "\u2028",
  ];

  test("with every nasty value as context, operation, variant, error type and unit, and no value is lost", async () => {
    const shared = instrumented();
    for (const text of nasty) {
      declare(shared, text, ["genre"]);
      call(
        shared,
        text,
        { genre: text },
        { parameters: { values: {}, variant: text, revision: undefined, source: "base" } },
        (begun) => {
          begun.fail(text);
          begun.cost(1, text);
        },
      );
    }
    const samples = await shared.scrape();
    expect(sumOf(samples, "trimtab_operation_calls_total", { outcome: "failure" })).toBe(nasty.length);
    const expected = new Set(nasty.map((text) => text.slice(0, 128).toWellFormed()));
    for (const label of ["ctx_genre", "operation", "variant"]) {
      expect(valuesOfLabel(samples, "trimtab_operation_calls_total", label)).toEqual(expected);
    }
    expect(valuesOfLabel(samples, "trimtab_operation_errors_total", "error_type")).toEqual(expected);
    expect(valuesOfLabel(samples, "trimtab_operation_cost_total", "unit")).toEqual(expected);
  });

  test("whatever keys and values a document and a caller bring", async () => {
    const anyText = fc.string({ unit: "binary", maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText),
        fc.dictionary(anyText, anyText),
        anyText,
        async (keys, context, component) => {
          const shared = instrumented({ component });
          declare(shared, "op", [...keys, ...Object.keys(context), "le", "job", "operation", "a_b"]);
          call(shared, "op", { ...context, le: "1", operation: "x", a_b: "y" });
          const samples = await shared.scrape();
          expect(
            sumOf(samples, "trimtab_operation_calls_total", { outcome: "success", operation: "op", ctx_le: "1" }),
          ).toBe(1);
        },
      ),
    );
  });
});

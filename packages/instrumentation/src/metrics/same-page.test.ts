/** The same calls by way of the SDK's own instruments, of our producer, and of our page: three pages that say the same. */
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider, type MetricProducer } from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExposition } from "../exposition.test.support.ts";
import { Instrumentation } from "../instance.ts";
import type { InstrumentationOptions } from "../options.ts";
import type { CallMetrics } from "./call-metrics.ts";
import type { EndedCall } from "./measured-call.ts";

interface Workload {
  readonly operation: string;
  readonly context: { readonly genre?: string; readonly mood?: string };
  readonly variant: string;
  readonly call: EndedCall;
  readonly late: number | undefined;
}

const anyText = fc.constantFrom("rock", "jazz", 'a"b', "back\\slash", "line\nbreak", "é😀");
const orNothing = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const share = fc.oneof(fc.constantFrom(0, 0.05, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));

const workload: fc.Arbitrary<Workload> = fc.record({
  operation: fc.constantFrom("one", "two"),
  context: fc.record({ genre: anyText, mood: anyText }, { requiredKeys: [] }),
  variant: fc.constantFrom("base-a", "v-a", "unknown"),
  call: fc.record({
    outcome: fc.constantFrom("success" as const, "failure" as const, "partial" as const),
    durationMilliseconds: orNothing(
      fc.oneof(fc.constantFrom(0, 1, 1.5, 600_000), fc.double({ min: 0, max: 1e6, noNaN: true })),
    ),
    quality: orNothing(share),
    costs: orNothing(
      fc
        .record({ unit: anyText, amount: fc.double({ min: 0, max: 1e9, noNaN: true }) })
        .map(({ unit, amount }) => new Map([[unit, amount]])),
    ),
    errorType: orNothing(anyText),
    counts: orNothing(
      fc
        .record({ type: anyText, amount: fc.nat() })
        .map(({ type, amount }) => new Map([["engagement" as const, new Map([[type, amount]])]])),
    ),
    resources: orNothing(fc.constant({ cpuSeconds: 0.25, eventLoopDelaySeconds: 0.01, heapBytes: 1024 })),
  }),
  late: orNothing(share),
});

function run(shared: Instrumentation, work: readonly Workload[]): void {
  for (const name of ["one", "two"]) {
    shared.operation(name).declare({ name, context: ["genre", "mood"], parameters: undefined });
  }
  for (const { operation: name, context, variant, call, late } of work) {
    const operation = shared.operation(name);
    const { labels } = operation.contexts.find(context);
    shared.metrics.record(operation, labels, variant, call);
    if (late === undefined) continue;
    shared.metrics.recordLateQuality(operation, labels, variant, late);
    shared.metrics.recordLateCost(operation, labels, variant, late, "usd");
    shared.metrics.recordLateCount(operation, labels, variant, "tokens", "input", late);
  }
}

/** Comments and series as a set, without what tells only which library it was. */
function normalised(page: string): ReadonlySet<string> {
  const comments = page.split("\n").filter((line) => /^# (?:HELP|TYPE|UNIT) (?!target_info)/.test(line));
  const series = parseExposition(page.replace(/# no registered metrics$/, ""))
    .filter(({ name }) => name !== "target_info")
    .map(({ name, labels, value }) => {
      const own = Object.entries(labels).filter(([key]) => key !== "otel_scope_name");
      return JSON.stringify([name, own.sort(([left], [right]) => (left < right ? -1 : 1)), value]);
    });
  return new Set([...comments, ...series]);
}

async function pageOf(reader: PrometheusExporter): Promise<string> {
  return new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics);
}

function producerOf(metrics: CallMetrics): MetricProducer {
  const empty = {
    attributes: {},
    merge: <Other>(other: Other | null) => other ?? empty,
    getRawAttributes: (): [] => [],
  };
  return {
    collect: () =>
      Promise.resolve({
        resourceMetrics: {
          resource: empty as never,
          scopeMetrics: [{ scope: { name: "own" }, metrics: metrics.collect() }],
        },
        errors: [],
      }),
  };
}

test.each<InstrumentationOptions>([
  { collectionLevel: "standard" },
  { collectionLevel: "minimal" },
  { collectionLevel: "comprehensive", maximumContexts: 3, durationBoundariesSeconds: [0.5, 2] },
])("with %j", { timeout: 60_000 }, async (options) => {
  await fc.assert(
    fc.asyncProperty(fc.array(workload, { maxLength: 40 }), async (work) => {
      const reader = new PrometheusExporter({ preventServerStart: true });
      const meterProvider = new MeterProvider({ readers: [reader] });
      const throughSdk = new Instrumentation({ component: "shop", meterProvider, ...options });
      throughSdk.metrics.refresh();
      const throughCells = new Instrumentation({ component: "shop", ...options });
      throughCells.metrics.take();
      const producing = new PrometheusExporter({
        preventServerStart: true,
        metricProducers: [producerOf(throughCells.metrics)],
      });
      void new MeterProvider({ readers: [producing] });
      run(throughSdk, work);
      run(throughCells, work);

      const expected = normalised(await pageOf(reader));
      expect(normalised([...throughCells.metrics.pageText()].join(""))).toEqual(expected);
      expect(normalised(await pageOf(producing))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

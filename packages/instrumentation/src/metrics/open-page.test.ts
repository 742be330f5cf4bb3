/** Our own page in OpenMetrics, as a strict reader of the specification reads it. */
import { type SpanContext, type TracerProvider, trace } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { parseExposition, sumOf } from "../exposition.test.support.ts";
import { Instrumentation } from "../instance.ts";
import { type OpenSample, parseOpenMetrics, samplesOf } from "../open-metrics.test.support.ts";
import { ended, MINUTE, publish, watched } from "./cells.test.support.ts";

const CALLS = "trimtab_operation_calls_total";

/** Spans with ids that count up, recorded and sampled or not as it is told. */
class Spans {
  readonly made: SpanContext[] = [];
  isRecording = true;
  traceFlags = 1;
  readonly provider: TracerProvider = {
    getTracer: () => ({ startSpan: () => this.#start() }) as never,
  };

  #start(): unknown {
    const id = (this.made.length + 1).toString(16);
    const spanContext = { traceId: id.padStart(32, "a"), spanId: id.padStart(16, "b"), traceFlags: this.traceFlags };
    this.made.push(spanContext);
    const { isRecording } = this;
    let isOver = false;
    const span = trace.wrapSpanContext(spanContext);
    return Object.assign(Object.create(span) as object, {
      isRecording: () => isRecording && !isOver,
      end: () => {
        isOver = true;
      },
    });
  }
}

function withSpans(spans: Spans): Instrumentation {
  const shared = new Instrumentation({
    component: "shop",
    collectionLevel: "comprehensive",
    tracerProvider: spans.provider,
  });
  shared.metrics.take();
  return shared;
}

const openPageOf = (shared: Instrumentation): string =>
  `${[...shared.metrics.pageText("openmetrics")].join("")}# EOF\n`;
const openSamplesOf = (shared: Instrumentation): readonly OpenSample[] =>
  samplesOf(parseOpenMetrics(openPageOf(shared)));
const shownBy = (samples: readonly OpenSample[]): readonly OpenSample[] =>
  samples.filter(({ exemplar }) => exemplar !== undefined);

describe("the page", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom('"', "\\", "\n", "\0", '",le="1'),
  );
  const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
  const call = fc.record({ text, genre: text, score: fc.double({ min: 0, max: 1, noNaN: true }), amount });

  test("has the series of the plain one, and is OpenMetrics whatever callers pass", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 12 }), text, (calls, component) => {
        const spans = new Spans();
        const shared = new Instrumentation({
          component,
          collectionLevel: "comprehensive",
          tracerProvider: spans.provider,
        });
        shared.metrics.take();
        openPageOf(shared);
        for (const { text: said, genre, score, amount: spent } of calls) {
          shared.operation(said).declare({ name: said, context: ["genre"], parameters: undefined });
          const begun = shared.begin(said, { genre }, {});
          begun?.quality(score);
          begun?.cost(spent, said);
          begun?.engagement(said, spent);
          begun?.fail(said);
          begun?.succeed(undefined);
        }
        const open = openSamplesOf(shared);
        const plain = parseExposition([...shared.metrics.pageText()].join(""));
        expect(open.map(({ name, labels, value }) => ({ name, labels: { ...labels }, value }))).toEqual(plain);
        const known = new Set(spans.made.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
        for (const { exemplar } of shownBy(open)) {
          expect(known).toContain(`${exemplar?.labels["trace_id"]} ${exemplar?.labels["span_id"]}`);
        }
        expect(shownBy(open).length > 0).toBe(calls.length > 0);
      }),
      { numRuns: 60 },
    );
  });

  test("names families without _total, and tells a unit only where the name ends in it", () => {
    const shared = withSpans(new Spans());
    shared.begin("price", {}, {})?.succeed(undefined);
    const families = new Map(parseOpenMetrics(openPageOf(shared)).map((family) => [family.name, family]));
    const units = ["calls", "duration_seconds", "duration_seconds_squares", "resource_heap_bytes"].map((name) => {
      const { type, unit } = families.get(`trimtab_operation_${name}`) ?? {};
      return [name, type, unit];
    });
    expect(units).toEqual([
      ["calls", "counter", ""],
      ["duration_seconds", "histogram", "seconds"],
      ["duration_seconds_squares", "counter", ""],
      ["resource_heap_bytes", "counter", "bytes"],
    ]);
  });
});

describe("exemplars", () => {
  test("are the last call of each series that has one", () => {
    const spans = new Spans();
    const shared = withSpans(spans);
    openPageOf(shared);
    const startedAt = Date.now() / 1000;
    for (const score of [0.31, 0.32, 0.9]) {
      const call = shared.begin("price", {}, {});
      call?.quality(score);
      call?.cost(score, "usd");
      call?.tokens({ input: 100 * score });
      call?.succeed(undefined);
    }
    const failed = shared.begin("price", {}, {});
    failed?.fail("TIMEOUT");
    failed?.succeed(undefined);
    const [first, second, third, fourth] = spans.made.map(({ traceId }) => traceId);
    expect(first).toBeDefined();
    const shown = shownBy(openSamplesOf(shared));
    const of = (name: string, key: string): unknown =>
      shown
        .filter((sample) => sample.name === name)
        .map(({ labels, exemplar }) => [labels[key], exemplar?.labels["trace_id"], exemplar?.value]);
    expect(of(CALLS, "outcome")).toEqual([
      ["success", third, 1],
      ["failure", fourth, 1],
    ]);
    expect(of("trimtab_operation_quality_ratio_bucket", "le")).toEqual([
      ["0.35", second, 0.32],
      ["0.9", third, 0.9],
    ]);
    expect(of("trimtab_operation_cost_total", "unit")).toEqual([
      ["usd", third, 0.9],
      ["tokens", third, 90],
    ]);
    expect(of("trimtab_operation_tokens_total", "type")).toEqual([["input", third, 90]]);
    expect(of("trimtab_operation_errors_total", "error_type")).toEqual([["TIMEOUT", fourth, 1]]);
    expect(shown.some(({ name }) => name === "trimtab_operation_duration_seconds_bucket")).toBe(true);
    for (const { exemplar } of shown) expect(exemplar?.at).toBeGreaterThanOrEqual(startedAt - 0.001);
    expect(openPageOf(shared)).toContain(` # {trace_id="${third}",span_id="`);
    expect([...shared.metrics.pageText()].join("")).not.toContain("trace_id");
  });

  test("are kept of what happened elsewhere, too", () => {
    const spans = new Spans();
    const shared = withSpans(spans);
    openPageOf(shared);
    const operation = shared.operation("price");
    const { labels } = operation.contexts.find({});
    const span = spans.provider.getTracer("").startSpan("price");
    const call = ended({ durationMilliseconds: 700_000 });
    shared.metrics.record(operation, labels, "v", call);
    shared.metrics.exemplify(operation, labels, "v", call, span);
    const [last] = shownBy(openSamplesOf(shared)).filter(({ labels: { le } }) => le !== undefined);
    expect([last?.labels["le"], last?.exemplar?.value]).toEqual(["+Inf", 700]);
  });

  test.each([
    ["is not recorded", { isRecording: false }],
    ["is not sampled", { traceFlags: 0 }],
  ])("are never of a span that %s", (_, setting) => {
    const spans = Object.assign(new Spans(), setting);
    const shared = withSpans(spans);
    openPageOf(shared);
    shared.begin("price", {}, {})?.succeed(undefined);
    expect(spans.made).toHaveLength(1);
    expect(shownBy(openSamplesOf(shared))).toEqual([]);
  });

  test("are not kept before anybody reads OpenMetrics", () => {
    const shared = withSpans(new Spans());
    shared.begin("price", {}, {})?.succeed(undefined);
    [...shared.metrics.pageText()].join("");
    shared.begin("price", {}, {})?.succeed(undefined);
    expect(shownBy(openSamplesOf(shared))).toEqual([]);
    shared.begin("price", {}, {})?.succeed(undefined);
    expect(shownBy(openSamplesOf(shared))).not.toEqual([]);
  });

  test("a span that fails when it is asked harms neither the call nor its span", () => {
    const end = vi.fn<() => void>();
    const sampled = trace.wrapSpanContext({ traceId: "a", spanId: "b", traceFlags: 1 });
    const spanContext = (): never => {
      throw new Error("broken");
    };
    const broken = Object.assign(Object.create(sampled) as object, { isRecording: () => true, spanContext, end });
    const tracerProvider = { getTracer: () => ({ startSpan: () => broken }) as never };
    const shared = new Instrumentation({ component: "shop", tracerProvider });
    shared.metrics.take();
    openPageOf(shared);
    shared.begin("price", {}, {})?.succeed(undefined);
    const samples = openSamplesOf(shared);
    expect(sumOf(samples, CALLS)).toBe(1);
    expect(shownBy(samples)).toEqual([]);
    expect(end).toHaveBeenCalledOnce();
  });

  test("there is one for a series at most, however many calls there are", () => {
    const spans = new Spans();
    const shared = withSpans(spans);
    openPageOf(shared);
    for (let call = 0; call < 500; call++) {
      const begun = shared.begin("price", { n: `${call % 7}` }, {});
      begun?.fail(`E_${call}`);
      begun?.cost(1, `unit-${call}`);
      begun?.succeed(undefined);
    }
    const cells = openSamplesOf(shared).filter(({ exemplar }) => exemplar !== undefined);
    const counted = (name: string): number => cells.filter((sample) => sample.name === name).length;
    // Past the bounds of a cell all that follows is one series.
    expect([counted("trimtab_operation_errors_total"), counted("trimtab_operation_cost_total")]).toEqual([51, 21]);
    expect(counted(CALLS)).toBe(1);
  });

  test("go with the series of a retired variant, and do not come back with it", () => {
    const spans = new Spans();
    const watch = watched({ tracerProvider: spans.provider });
    const { shared, clock } = watch;
    const track = (variant: string): void => {
      shared
        .begin("price", {}, { parameters: { values: {}, variant, revision: undefined, source: "base" } })
        ?.succeed(undefined);
    };
    publish(watch, "price", ["base", "new"]);
    openPageOf(shared);
    track("old");
    const shown = (): unknown =>
      shownBy(openSamplesOf(shared)).filter(({ name, labels }) => name === CALLS && labels["variant"] === "old").length;
    expect(shown()).toBe(1);
    for (let minute = 0; minute < 15; minute++) {
      clock.milliseconds += MINUTE;
      openPageOf(shared);
    }
    expect(openPageOf(shared)).not.toContain('variant="old"');
    shared.metrics.record(
      shared.operation("price"),
      shared.operation("price").contexts.find({}).labels,
      "old",
      ended(),
    );
    for (let minute = 0; minute < 3; minute++) {
      clock.milliseconds += MINUTE;
      openPageOf(shared);
    }
    expect(openPageOf(shared)).toContain('variant="old"');
    expect(shown()).toBe(0);
  });
});

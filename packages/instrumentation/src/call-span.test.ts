import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { afterAll, beforeEach, expect, test } from "vitest";
import { configure, defineOperation, recordOperation, track } from "./index.ts";

type Processor = NonNullable<NodeSDKConfiguration["spanProcessors"]>[number];
type Finished = Parameters<Processor["onEnd"]>[0];

const finished: Finished[] = [];
const processor: Processor = {
  onStart() {},
  onEnd(span) {
    finished.push(span);
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
const sdk = new NodeSDK({
  spanProcessors: [processor],
  metricReaders: [],
  logRecordProcessors: [],
  resourceDetectors: [],
});
// After our tracer was made: the trace API's own stand-in passes later calls on.
configure({ component: "llm_orchestrator" });
sdk.start();

beforeEach(() => {
  finished.length = 0;
  configure({ collectionLevel: "standard" });
});

afterAll(() => sdk.shutdown());

test("a call is one span with what is known of it", async () => {
  const operation = defineOperation({
    name: "generate_lyrics",
    context: ["genre"],
    parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9 } },
  });
  await operation.track(
    { genre: "rock", user: "u-1" },
    async (call) => {
      call.quality(0.9);
      call.attribute("prompt.length", 120);
    },
    { metadata: { tenant: "acme" } },
  );
  const [span] = finished;
  expect(finished).toHaveLength(1);
  expect(span).toMatchObject({
    name: "generate_lyrics",
    kind: SpanKind.INTERNAL,
    status: { code: SpanStatusCode.UNSET },
  });
  const { variant } = operation.parameters();
  expect(span?.attributes).toEqual({
    "trimtab.component": "llm_orchestrator",
    "trimtab.operation": "generate_lyrics",
    "trimtab.variant": variant,
    "trimtab.outcome": "success",
    "trimtab.quality": 0.9,
    "trimtab.parameters.source": "base",
    "trimtab.context.genre": "rock",
    "trimtab.context.user": "u-1",
    "trimtab.parameter.temperature": 0.7,
    "trimtab.metadata.tenant": "acme",
    "trimtab.metadata.prompt.length": 120,
    "feature_flag.key": "llm_orchestrator.generate_lyrics",
    "feature_flag.result.variant": variant,
    "feature_flag.provider.name": "trimtab",
  });
});

test("a failed call has status ERROR, the type of the error, and the exception, whatever was thrown", async () => {
  await expect(track("op", {}, () => Promise.reject(new TypeError("no melody")))).rejects.toThrow("no melody");
  const thrown = track("op", {}, () => Promise.reject(undefined as unknown as Error));
  await expect(thrown).rejects.toBeUndefined();
  track("op", {}, (call) => call.fail("empty"));
  expect(finished.map(({ status }) => status)).toEqual([
    { code: SpanStatusCode.ERROR, message: "TypeError: no melody" },
    { code: SpanStatusCode.ERROR, message: "undefined" },
    { code: SpanStatusCode.ERROR },
  ]);
  expect(finished.map(({ attributes }) => attributes["error.type"])).toEqual(["TypeError", "undefined", "empty"]);
  expect(finished.map(({ events }) => events.map(({ name }) => name))).toEqual([["exception"], ["exception"], []]);
});

test("spans nest as the calls do, and the application's own spans belong to the call", async () => {
  await track("outer", {}, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    track("inner", {}, () => {
      trace.getTracer("application").startSpan("query").end();
    });
  });
  const [query, inner, outer] = finished;
  expect([query?.name, inner?.name, outer?.name]).toEqual(["query", "inner", "outer"]);
  expect(query?.parentSpanContext?.spanId).toBe(inner?.spanContext().spanId);
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(outer?.parentSpanContext).toBeUndefined();
});

test("an operation that is over is a span of its duration", () => {
  recordOperation("op", {
    context: { genre: "rock" },
    outcome: "failure",
    durationMilliseconds: 1500,
    error: new RangeError("x"),
    metadata: { run: 7 },
  });
  const [span] = finished;
  expect(span?.attributes).toMatchObject({
    "trimtab.outcome": "failure",
    "error.type": "RangeError",
    "trimtab.metadata.run": 7,
  });
  const [seconds = 0, nanoseconds = 0] = span?.duration ?? [];
  expect(seconds + nanoseconds / 1e9).toBeGreaterThanOrEqual(1.5);
  expect(span?.events).toHaveLength(1);
});

test("at level minimal, or with spans off, there are none", () => {
  configure({ collectionLevel: "minimal" });
  track("op", {}, () => {});
  configure({ collectionLevel: "standard", spans: false });
  track("op", {}, () => {});
  expect(finished).toEqual([]);
  configure({ spans: true });
  track("op", {}, () => {});
  expect(finished).toHaveLength(1);
});

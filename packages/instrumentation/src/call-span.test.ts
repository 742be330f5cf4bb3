import { context, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { CallSpans } from "./call-spans.ts";
import { configure, currentOperation, defineOperation, recordOperation, track } from "./index.ts";

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
  configure({ collectionLevel: "standard", spansRatio: 1 });
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

describe("with a share of the calls", () => {
  const ALMOST_NONE = 1e-12;
  const sampled = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: TraceFlags.SAMPLED,
  };

  test("about that share has a span, and no call inside a call that was left out begins a trace of its own", () => {
    configure({ spansRatio: 0.25 });
    for (let each = 0; each < 2000; each++) track("outer", {}, () => track("inner", {}, () => {}));
    const outer = finished.filter(({ name }) => name === "outer");
    expect(outer.length).toBeGreaterThan(350);
    expect(outer.length).toBeLessThan(650);
    expect(finished.filter(({ name }) => name === "inner")).toHaveLength(outer.length);
  });

  test("a caller that was sampled decides for its calls, and so does one that was not", () => {
    configure({ spansRatio: ALMOST_NONE });
    context.with(trace.setSpanContext(context.active(), sampled), () => track("inside", {}, () => {}));
    expect(finished.map(({ name }) => name)).toEqual(["inside"]);
    configure({ spansRatio: 1 });
    const unsampled = { ...sampled, traceFlags: TraceFlags.NONE };
    context.with(trace.setSpanContext(context.active(), unsampled), () => {
      track("inside", {}, () => {});
      expect(() => track("fails", {}, () => fail())).toThrow("no");
    });
    expect(finished).toHaveLength(1);
  });

  test("a failure that was left out is told after the fact, with its duration", async () => {
    configure({ spansRatio: ALMOST_NONE });
    track("works", { genre: "rock" }, () => {});
    const operation = defineOperation({ name: "fails", context: ["genre"] });
    await operation.track({ genre: "rock", user: "u-1" }, async () => fail()).catch(() => {});
    recordOperation("over", { outcome: "failure", durationMilliseconds: 1500 });
    recordOperation("over", { outcome: "success", durationMilliseconds: 1500 });
    expect(finished.map(({ name }) => name)).toEqual(["fails", "over"]);
    const [failed, over] = finished;
    expect(failed).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: "Error: no" } });
    expect(failed?.attributes["trimtab.context.genre"]).toBe("rock");
    expect(failed?.parentSpanContext).toBeUndefined();
    expect(over?.duration[0]).toBe(1);
  });

  test("ten failures in a second are told after the fact, not more", () => {
    let now = 0;
    const spans = new CallSpans({ ratio: 0.5, tracerProvider: undefined }, () => now, Math.random);
    const taken = (): number => Array.from({ length: 50 }, () => spans.takesFailure()).filter(Boolean).length;
    expect(taken()).toBe(10);
    now = 999;
    expect(taken()).toBe(0);
    now = 1000;
    expect(taken()).toBe(10);
  });

  test("of zero there is none, not even of a failure", () => {
    configure({ spansRatio: 0 });
    context.with(trace.setSpanContext(context.active(), sampled), () => {
      expect(() => track("fails", {}, () => fail())).toThrow("no");
    });
    expect(finished).toEqual([]);
  });

  test("the innermost call is found through calls with and without spans", async () => {
    const innermost = async (): Promise<string | undefined> => {
      await new Promise((resolve) => setImmediate(resolve));
      return currentOperation()?.operation;
    };
    configure({ spansRatio: ALMOST_NONE });
    await track("without", {}, async () => {
      await context.with(trace.setSpanContext(context.active(), sampled), () =>
        track("with", {}, async () => {
          expect(await innermost()).toBe("with");
          configure({ spansRatio: 0 });
          await track("without again", {}, async () => expect(await innermost()).toBe("without again"));
          expect(await innermost()).toBe("with");
        }),
      );
      expect(await innermost()).toBe("without");
    });
    expect(await innermost()).toBeUndefined();
  });

  test("what an application puts into the context of a call is there, and the call too", () => {
    const key = Symbol("mine");
    track("op", {}, () => {
      context.with(context.active().setValue(key, 7), () => {
        expect(context.active().getValue(key)).toBe(7);
        expect(currentOperation()?.operation).toBe("op");
        expect(context.active().deleteValue(key).getValue(key)).toBeUndefined();
      });
    });
  });
});

function fail(): never {
  throw new Error("no");
}

test("an error that cannot be looked at is a failure on the span too", () => {
  const thrown = new Proxy(new RangeError("hidden"), {
    get(target, name) {
      if (name === "message" || name === "name" || name === "stack") throw new TypeError("not for you");
      return Reflect.get(target, name) as unknown;
    },
  });
  let caught: unknown;
  try {
    track("guarded", {}, () => {
      throw thrown;
    });
  } catch (error) {
    caught = error;
  }
  expect(caught === thrown).toBe(true);
  expect(finished[0]?.status.code).toBe(SpanStatusCode.ERROR);
});

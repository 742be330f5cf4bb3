import type { IncomingMessage } from "node:http";
import { context, propagation, type Span, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { afterEach, describe, expect, test } from "vitest";
import { scopeFields } from "./log-scope.ts";
import { startRequestSpan } from "./request-span.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

function requestOf(traceparent?: string, method = "GET"): IncomingMessage {
  const headers = traceparent === undefined ? {} : { traceparent };
  return { method, url: "/v1/operations/shop?token=secret", headers } as IncomingMessage;
}

// First, because an SDK that was seen once is taken to stay.
describe("without an SDK", () => {
  test.each([
    ["as everybody writes it", `00-${TRACE}-${CALLER}-01`, TRACE],
    ["of a later version with more parts", `cc-${TRACE}-${CALLER}-01-what-comes-later`, TRACE],
    ["none", undefined, undefined],
    ["empty", "", undefined],
    ["with a part more than version 00 has", `00-${TRACE}-${CALLER}-01-more`, undefined],
    ["of the version that is forbidden", `ff-${TRACE}-${CALLER}-01`, undefined],
    ["with a trace of zeros", `00-${"0".repeat(32)}-${CALLER}-01`, undefined],
    ["with a caller of zeros", `00-${TRACE}-${"0".repeat(16)}-01`, undefined],
    ["in capitals", `00-${TRACE.toUpperCase()}-${CALLER}-01`, undefined],
    ["with a line break", `00-${TRACE}-${CALLER}-01\n`, undefined],
    ["too short", `00-${TRACE.slice(1)}-${CALLER}-01`, undefined],
  ])("a traceparent %s gives the trace of the caller, or none", (_, traceparent, expected) => {
    const span = startRequestSpan(requestOf(traceparent));
    expect(span.ids).toEqual(expected === undefined ? {} : { trace_id: expected });
    span.run({ requestId: "r-1" }, () => expect(scopeFields()).toEqual({ ...span.ids, requestId: "r-1" }));
    expect(scopeFields()).toEqual({});
    span.end("/v1/operations/{component}", 200);
  });
});

describe("with an SDK", () => {
  const ended: Ended[] = [];
  let sdk: NodeSDK;
  afterEach(async () => {
    await sdk.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
    ended.length = 0;
  });

  test.each([
    [200, undefined],
    [404, undefined],
    [500, "500"],
    [503, "503"],
  ])("status %i has the error type %s", (status, errorType) => {
    sdk = start(ended);
    startRequestSpan(requestOf(`00-${TRACE}-${CALLER}-01`)).end("/v1/operations/{component}", status);
    expect(ended).toHaveLength(1);
    const [span] = ended;
    expect(span?.name).toBe("GET /v1/operations/{component}");
    expect(span?.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: CALLER, isRemote: true });
    expect(span?.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/v1/operations/{component}",
      "http.response.status_code": status,
      "url.path": "/v1/operations/shop",
      "url.scheme": "http",
      ...(errorType === undefined ? {} : { "error.type": errorType }),
    });
    expect(span?.status.code).toBe(errorType === undefined ? 0 : 2);
  });

  test("a method that nobody knows makes no name of its own", () => {
    sdk = start(ended);
    startRequestSpan(requestOf(undefined, "BREW")).end("unknown", 404);
    expect(ended[0]).toMatchObject({
      name: "HTTP",
      attributes: { "http.request.method": "_OTHER", "http.request.method_original": "BREW" },
    });
    expect(ended[0]?.attributes).not.toHaveProperty("http.route");
  });
});

/** As much of an ended span as is looked at. */
interface Ended {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number };
  readonly parentSpanContext?: { readonly traceId: string; readonly spanId: string } | undefined;
}

function start(ended: Ended[]): NodeSDK {
  const keep = {
    onStart: (_span: Span): void => {},
    onEnd: (span: Ended): void => void ended.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const sdk = new NodeSDK({
    spanProcessors: [keep],
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
  });
  sdk.start();
  return sdk;
}

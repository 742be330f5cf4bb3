/**
 * The span of a request by the semantic conventions for HTTP servers, a child of the caller's. It costs what it records: nothing
 * without an SDK, an id where the sampler leaves it out.
 *
 * The query is not recorded: it holds contexts, and addresses of streams their capability.
 */
import type { IncomingMessage } from "node:http";
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { LogFields } from "@trimtab/engine";
import { withLogFields } from "./log-scope.ts";
import { isTraced, logIds, tracer } from "./tracer.ts";

/** A request that runs. */
export interface RequestSpan {
  /** What its log lines say: `trace_id`, and `span_id` where an SDK runs. */
  readonly ids: LogFields;
  /** Runs a part of the request: spans become its children, log lines carry the ids and the fields. */
  run<Result>(fields: LogFields, part: () => Result): Result;
  /** @param route The template of the address, or `unknown`. */
  end(route: string, status: number): void;
}

/** Version 00 is these four parts and no more; a later one may have more. An id of zeros is none. */
const TRACEPARENT =
  /^(?:00-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}|(?!00|ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?)$/;

const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "QUERY",
]);

/** Begins the span of a request. */
export function startRequestSpan(request: IncomingMessage): RequestSpan {
  return isTraced() ? startRecorded(request) : withoutSdk(request);
}

function startRecorded(request: IncomingMessage): RequestSpan {
  const method = METHODS.has(request.method ?? "") ? (request.method ?? "") : "_OTHER";
  const attributes = {
    "http.request.method": method,
    "url.path": (request.url ?? "").split("?", 1)[0],
    "url.scheme": "http",
    ...(method === "_OTHER" ? { "http.request.method_original": request.method } : {}),
  };
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const name = method === "_OTHER" ? "HTTP" : method;
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  const ids = logIds(span.spanContext());
  const active = trace.setSpan(parent, span);
  return {
    ids,
    run: (fields, part) => context.with(active, () => withLogFields(fields, part)),
    end(route, status) {
      if (!span.isRecording()) return;
      if (route !== "unknown") span.updateName(`${name} ${route}`).setAttribute("http.route", route);
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) span.setAttribute("error.type", String(status)).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function withoutSdk({ headers }: IncomingMessage): RequestSpan {
  const { traceparent } = headers;
  const found = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent) : null;
  if (found === null) return UNTRACED;
  const ids = { trace_id: found[1] ?? found[2] };
  return { ids, run: (fields, part) => withLogFields({ ...ids, ...fields }, part), end() {} };
}

const UNTRACED: RequestSpan = { ids: {}, run: withLogFields, end() {} };

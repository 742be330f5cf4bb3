/** The tracer of the controller's own spans. Without an OpenTelemetry SDK it makes none. */
import { isSpanContextValid, ProxyTracerProvider, type SpanContext, type Tracer, trace } from "@opentelemetry/api";
import type { LogFields } from "@trimtab/engine";
import { VERSION } from "../version.ts";

/** Makes every span of the controller. */
export const tracer: Tracer = trace.getTracer("@trimtab/controller", VERSION);

let sdkRuns = false;

/** Does an SDK take spans? Once one does, it is taken to stay. */
export function isTraced(): boolean {
  if (sdkRuns) return true;
  const provider = trace.getTracerProvider();
  sdkRuns =
    !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer("@trimtab/controller") !== undefined;
  return sdkRuns;
}

/** How a log line names a span: as OpenTelemetry does outside of its own protocol. */
export function logIds(span: SpanContext | undefined): LogFields {
  return span !== undefined && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

/** Spans of what the controller does by itself: learning cycles, questions to the metric source, deliveries of webhooks. */
import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { spanAttributes } from "@trimtab/conventions";
import type { Attempt, CycleOutcome, Delivery, FinishedPass, QuestionObserver } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { summaryOf } from "../decision-summary.ts";
import { withLogFields } from "./log-scope.ts";
import { tracer } from "./tracer.ts";

/**
 * Runs a learning cycle in a span of its own trace: several callers may share a cycle, and a timer that is set in one would
 * otherwise hang the next one under it.
 */
export async function traceCycle<Result extends FinishedPass["result"]>(
  policy: OperationPolicy,
  pass: () => Promise<Result>,
): Promise<Result> {
  const span = tracer.startSpan("learning cycle", { root: true, attributes: placeOf(policy) });
  return withLogFields({}, () =>
    context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
      try {
        const result = await pass();
        if (result.kind === "failed") fail(span, result.error);
        else describe(span, result.outcome);
        return result;
      } finally {
        span.end();
      }
    }),
  );
}

/** Runs a dry cycle, as a part of the request that asked for it. */
export function traceDryCycle(policy: OperationPolicy, run: () => Promise<CycleOutcome>): Promise<CycleOutcome> {
  const attributes = { ...placeOf(policy), "trimtab.cycle.dry": true };
  return tracer.startActiveSpan("learning cycle", { attributes }, async (span) => {
    try {
      const outcome = await run();
      describe(span, outcome);
      return outcome;
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Tells of each question that is asked within a span. Scrapes on a schedule belong to none. */
export const questionSpans: QuestionObserver = {
  onQuestion(question, seconds, kind) {
    if (trace.getActiveSpan()?.isRecording() !== true) return;
    const end = Date.now();
    const attributes = { "trimtab.question": question, "trimtab.reading": kind };
    const span = tracer.startSpan("source question", {
      kind: SpanKind.CLIENT,
      startTime: end - seconds * 1000,
      attributes,
    });
    if (kind !== "value" && kind !== "no-data")
      span.setAttribute(spanAttributes.errorType, kind).setStatus({ code: SpanStatusCode.ERROR });
    span.end(end);
  },
};

/** Runs an attempt to deliver a notice in a span of its own trace. `undefined`: it was broken off. */
export function traceDelivery(
  { hook, id, type }: Pick<Delivery, "hook" | "id" | "type">,
  attempt: () => Promise<Attempt | undefined>,
): Promise<Attempt | undefined> {
  const attributes = { "trimtab.webhook": hook, "trimtab.webhook.id": id, "trimtab.webhook.type": type };
  const options = { kind: SpanKind.CLIENT, root: true, attributes };
  return tracer.startActiveSpan("webhook delivery", options, ROOT_CONTEXT, async (span) => {
    try {
      const made = await attempt();
      if (made === undefined) return undefined;
      const status = /^HTTP (\d{3})$/.exec(made.answer)?.[1];
      if (status !== undefined) span.setAttribute("http.response.status_code", Number(status));
      if (made.status !== "delivered")
        span.setAttribute(spanAttributes.errorType, status ?? "failed").setStatus({ code: SpanStatusCode.ERROR });
      return made;
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

function placeOf({ component, operation }: OperationPolicy): Record<string, string> {
  return { [spanAttributes.component]: component, [spanAttributes.operation]: operation };
}

function describe(span: Span, outcome: CycleOutcome): void {
  span.setAttribute("trimtab.cycle.outcome", outcome.kind);
  if (outcome.kind !== "recorded") {
    span.setAttribute("trimtab.cycle.reason", outcome.reason);
    return;
  }
  const { cycle, decision } = outcome;
  span.setAttributes({ "trimtab.cycle.number": cycle, "trimtab.decision.id": decision.id });
  for (const [code, count] of Object.entries(summaryOf(decision).reasons))
    span.setAttribute(`trimtab.decision.reasons.${code}`, count);
}

/** An error's message is in the log line that carries the span's ids. */
function fail(span: Span, error: unknown): void {
  span
    .setAttribute(spanAttributes.errorType, error instanceof Error ? error.name : typeof error)
    .setStatus({ code: SpanStatusCode.ERROR });
}

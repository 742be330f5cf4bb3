/**
 * Which calls have a span: decided before the tracer is asked, because a span that the tracer then throws away costs almost as
 * much as one that it keeps.
 *
 *     the call runs inside a span        as that span was sampled
 *     it runs inside a tracked call      as that call was decided
 *     neither                            by chance, with the share that was set
 *
 * A call that chance left out and that fails is recorded after the fact, in a trace of its own.
 */
import {
  type Context,
  context,
  ProxyTracerProvider,
  type Span,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { type ContextInput, contextAttribute, spanAttributes } from "@trimtab/conventions";
import { SCOPE } from "./metrics/instruments.ts";
import { reportOwnFailure } from "./own-failure.ts";

/** What was decided for a call. Only one that was left out may have a span after the fact. */
export type SpanDecision = "span" | "left_out" | "none";

/** What decides about spans. */
export interface SpanSettings {
  /** Share of the calls that have a span, 0 to 1. */
  readonly ratio: number;
  /** Undefined: the global one. */
  readonly tracerProvider: TracerProvider | undefined;
}

/** What a span is named after. */
export interface SpannedOperation {
  readonly component: string;
  readonly name: string;
}

/** Failures that are recorded after the fact, per second: a service that is down must not be slowed by its spans. */
const MAXIMUM_FAILURES_PER_SECOND = 10;

/** What a stand-in passes calls on to as long as nobody has set a provider. */
const NO_PROVIDER: TracerProvider = new ProxyTracerProvider().getDelegate();

/** Decides about spans, and starts them. */
export class CallSpans {
  readonly #now: () => number;
  readonly #chance: () => number;
  #settings: SpanSettings;
  #tracer: Tracer;
  /** Once there is one, it stays. */
  #hasProvider = false;
  #secondBeganAt = Number.NEGATIVE_INFINITY;
  #failuresOfSecond = 0;

  /** @param now Milliseconds on a monotonic clock. @param chance Uniform in [0, 1). */
  constructor(settings: SpanSettings, now: () => number, chance: () => number) {
    this.#now = now;
    this.#chance = chance;
    this.#settings = settings;
    this.#tracer = tracerOf(settings);
  }

  /** Applies other settings, from the next call on. */
  configure(settings: SpanSettings): void {
    this.#settings = settings;
    this.#tracer = tracerOf(settings);
  }

  /** May any call have a span? Otherwise there is nothing to decide. */
  get areWanted(): boolean {
    const { ratio, tracerProvider } = this.#settings;
    if (ratio <= 0) return false;
    this.#hasProvider ||= tracerProvider !== undefined || hasGlobalProvider();
    return this.#hasProvider;
  }

  /**
   * @param outer What was decided for the tracked call that this one runs in.
   * @param active The OpenTelemetry context here, where somebody has asked for it already.
   */
  decide(outer: SpanDecision | undefined, active?: Context): SpanDecision {
    if (!this.areWanted) return "none";
    const { ratio } = this.#settings;
    const parent = trace.getSpan(active ?? context.active())?.spanContext();
    if (parent !== undefined && trace.isSpanContextValid(parent)) {
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? "none" : "span";
    }
    if (outer === "left_out") return "left_out";
    return ratio >= 1 || this.#chance() < ratio ? "span" : "left_out";
  }

  /** May this failure, which was left out, be recorded after the fact? Asking counts. */
  takesFailure(): boolean {
    const now = this.#now();
    if (now - this.#secondBeganAt >= 1000) {
      this.#secondBeganAt = now;
      this.#failuresOfSecond = 0;
    }
    return this.#failuresOfSecond++ < MAXIMUM_FAILURES_PER_SECOND;
  }

  /**
   * Starts a span that describes what is known at the start; undefined where there is no SDK. Never throws.
   *
   * @param startTime Milliseconds since 1970; for a call that is over.
   */
  start(operation: SpannedOperation, input: ContextInput, startTime?: number): Span | undefined {
    try {
      const span = this.#tracer.startSpan(operation.name, startTime === undefined ? {} : { startTime });
      if (!span.isRecording()) return trace.isSpanContextValid(span.spanContext()) ? span : undefined;
      span.setAttribute(spanAttributes.component, operation.component);
      span.setAttribute(spanAttributes.operation, operation.name);
      for (const [key, value] of Object.entries(input)) {
        if (value !== null && value !== undefined) span.setAttribute(contextAttribute(key), value);
      }
      return span;
    } catch (error) {
      reportOwnFailure("starting a span", error);
      return undefined;
    }
  }
}

function tracerOf({ tracerProvider }: SpanSettings): Tracer {
  return (tracerProvider ?? trace).getTracer(SCOPE);
}

function hasGlobalProvider(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== NO_PROVIDER;
}

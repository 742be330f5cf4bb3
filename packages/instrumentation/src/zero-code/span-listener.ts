/**
 * Hears of the spans of whatever SDK the service has, before or after it starts. There is no public way to add a processor to a provider
 * that runs: generation 1 has a method for it, the others keep a list, of which the form is checked before it is touched.
 */
import { type ProxyTracerProvider, type TracerProvider, trace } from "@opentelemetry/api";
import { OTHER_CONTEXT_VALUE, spanAttributes, type VariantId } from "@trimtab/conventions";
import { instrumentation } from "../instance.ts";
import { defineOperation } from "../operation.ts";
import { describeError, reportOwnFailure, warnOnce } from "../own-failure.ts";
import { recordOperation } from "../record-operation.ts";
import type { SpanRules } from "./configuration.ts";
import type { HttpOperations } from "./http-operations.ts";
import { type EndedSpan, requestOfSpan, type SpanOperation, spanClassifier } from "./span-operations.ts";

/** Looks for a provider that came on another way than through our copy of the API, in milliseconds after the start. */
const LOOKS_MILLISECONDS = [0, 100, 1000, 10_000];

/** Operations that are named after queues and systems; a service that makes queues of data has more. */
const MAXIMUM_OPERATIONS = 500;

/** A span that can still be written on. */
interface EndingSpan extends EndedSpan {
  setAttribute(key: string, value: string): unknown;
}

/** What a span processor of any generation has. */
interface SpanListener {
  onStart(): void;
  /** From generation 2 on, when all of the span is known and before anybody takes it. */
  onEnding(span: EndingSpan): void;
  onEnd(span: EndedSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

interface ProviderWithProcessors {
  addSpanProcessor?(processor: SpanListener): void;
  readonly _activeSpanProcessor?: { readonly _spanProcessors?: unknown };
}

/** Listens from now on. */
export function listenToSpans(rules: SpanRules, requests: HttpOperations, tell: (message: string) => void): void {
  const listener = spanListener(rules, requests);
  const listened = new WeakSet();
  let isListening = false;
  const join = (provider: unknown): void => {
    try {
      const delegate = delegateOf(provider);
      if (typeof delegate !== "object" || delegate === null || listened.has(delegate)) return;
      if (!addListener(delegate, listener)) return;
      listened.add(delegate);
      isListening = true;
    } catch (error) {
      tell(`spans cannot be listened to: ${describeError(error)}`);
    }
  };
  join(trace.getTracerProvider());
  const proxy = trace.getTracerProvider() as { setDelegate?: (delegate: TracerProvider) => void };
  const setDelegate = proxy.setDelegate?.bind(proxy);
  if (setDelegate !== undefined) {
    proxy.setDelegate = (delegate) => {
      setDelegate(delegate);
      join(delegate);
    };
  }
  LOOKS_MILLISECONDS.forEach((after, at) => {
    setTimeout(() => {
      if (!isListening) join(trace.getTracerProvider());
      if (isListening || at < LOOKS_MILLISECONDS.length - 1) return;
      tell(
        "the rules for spans track nothing: there is no OpenTelemetry SDK whose spans can be listened to. Install instrumentations " +
          "that make spans, or set OTEL_TRACES_EXPORTER",
      );
    }, after).unref();
  });
}

function delegateOf(provider: unknown): unknown {
  const proxy = provider as Partial<ProxyTracerProvider>;
  return typeof proxy.getDelegate === "function" ? proxy.getDelegate() : provider;
}

function addListener(provider: ProviderWithProcessors, listener: SpanListener): boolean {
  if (typeof provider.addSpanProcessor === "function") {
    provider.addSpanProcessor(listener);
    return true;
  }
  const processors = provider._activeSpanProcessor?._spanProcessors;
  if (!Array.isArray(processors)) return false;
  processors.push(listener);
  return true;
}

function spanListener(rules: SpanRules, requests: HttpOperations): SpanListener {
  const classify = spanClassifier(rules);
  const named = new Set((rules.rules ?? []).map(({ operation }) => operation));
  const declared = new Set<string>();
  const bounded = (found: SpanOperation): SpanOperation => {
    const { operation } = found;
    if (declared.has(operation) || named.has(operation) || declared.size < MAXIMUM_OPERATIONS) return found;
    warnOnce(
      "zero-code spans",
      `spans name more than ${MAXIMUM_OPERATIONS} operations: further ones are ${OTHER_CONTEXT_VALUE}`,
    );
    return { ...found, operation: OTHER_CONTEXT_VALUE, context: {} };
  };
  const marked = new WeakMap<EndedSpan, MarkedOperation>();
  const operationOf = (span: EndedSpan): MarkedOperation | undefined => {
    if (span.attributes[spanAttributes.operation] !== undefined) return undefined; // one of ours
    if (rules.http === true && requestOfSpan(span) !== undefined) return undefined;
    const classified = classify(span);
    if (classified === undefined) return undefined;
    const found = bounded(classified);
    return { found, variant: variantOf(found, declared) };
  };
  return {
    onStart: () => {},
    onEnding: (span) => {
      try {
        const operation = operationOf(span);
        if (operation === undefined) return;
        marked.set(span, operation);
        mark(span, operation);
      } catch (error) {
        reportOwnFailure("marking a span with its operation", error);
      }
    },
    onEnd: (span) => {
      try {
        const request = rules.http === true ? requestOfSpan(span) : undefined;
        if (request !== undefined) {
          const durationMilliseconds = span.duration[0] * 1000 + span.duration[1] / 1e6;
          return requests.record({ ...request, durationMilliseconds, isAborted: false });
        }
        const operation = marked.get(span) ?? operationOf(span);
        if (operation !== undefined) record(operation);
      } catch (error) {
        reportOwnFailure("turning a span into an operation", error);
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

interface MarkedOperation {
  readonly found: SpanOperation;
  readonly variant: VariantId;
}

function variantOf({ operation: name, context }: SpanOperation, declared: Set<string>): VariantId {
  if (name !== OTHER_CONTEXT_VALUE && !declared.has(name)) {
    declared.add(name);
    defineOperation({ name, context: Object.keys(context) });
  }
  const { main } = instrumentation();
  const operation = main.operation(name);
  return main.parameters.onlyVariant(operation, operation.contexts.find(context).context);
}

/** As the metrics count it, so that whoever looks at the series finds the span. */
function mark(span: EndingSpan, { found, variant }: MarkedOperation): void {
  span.setAttribute(spanAttributes.component, instrumentation().main.name);
  span.setAttribute(spanAttributes.operation, found.operation);
  span.setAttribute(spanAttributes.outcome, found.outcome);
  span.setAttribute(spanAttributes.variant, variant);
}

function record({ found, variant }: MarkedOperation): void {
  const { operation, context, outcome, durationMilliseconds, errorType, tokens } = found;
  recordOperation(operation, {
    context,
    outcome,
    variant,
    durationMilliseconds,
    error: errorType,
    ...(tokens === undefined ? {} : { tokens }),
    span: false,
  });
}

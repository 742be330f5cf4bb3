/**
 * Which operation a span of somebody else is. Pure. The names of attributes are those of the OpenTelemetry semantic conventions, in their
 * newest form first; instrumentations of the last years still write the older ones.
 */
import { type Outcome, operationNameProblem } from "@trimtab/conventions";
import type { SpanRule, SpanRules } from "./configuration.ts";
import { matcher } from "./pattern.ts";

/** What is read of a span that has ended, of any generation of the SDK. */
export interface EndedSpan {
  readonly name: string;
  /** `SpanKind`: 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `SpanStatusCode`: 2 is an error. */
  readonly status: { readonly code: number };
  /** Seconds and nanoseconds. */
  readonly duration: readonly [number, number];
}

/** The operation that a span is. */
export interface SpanOperation {
  readonly operation: string;
  /** Keys in the order of their declaration. */
  readonly context: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly outcome: Outcome;
  readonly errorType: string | undefined;
  readonly durationMilliseconds: number;
  readonly tokens?: { readonly input?: number; readonly output?: number };
}

/** The route, method and status of a server span; it is recorded as all requests are. */
export interface SpanRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

const SERVER = 1;
const CLIENT = 2;
const CONSUMER = 4;
const ERROR = 2;
const QUERY = /^\s*(select|insert|update|delete|merge|create|drop|alter|truncate|with|begin|commit|rollback|call)\b/i;
/** Reasons to end early: what there is, is a part of what was asked for. */
const CUT_SHORT = new Set(["length", "max_tokens", "max_output_tokens", "content_filter", "incomplete"]);

/** A reason to end that makes a partial success. */
export function isCutShort(finishReason: unknown): boolean {
  return typeof finishReason === "string" && CUT_SHORT.has(finishReason);
}

/** What a server span with a route says of its request. */
export function requestOfSpan({ kind, attributes }: EndedSpan): SpanRequest | undefined {
  const route = text(attributes["http.route"]);
  const method = text(attributes["http.request.method"] ?? attributes["http.method"]);
  if (kind !== SERVER || route === undefined || method === undefined) return undefined;
  return {
    method,
    route,
    status: Number(attributes["http.response.status_code"] ?? attributes["http.status_code"] ?? 0),
  };
}

/** A compiled list of rules: the first that fits says what a span is. */
export function spanClassifier(rules: SpanRules): (span: EndedSpan) => SpanOperation | undefined {
  const classifiers = [
    ...(rules.rules ?? []).map(ownRule),
    ...(rules.genAi === true ? [genAi] : []),
    ...(rules.database === true ? [database] : []),
    ...(rules.messaging === true ? [messaging] : []),
  ];
  return (span) => {
    for (const classify of classifiers) {
      const found = classify(span);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function ownRule(rule: SpanRule): (span: EndedSpan) => SpanOperation | undefined {
  const hasName = matcher(rule.name ?? "*");
  const wanted = Object.entries(rule.attributes ?? {}).map(([key, value]) => {
    const matches = matcher(String(value));
    return (attributes: EndedSpan["attributes"]) => {
      const found = labelOf(attributes[key]);
      return found !== undefined && matches(String(found));
    };
  });
  const context = Object.entries(rule.context ?? {});
  return (span) => {
    if (!hasName(span.name) || !wanted.every((has) => has(span.attributes))) return undefined;
    return ended(
      span,
      rule.operation,
      Object.fromEntries(context.map(([key, attribute]) => [key, labelOf(span.attributes[attribute])])),
    );
  };
}

function database(span: EndedSpan): SpanOperation | undefined {
  const { attributes, kind } = span;
  const system = text(attributes["db.system.name"] ?? attributes["db.system"]);
  if (kind !== CLIENT || system === undefined) return undefined;
  const query = text(attributes["db.query.text"] ?? attributes["db.statement"]);
  const named = text(attributes["db.operation.name"] ?? attributes["db.operation"]) ?? QUERY.exec(query ?? "")?.[1];
  const operation = named?.toUpperCase();
  const collection = text(
    attributes["db.collection.name"] ?? attributes["db.sql.table"] ?? attributes["db.mongodb.collection"],
  );
  return ended(span, legal(`${system}_${operation?.toLowerCase() ?? "query"}`), {
    system,
    db_operation: operation,
    collection,
  });
}

function messaging(span: EndedSpan): SpanOperation | undefined {
  const { attributes, kind } = span;
  const system = text(attributes["messaging.system"]);
  const type = text(attributes["messaging.operation.type"] ?? attributes["messaging.operation"]);
  if (system === undefined || !(kind === CONSUMER || type === "process" || type === "receive")) return undefined;
  const isPassing =
    attributes["messaging.destination.temporary"] === true || attributes["messaging.destination.anonymous"] === true;
  const destination = isPassing
    ? "__temporary__"
    : text(
        attributes["messaging.destination.template"] ??
          attributes["messaging.destination.name"] ??
          attributes["messaging.destination"],
      );
  return ended(span, legal(`${type === "receive" ? "receive" : "process"}_${destination ?? system}`), {
    system,
    destination,
  });
}

function genAi(span: EndedSpan): SpanOperation | undefined {
  const { attributes } = span;
  const work = text(attributes["gen_ai.operation.name"]);
  if (work === undefined) return undefined;
  const reasons = attributes["gen_ai.response.finish_reasons"];
  const finishReason = Array.isArray(reasons) ? (reasons as readonly unknown[])[0] : reasons;
  const found = ended(span, legal(`gen_ai_${work}`), {
    provider: text(attributes["gen_ai.provider.name"] ?? attributes["gen_ai.system"]),
    model: text(attributes["gen_ai.request.model"] ?? attributes["gen_ai.response.model"]),
    finish_reason: text(finishReason),
  });
  const outcome = found.outcome === "success" && isCutShort(finishReason) ? "partial" : found.outcome;
  const input = attributes["gen_ai.usage.input_tokens"] ?? attributes["gen_ai.usage.prompt_tokens"];
  const output = attributes["gen_ai.usage.output_tokens"] ?? attributes["gen_ai.usage.completion_tokens"];
  return { ...found, outcome, tokens: { ...amount("input", input), ...amount("output", output) } };
}

function ended(span: EndedSpan, operation: string, context: SpanOperation["context"]): SpanOperation {
  const { attributes, duration, status } = span;
  const isFailure = status.code === ERROR;
  const type = attributes["error.type"] ?? attributes["exception.type"] ?? attributes["db.response.status_code"];
  return {
    operation,
    context,
    outcome: isFailure ? "failure" : "success",
    errorType: isFailure ? (text(type) ?? undefined) : undefined,
    durationMilliseconds: duration[0] * 1000 + duration[1] / 1e6,
  };
}

/** Whatever a system or a queue is called, the name of the operation is a legal one. */
function legal(name: string): string {
  const cut = name.replaceAll(/[^A-Za-z0-9_.-]+/g, "_").slice(0, 100);
  return operationNameProblem(cut) === undefined ? cut : `span_${cut}`;
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function labelOf(value: unknown): string | number | boolean | undefined {
  return typeof value === "boolean" ? value : text(value);
}

function amount(name: "input" | "output", value: unknown): { readonly [Name in "input" | "output"]?: number } {
  return typeof value === "number" && value >= 0 ? { [name]: value } : {};
}

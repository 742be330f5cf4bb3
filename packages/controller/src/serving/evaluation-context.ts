/** The context of a remote evaluation: what the protocol allows, and what of it concerns an operation. */
import { type Context, type ContextInput, canonicalContext } from "@trimtab/conventions";

/** Why an evaluation failed, by the protocol's codes. */
export type EvaluationErrorCode = "PARSE_ERROR" | "INVALID_CONTEXT" | "FLAG_NOT_FOUND" | "GENERAL";

/** An evaluation that cannot be made; it becomes an answer of the protocol. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
  readonly code: EvaluationErrorCode;

  constructor(code: EvaluationErrorCode, details: string) {
    super(details);
    this.code = code;
  }
}

/** What a caller says of itself. */
export interface EvaluationContext {
  /** Who or what is to stay with one variant; undefined where the caller does not tell. */
  readonly targetingKey: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const NOTHING: EvaluationContext = { targetingKey: undefined, attributes: {} };

/**
 * Reads the body of an evaluation. An empty body, or one without a context, is an evaluation without any.
 *
 * @throws {EvaluationError} PARSE_ERROR where it is no JSON object, INVALID_CONTEXT where the context is none.
 */
export function parseEvaluation(body: string): EvaluationContext {
  if (body === "") return NOTHING;
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    throw new EvaluationError("PARSE_ERROR", "The body is no JSON.");
  }
  if (!isObject(request))
    throw new EvaluationError("PARSE_ERROR", 'The body is no JSON object; write {"context": {"targetingKey": "…"}}.');
  const context = Object.hasOwn(request, "context") ? request["context"] : undefined;
  if (context === undefined) return NOTHING;
  if (!isObject(context)) throw new EvaluationError("INVALID_CONTEXT", "context is no object.");
  const key = Object.hasOwn(context, "targetingKey") ? context["targetingKey"] : undefined;
  if (key !== undefined && key !== null && typeof key !== "string")
    throw new EvaluationError("INVALID_CONTEXT", "context.targetingKey is no text.");
  return { targetingKey: key === null || key === "" ? undefined : key, attributes: context };
}

/**
 * The attributes that are an operation's context keys, in canonical form; others are ignored.
 *
 * @throws {EvaluationError} INVALID_CONTEXT where one of them is neither text nor number nor boolean.
 */
export function contextFor(attributes: Readonly<Record<string, unknown>>, declaredKeys: readonly string[]): Context {
  for (const name of declaredKeys) {
    const value = attributes[name];
    if (typeof value === "object" && value !== null && Object.hasOwn(attributes, name))
      throw new EvaluationError(
        "INVALID_CONTEXT",
        `context.${name} is ${Array.isArray(value) ? "a list" : "an object"}; the operation's context keys take a text, a number or a boolean.`,
      );
  }
  return canonicalContext(attributes as ContextInput, declaredKeys);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

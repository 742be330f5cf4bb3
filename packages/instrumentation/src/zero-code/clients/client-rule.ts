/** Which rule holds for a call of a client, and which of the adapted parameters it gets. */
import { type ContextInput, type ParameterValue, UNKNOWN_VARIANT } from "@trimtab/conventions";
import { defineOperation } from "../../operation.ts";
import type { ServedParameters } from "../../parameters/served-parameters.ts";
import type { ClientRule } from "../configuration.ts";
import { matcher, valueAt } from "../pattern.ts";

/** A rule that is ready to be asked for every call. */
export interface CompiledRule {
  readonly rule: ClientRule;
  readonly matches: (request: unknown) => boolean;
  readonly contextOf: (request: unknown) => ContextInput;
}

/** Declares the operation of a rule, and makes the rule ready. */
export function compileRule(rule: ClientRule): CompiledRule {
  const wanted = Object.entries(rule.match ?? {}).map(([path, pattern]) => ({
    path: path.split("."),
    matches: matcher(pattern),
  }));
  const context = Object.entries(rule.context ?? {}).map(([key, path]) => [key, path.split(".")] as const);
  defineOperation({ name: rule.operation, context: Object.keys(rule.context ?? {}) });
  return {
    rule,
    matches: (request) =>
      wanted.every(({ path, matches }) => {
        const value = labelOf(valueAt(request, path));
        return value !== undefined && matches(String(value));
      }),
    contextOf: (request) => Object.fromEntries(context.map(([key, path]) => [key, labelOf(valueAt(request, path))])),
  };
}

/** What a call is changed to. */
export interface Applied {
  /** Fields that are set. */
  readonly fields: Readonly<Record<string, ParameterValue>>;
  /** The answer with the variant that the call really has. */
  readonly answer: ServedParameters;
}

/** The parameters that a call gets. Where the caller's own values stand against the variant, the call is of no variant. */
export function appliedTo(
  request: Readonly<Record<string, unknown>>,
  { apply = [], precedence = "adapted" }: ClientRule,
  answer: ServedParameters,
): Applied {
  const fields: Record<string, ParameterValue> = {};
  let isVariant = true;
  for (const name of apply) {
    const value = answer.values[name];
    if (value === undefined) continue;
    const own = request[name];
    if (!isFit(name, value)) isVariant = false;
    else if (precedence === "adapted" || own === undefined || own === null) fields[name] = value;
    else if (own !== value) isVariant = false;
  }
  return { fields, answer: isVariant ? answer : { ...answer, variant: UNKNOWN_VARIANT } };
}

/** A number where the client takes one; a name where it takes a name. */
function isFit(name: string, value: ParameterValue): boolean {
  const isName = name === "model" || name === "reasoning_effort";
  return isName ? typeof value === "string" && value !== "" : typeof value === "number" && Number.isFinite(value);
}

function labelOf(value: unknown): string | number | boolean | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}

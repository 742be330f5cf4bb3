/** The answer to one evaluation: from the parameters of this process, at once. */
import {
  ErrorCode,
  type EvaluationContext,
  type FlagMetadata,
  type JsonValue,
  type ResolutionDetails,
  StandardResolutionReasons,
} from "@openfeature/server-sdk";
import { type Context, type ContextInput, contextId } from "@trimtab/conventions";
import type { ServedParameters } from "../parameters/served-parameters.ts";
import { parametersIn } from "../parameters.ts";
import type { TrackedComponent } from "../tracked-component.ts";
import type { TrackedOperation } from "../tracked-operation.ts";
import { findFlag } from "./flag-keys.ts";
import { runningCall } from "./running-call.ts";

/** Evaluates a flag. Never throws for what the application asks: an answer with an error code has the default value. */
export function evaluateFlag<Value extends JsonValue>(
  component: TrackedComponent,
  key: string,
  defaultValue: Value,
  type: "boolean" | "string" | "number" | "object",
  context: EvaluationContext,
): ResolutionDetails<Value> {
  const flag = findFlag(component, key);
  if (flag === undefined) return notFound(component, key, defaultValue);
  const { operation, parameter } = flag;
  const input = contextOf(context);
  const given = operation.contexts.find(input).context;
  // A question that says nothing of the context is about the call that is running, if there is one.
  const isOpen = Object.keys(given).length === 0;
  const asked = isOpen ? undefined : input;
  const served = (isOpen ? runningCall(component, operation.name)?.found.context : undefined) ?? given;
  const answer = parametersIn(component.name, operation.name, asked, keyOf(context));
  const value: unknown = parameter === undefined ? answer.values : answer.values[parameter];
  if (typeof value !== type) {
    return {
      value: defaultValue,
      reason: StandardResolutionReasons.ERROR,
      errorCode: ErrorCode.TYPE_MISMATCH,
      errorMessage: `flag "${key}" is of type ${typeof value}, not ${type}`,
    };
  }
  return { value: value as Value, variant: answer.variant, ...explain(operation, served, answer, component.name) };
}

/** The attributes that can be a context: what has one obvious spelling as a label. */
export function contextOf(context: EvaluationContext): ContextInput {
  const input: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") input[name] = value;
  }
  return input;
}

/** The sticky key of an evaluation. */
export function keyOf({ targetingKey }: EvaluationContext): { readonly key?: string } {
  return typeof targetingKey === "string" && targetingKey !== "" ? { key: targetingKey } : {};
}

/**
 *     DEFAULT           base values of the code: the controller says nothing of the operation
 *     STATIC            every call has these values
 *     TARGETING_MATCH   every call of this context has these values
 *     SPLIT             one of several variants, by the key or by chance
 */
function explain(
  operation: TrackedOperation,
  served: Context,
  { source, revision }: ServedParameters,
  component: string,
): Pick<ResolutionDetails<JsonValue>, "reason" | "flagMetadata"> {
  const allocation = source === "base" ? undefined : operation.allocations?.find(served);
  const flagMetadata: FlagMetadata = { component, operation: operation.name, source };
  if (revision !== undefined) flagMetadata["revision"] = revision;
  if (allocation === undefined) return { reason: StandardResolutionReasons.DEFAULT, flagMetadata };
  flagMetadata["context"] = contextId(allocation.context);
  if (allocation.exploring.length > 1) return { reason: StandardResolutionReasons.SPLIT, flagMetadata };
  const isForAll = Object.keys(allocation.context).length === 0;
  const reason = isForAll ? StandardResolutionReasons.STATIC : StandardResolutionReasons.TARGETING_MATCH;
  return { reason, flagMetadata };
}

function notFound<Value>(component: TrackedComponent, key: string, defaultValue: Value): ResolutionDetails<Value> {
  return {
    value: defaultValue,
    reason: StandardResolutionReasons.ERROR,
    errorCode: ErrorCode.FLAG_NOT_FOUND,
    errorMessage: `neither the code nor the controller knows "${key}" as an operation of component "${component.name}", or as one of its parameters`,
  };
}

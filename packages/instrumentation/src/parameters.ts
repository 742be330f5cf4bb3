/** Parameters for the code that asks, at once. */
import type { ContextInput, ParameterValues } from "@trimtab/conventions";
import { instrumentation } from "./instance.ts";
import { stickyKey } from "./operation-handle.ts";
import { reportOwnFailure } from "./own-failure.ts";
import { rememberAssignment } from "./parameters/assigned-answer.ts";
import type { ServedParameters } from "./parameters/served-parameters.ts";
import type { TrackedCall } from "./tracked-call.ts";
import { baseAnswer } from "./untracked-handle.ts";

/** How parameters are asked for. */
export interface ParameterOptions<Base extends ParameterValues = ParameterValues> {
  /** Calls with the same key get the same variant. Default: by chance. */
  readonly key?: string;
  /** What serves where neither `defineOperation` nor the controller declares the operation. */
  readonly base?: Base;
}

/**
 * The parameters of an operation in a context. Inside a tracked call of the same operation and context it is the variant that
 * the call is labelled with; outside, hand the answer to `track` as `options.parameters`. Never waits and never throws.
 */
export function parameters<Base extends ParameterValues = ParameterValues>(
  operation: string,
  context?: ContextInput,
  options?: ParameterOptions<Base>,
): ServedParameters<Widened<Base>> {
  return parametersIn(undefined, operation, context, options) as ServedParameters<Widened<Base>>;
}

/** `{ temperature: 0.7 }` is a base of type number, not of type 0.7. */
export type Widened<Values extends ParameterValues> = {
  readonly [Name in keyof Values]: Values[Name] extends number
    ? number
    : Values[Name] extends boolean
      ? boolean
      : Values[Name] extends string
        ? string
        : Values[Name];
};

/** As `parameters`, of a component that is told by name. */
export function parametersIn(
  component: string | undefined,
  name: string,
  input: ContextInput | undefined,
  options: ParameterOptions | undefined,
): ServedParameters {
  let base: ParameterValues | undefined;
  try {
    base = options?.base;
    const shared = instrumentation();
    const owner = shared.component(component);
    if (shared.settings.disabled) return baseAnswer(owner, name, base);
    const operation = owner.operation(name);
    const place = operation.contexts.find(input ?? {});
    const key = stickyKey(options?.key);
    for (let call: TrackedCall | undefined = shared.currentCall(); call !== undefined; call = call.parent) {
      const isSame = call.tracked === operation && (input === undefined || isEqual(call.found.context, place.context));
      if (isSame) return call.answer(key, base);
    }
    const chosen = owner.parameters.choose(operation, place, key, base);
    owner.parameters.served[chosen.source]++;
    const { id, parameters: values, revision, source } = chosen;
    const answer: ServedParameters = { values: { ...values }, variant: id, revision, source };
    rememberAssignment(answer, chosen);
    return answer;
  } catch (error) {
    reportOwnFailure("serving parameters", error);
    return baseAnswer(undefined, name, base);
  }
}

/** The same canonical context is the same object, except past the limit of contexts. */
function isEqual(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  if (left === right) return true;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

/** The handle of a call that is not tracked: the package is disabled, or could not begin the call. */
import type { ParameterValues } from "@trimtab/conventions";
import { encodeResultHandle, UNKNOWN_VARIANT } from "@trimtab/conventions";
import { labelValue } from "./label-values.ts";
import type { CallOptions, OperationHandle } from "./operation-handle.ts";
import { reportOwnFailure } from "./own-failure.ts";
import { copyOf, type ServedParameters } from "./parameters/served-parameters.ts";
import type { TrackedComponent } from "./tracked-component.ts";

/** Takes everything and keeps nothing; its parameters are those that were given, else the base values. */
export function untrackedHandle(
  component: TrackedComponent,
  operation: string,
  options?: CallOptions,
): OperationHandle {
  const { values, variant } = givenAnswer(options) ?? baseAnswer(component, operation, undefined);
  const ignore = (): void => {};
  return {
    operation,
    parameters: values,
    variant,
    quality: ignore,
    partial: ignore,
    fail: ignore,
    cost: ignore,
    tokens: ignore,
    engagement: ignore,
    result: () =>
      encodeResultHandle({
        component: component.name,
        operation: labelValue(String(operation)),
        context: {},
        variant,
        revision: undefined,
        at: Date.now(),
      }),
    attribute: ignore,
  };
}

/** The base values of an operation, as an answer. */
export function baseAnswer(
  component: TrackedComponent | undefined,
  operation: string,
  base: ParameterValues | undefined,
): ServedParameters {
  try {
    const declared = component?.operation(operation).base;
    const values = { ...base, ...declared?.parameters };
    return { values, variant: declared?.id ?? UNKNOWN_VARIANT, revision: undefined, source: "base" };
  } catch (error) {
    reportOwnFailure("serving base values", error);
    return { values: copyOf(base), variant: UNKNOWN_VARIANT, revision: undefined, source: "base" };
  }
}

function givenAnswer(options: CallOptions | undefined): ServedParameters | undefined {
  try {
    return options?.parameters;
  } catch {
    return undefined;
  }
}

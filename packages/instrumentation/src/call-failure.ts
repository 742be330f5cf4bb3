/** Why a call failed, as its metrics and its span tell it. */
import { errorTypeOf, labelValue, UNKNOWN_ERROR_TYPE } from "./label-values.ts";

/** Why a call failed. */
export interface Failure {
  readonly type: string;
  /** What was thrown or told, in a box: `undefined` can be thrown too. */
  readonly thrown: { readonly error: unknown } | undefined;
}

/** It says no more than that it failed. */
export const UNEXPLAINED: Failure = { type: UNKNOWN_ERROR_TYPE, thrown: undefined };

/** What was told of a failure. A text is the type itself; from everything else that is thrown the type is read. */
export function failureOf(reason: unknown): Failure {
  if (reason === undefined || reason === "") return UNEXPLAINED;
  if (typeof reason === "string") return { type: labelValue(reason), thrown: undefined };
  return { type: errorTypeOf(reason), thrown: { error: reason } };
}

/** What was thrown, whatever it is. */
export function failureThrown(error: unknown): Failure {
  return { type: errorTypeOf(error), thrown: { error } };
}

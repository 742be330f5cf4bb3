/** What a service gets when it asks for parameters. */
import type { ParameterValues, VariantId } from "@trimtab/conventions";
import type { ParameterSource } from "./last-known-good.ts";

/** The parameters of one call. */
export interface ServedParameters<Values extends ParameterValues = ParameterValues> {
  /** The values to use. */
  readonly values: Values;
  /** The id of these values' variant. */
  readonly variant: VariantId;
  /** Of the controller's document that they came from; undefined for base values. */
  readonly revision: string | undefined;
  /** `fresh`, `last_known_good` (the controller was not heard of for a while) , `base` (the values in the code) or `override` (set for this call). */
  readonly source: ParameterSource;
}

/** A copy that the application may do with as it likes; empty where the values cannot be read. */
export function copyOf(values: ParameterValues | undefined): ParameterValues {
  try {
    return { ...values };
  } catch {
    return {}; // a getter of them threw
  }
}

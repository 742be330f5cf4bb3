/** What was chosen for one call. */
import type { AllocatedVariant, ParameterValues, VariantId } from "@trimtab/conventions";
import type { WatchedCalls } from "./challenger-guard.ts";
import type { ParameterSource } from "./last-known-good.ts";

/** The variant of one call. */
export interface ChosenVariant {
  readonly id: VariantId;
  readonly parameters: ParameterValues;
  readonly source: ParameterSource;
  /** Of the document that it came from. */
  readonly revision: string | undefined;
  /** All variants that a call of this context may get. */
  readonly siblings: readonly AllocatedVariant[] | undefined;
  /** Where the call is counted to tell whether a challenger fails plainly; undefined where none is tried, or nothing was assigned. */
  readonly watched?: WatchedCalls | undefined;
  /** What assigned this call and maybe others, too: its sticky key, or the answer that was handed over. */
  readonly subject?: unknown;
}

/** Base values, chosen. Calls that get the same values may share the object. */
export function baseChoice(id: VariantId, parameters: ParameterValues): ChosenVariant {
  return {
    id,
    parameters,
    source: "base",
    revision: undefined,
    siblings: undefined,
    watched: undefined,
    subject: undefined,
  };
}

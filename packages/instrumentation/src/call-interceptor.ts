/** How a test takes part: it gives calls their parameters, and takes what would have been counted. */
import type { Context, ParameterValues, VariantId } from "@trimtab/conventions";
import type { EndedCall, MeasuredOperation } from "./metrics/measured-call.ts";
import type { ChosenVariant } from "./parameters/chosen-variant.ts";

/** Said of a call after its end. */
export type LateWord = { readonly quality: number } | { readonly amount: number; readonly unit: string };

/** Asked at each call while it is there. */
export interface CallInterceptor {
  /**
   * The variant of a call.
   *
   * @param chosen What it would be.
   * @param idOf The id of other values.
   */
  choose(
    operation: MeasuredOperation,
    context: Context,
    chosen: ChosenVariant,
    idOf: (values: ParameterValues) => VariantId,
  ): ChosenVariant;
  /** A call has ended. Returns true where it is taken, and counted nowhere else. */
  record(operation: MeasuredOperation, context: Context, variant: VariantId, call: EndedCall): boolean;
  /** A score or a cost came after the end of a call. Returns true where it is taken. */
  recordLate(operation: MeasuredOperation, context: Context, variant: VariantId, said: LateWord): boolean;
}

/** Where one is put. */
export interface Interceptable {
  interceptor?: CallInterceptor | undefined;
}

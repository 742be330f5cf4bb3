/** What a span says of a call that has ended. */
import { type AttributeValue, type Span, SpanStatusCode } from "@opentelemetry/api";
import {
  metadataAttribute,
  type Outcome,
  type ParameterValues,
  parameterAttribute,
  spanAttributes,
  type VariantId,
} from "@trimtab/conventions";
import type { Failure } from "./call-failure.ts";
import type { EndedCall, MeasuredOperation } from "./metrics/measured-call.ts";
import { describeError, reportOwnFailure } from "./own-failure.ts";
import type { ChosenVariant } from "./parameters/chosen-variant.ts";
import type { ParameterSource } from "./parameters/last-known-good.ts";

/** A call that has ended, as its span tells it. */
export interface DescribedCall {
  readonly component: string;
  readonly operation: string;
  readonly outcome: Outcome;
  readonly variant: VariantId;
  readonly parameters?: ParameterValues;
  readonly source?: ParameterSource;
  readonly revision?: string | undefined;
  readonly quality: number | undefined;
  readonly errorType: string | undefined;
  /** By type. */
  readonly tokens?: ReadonlyMap<string, number> | undefined;
  /** What was thrown, in a box: `undefined` can be thrown too. */
  readonly thrown: { readonly error: unknown } | undefined;
}

/** What the span of a tracked call tells. */
export function describedCall(
  { component, name: operation }: MeasuredOperation,
  { id: variant, parameters, source, revision }: ChosenVariant,
  { outcome, quality, errorType, counts }: EndedCall,
  failure: Failure | undefined,
): DescribedCall {
  const tokens = counts?.get("tokens");
  const thrown = failure?.thrown;
  return { component, operation, outcome, variant, parameters, source, revision, quality, errorType, tokens, thrown };
}

/** Describes the call on its span, and ends it. Never throws, and ends the span whatever happens. */
export function endSpan(span: Span, call: DescribedCall): void {
  try {
    if (span.isRecording()) describe(span, call);
  } catch (failure) {
    reportOwnFailure("describing a span", failure);
  }
  try {
    span.end();
  } catch (failure) {
    reportOwnFailure("ending a span", failure);
  }
}

/** Puts an entry of the caller's metadata on a span. Never throws. */
export function setMetadata(span: Span | undefined, key: string, value: AttributeValue): void {
  try {
    span?.setAttribute(metadataAttribute(key), value);
  } catch (failure) {
    reportOwnFailure("setting an attribute", failure);
  }
}

function describe(span: Span, call: DescribedCall): void {
  const set = (key: string, value: string | number | boolean | undefined): void => {
    if (value !== undefined) span.setAttribute(key, value);
  };
  set(spanAttributes.outcome, call.outcome);
  set(spanAttributes.variant, call.variant);
  set(spanAttributes.parametersSource, call.source);
  set(spanAttributes.revision, call.revision);
  set(spanAttributes.quality, call.quality);
  set(spanAttributes.inputTokens, call.tokens?.get("input"));
  set(spanAttributes.outputTokens, call.tokens?.get("output"));
  set(spanAttributes.featureFlagKey, `${call.component}.${call.operation}`);
  set(spanAttributes.featureFlagVariant, call.variant);
  set(spanAttributes.featureFlagProvider, "trimtab");
  for (const [name, value] of Object.entries(call.parameters ?? {})) set(parameterAttribute(name), value);
  if (call.outcome !== "failure") return;
  set(spanAttributes.errorType, call.errorType);
  if (call.thrown === undefined) return void span.setStatus({ code: SpanStatusCode.ERROR });
  const { error } = call.thrown;
  const message = describeError(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message }); // first: an error whose getters throw cannot be recorded
  span.recordException(error instanceof Error ? error : message);
}

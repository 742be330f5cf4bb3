/** The label sets that an SDK is given: resolved once, and then the same objects for each call. */
import type { Attributes } from "@opentelemetry/api";
import { contextLabel, labels, OTHER_CONTEXT_VALUE, type Outcome, type VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { labelValue, UNKNOWN_ERROR_TYPE } from "../label-values.ts";
import { warnOnce } from "../own-failure.ts";
import {
  type CountKind,
  MAXIMUM_ERROR_TYPES,
  MAXIMUM_TYPES,
  MAXIMUM_UNITS,
  type MeasuredOperation,
} from "./measured-call.ts";

/** The label sets of one operation, context and variant. */
export interface Series {
  readonly attributes: Attributes;
  readonly success: Attributes;
  readonly failure: Attributes;
  readonly partial: Attributes;
  readonly byErrorType: Map<string, Attributes>;
  readonly byUnit: Map<string, Attributes>;
  readonly byType: Readonly<Record<CountKind, Map<string, Attributes>>>;
  readonly isCollapsed: boolean;
}

/** The label sets of a variant in a context. */
export function labelSets(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): Series {
  const attributes: Attributes = {
    [labels.component]: operation.component,
    [labels.operation]: operation.name,
    [labels.variant]: labelValue(variant),
  };
  for (const [key, value] of Object.entries(context.context)) attributes[contextLabel(key)] = value;
  const withOutcome = (outcome: Outcome): Attributes => ({ ...attributes, [labels.outcome]: outcome });
  return {
    attributes,
    success: withOutcome("success"),
    failure: withOutcome("failure"),
    partial: withOutcome("partial"),
    byErrorType: new Map(),
    byUnit: new Map(),
    byType: { tokens: new Map(), engagement: new Map() },
    isCollapsed: context.isCollapsed || variant === OTHER_CONTEXT_VALUE,
  };
}

/** The label set of one type of error; past a bound that of all further ones. */
export function errorAttributes(series: Series, errorType: string): Attributes {
  const known = series.byErrorType.get(errorType);
  if (known !== undefined) return known;
  const isFull = series.byErrorType.size >= MAXIMUM_ERROR_TYPES && errorType !== UNKNOWN_ERROR_TYPE;
  if (isFull) return errorAttributes(series, UNKNOWN_ERROR_TYPE);
  const attributes = { ...series.attributes, [labels.errorType]: errorType };
  series.byErrorType.set(errorType, attributes);
  return attributes;
}

/** The label set of one type of what is counted; past a bound that of all further ones. */
export function typeAttributes(series: Series, kind: CountKind, type: string): Attributes {
  const byType = series.byType[kind];
  const known = byType.get(type);
  if (known !== undefined) return known;
  const isFull = byType.size >= MAXIMUM_TYPES && type !== OTHER_CONTEXT_VALUE;
  if (isFull) return typeAttributes(series, kind, OTHER_CONTEXT_VALUE);
  const attributes = { ...series.attributes, [labels.type]: type };
  byType.set(type, attributes);
  return attributes;
}

/** The label set of one unit of cost; past a bound that of all further ones. */
export function unitAttributes(series: Series, unit: string): Attributes {
  const known = series.byUnit.get(unit);
  if (known !== undefined) return known;
  if (series.byUnit.size >= MAXIMUM_UNITS && unit !== OTHER_CONTEXT_VALUE) {
    warnOnce("too many units", `more than ${MAXIMUM_UNITS} units of cost; "${unit}" counts as ${OTHER_CONTEXT_VALUE}`);
    return unitAttributes(series, OTHER_CONTEXT_VALUE);
  }
  const attributes = { ...series.attributes, [labels.unit]: unit };
  series.byUnit.set(unit, attributes);
  return attributes;
}

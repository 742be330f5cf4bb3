/** The words that every part of Trimtab uses: names, contexts, parameters, variants, instruments and wire documents. */
export {
  ALLOCATION_DOCUMENT_SCHEMA,
  type AllocatedVariant,
  type Allocation,
  type AllocationDocument,
  findAllocation,
  type OperationAllocations,
  parseAllocationDocument,
  variantInForce,
  withoutChallengers,
} from "./allocation-document.ts";
export {
  type AssignmentPoint,
  assignVariant,
  BUCKETS,
  bucketOf,
  hash32,
  type VariantRole,
  variantAt,
  type WeightedVariant,
} from "./assignment.ts";
export {
  contextAttribute,
  contextKeyOfLabel,
  contextLabel,
  labels,
  metadataAttribute,
  OUTCOMES,
  type Outcome,
  parameterAttribute,
  spanAttributes,
  type TokenType,
} from "./attributes.ts";
export { canonicalJson, type Json } from "./canonical-json.ts";
export {
  type Context,
  type ContextId,
  type ContextInput,
  canonicalContext,
  contextId,
  describeContext,
  isContextSubset,
  mostSpecificMatch,
  parseContextId,
} from "./context.ts";
export { ContextIndex } from "./context-index.ts";
export { DURATION_FORM, formatDuration, parseDuration } from "./duration.ts";
export {
  FEEDBACK_FORM,
  FEEDBACK_TYPES,
  type FeedbackItem,
  type FeedbackReceipt,
  type FeedbackRequest,
  feedbackScore,
  MAXIMUM_FEEDBACK_ITEMS,
} from "./feedback.ts";
export {
  type ControllerInstrument,
  controllerInstruments,
  DURATION_BOUNDARIES_SECONDS,
  type Instrument,
  type InstrumentKind,
  RATIO_BOUNDARIES,
  type ServiceInstrument,
  serviceInstruments,
} from "./instruments.ts";
export {
  componentNameProblem,
  contextKeyProblem,
  MAXIMUM_CONTEXT_VALUE_LENGTH,
  OTHER_CONTEXT_VALUE,
  operationNameProblem,
  parameterNameProblem,
  UNKNOWN_VARIANT,
} from "./names.ts";
export {
  MAXIMUM_OUTCOMES,
  type OutcomeReport,
  type OutcomesReceipt,
  type OutcomesRequest,
} from "./operation-outcome.ts";
export {
  MAXIMUM_RECORDS,
  type OperationRecord,
  RECORD_FORM,
  type RecordMetadata,
  type RecordsReceipt,
  type RecordsRequest,
} from "./operation-record.ts";
export {
  type BooleanParameter,
  baseValues,
  type ChoiceParameter,
  isSameParameterSpace,
  MAXIMUM_GRID_VALUES,
  type NumericParameter,
  nearestValue,
  type ParameterSpace,
  type ParameterSpecification,
  type ParameterValue,
  type ParameterValues,
  parameterSpaceProblems,
  parameterValueProblem,
  parameterValuesProblems,
  stepOf,
  valuesOf,
} from "./parameter-space.ts";
export type { Problem } from "./problem.ts";
export { prometheusDuration, prometheusName, prometheusSeriesNames, quoteLabelValue } from "./prometheus-notation.ts";
export {
  allRecordedSeries,
  BURN_WINDOWS,
  type BurnWindow,
  errorsRatioSeries,
  latencyOverRatioSeries,
  type RecordedSeries,
  type RecordedSeriesName,
  recordedSeries,
} from "./recorded-series.ts";
export {
  encodeResultHandle,
  MAXIMUM_RESULT_HANDLE_LENGTH,
  parseResultHandle,
  type ResultHandle,
  type ResultOrigin,
  signResultHandle,
} from "./result-handle.ts";
export { shortDigest, type VariantId, variantId } from "./variant-id.ts";

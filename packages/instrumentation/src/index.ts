/** Tracks operations of a service and gives them their parameters. */

export type { TokenUse } from "./call-amounts.ts";
export type { CollectionLevel } from "./collection-level.ts";
export { configure, flush, shutdown } from "./configure.ts";
export { type FeedbackSubject, feedback, type GivenFeedback } from "./feedback.ts";
export type { FollowOptions } from "./follow-result.ts";
export { errorTypeOf } from "./label-values.ts";
export { metricProducer, type OperationMetricProducer } from "./metric-producer.ts";
export { metricsText } from "./metrics-text.ts";
export {
  type ContextOf,
  type DefinedOperation,
  defineOperation,
  type OperationDefinition,
  type ValuesOf,
} from "./operation.ts";
export { operationFields, operationHeaders } from "./operation-fields.ts";
export type { OperationHandle } from "./operation-handle.ts";
export type { InstrumentationOptions } from "./options.ts";
export type { ParameterSource } from "./parameters/last-known-good.ts";
export type { ServedParameters } from "./parameters/served-parameters.ts";
export { type ParameterOptions, parameters } from "./parameters.ts";
export { createPerformanceMemory, type PerformanceMemory, type RememberedCall } from "./performance-memory.ts";
export type { OperationSummary, PerformanceSummary } from "./performance-summary.ts";
export {
  type ParameterPerformance,
  type RecordedOperation,
  recordOperation,
  recordParameterPerformance,
} from "./record-operation.ts";
export type { StartedOperation, StartOptions } from "./started-operation.ts";
export { currentOperation, type TrackOptions, track, type WrapOptions, wrap } from "./track.ts";
export { type MethodDecoratorOf, type TrackedMethodOptions, tracked } from "./tracked-method.ts";
export { createTracker, type RecordedFailure, type RecordedSuccess, type Tracker } from "./tracker.ts";
export { wrapCallback } from "./wrap-callback.ts";

/** For tests of a service: what its operations did, with parameters that a test fixes. */

export type { Context, Outcome, ParameterValues } from "@trimtab/conventions";
export { assertNotRecorded, assertRecorded, assertRecordedTimes } from "./assertions.ts";
export { type MatcherResult, matchers, type RecorderMatcherFunctions, type RecorderMatchers } from "./matchers.ts";
export type { FixedParameters, OperationRecorder } from "./operation-recorder.ts";
export { type ProcessRecorder, recordOperations, startRecording, useParameters } from "./record-operations.ts";
export type { ExpectedCall, ExpectedNumber, RecordedCall } from "./recorded-call.ts";

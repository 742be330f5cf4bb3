/** The same assertions for `expect.extend`, of vitest and of whatever takes matchers of that form. */
import { judge } from "./assertions.ts";
import type { OperationRecorder } from "./operation-recorder.ts";
import type { ExpectedCall } from "./recorded-call.ts";

/** What a matcher answers. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The matchers, as `expect.extend` takes them. */
export type RecorderMatcherFunctions = {
  readonly toHaveRecorded: (recorder: OperationRecorder, operation: string, expected?: ExpectedCall) => MatcherResult;
  readonly toHaveRecordedTimes: (
    recorder: OperationRecorder,
    operation: string,
    times: number,
    expected?: ExpectedCall,
  ) => MatcherResult;
};

/** The matchers, as they stand behind `expect(recorder)`; for the types of a test runner. */
export interface RecorderMatchers<Returned = unknown> {
  /** At least one call of the operation was as expected. */
  toHaveRecorded(operation: string, expected?: ExpectedCall): Returned;
  /** Just so many calls of the operation were as expected. */
  toHaveRecordedTimes(operation: string, times: number, expected?: ExpectedCall): Returned;
}

/** For `expect.extend(matchers)`. */
export const matchers: RecorderMatcherFunctions = {
  toHaveRecorded(recorder, operation, expected = {}) {
    const verdict = judge(recorder, operation, expected);
    const pass = verdict.matching.length > 0;
    return { pass, message: () => (pass ? verdict.present : verdict.missing) };
  },
  toHaveRecordedTimes(recorder, operation, times, expected = {}) {
    const verdict = judge(recorder, operation, expected);
    const pass = verdict.matching.length === times;
    return { pass, message: () => (pass ? verdict.present : verdict.timesMessage(times)) };
  },
};

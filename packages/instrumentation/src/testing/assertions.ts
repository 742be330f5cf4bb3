/** What a test says of the calls that were recorded. They throw as `node:assert` does, so that every test runner shows them well. */
import { AssertionError } from "node:assert";
import type { OperationRecorder } from "./operation-recorder.ts";
import { describeCall, describeExpected, type ExpectedCall, isAsExpected, type RecordedCall } from "./recorded-call.ts";

/**
 * At least one call of the operation was as expected.
 *
 * @returns Those that were.
 * @throws {AssertionError} with the calls that were recorded.
 */
export function assertRecorded(
  recorder: OperationRecorder,
  operation: string,
  expected: ExpectedCall = {},
): readonly RecordedCall[] {
  const verdict = judge(recorder, operation, expected);
  if (verdict.matching.length === 0) fail(verdict, verdict.missing, assertRecorded);
  return verdict.matching;
}

/** Just so many calls of the operation were as expected. @throws {AssertionError} with the calls that were recorded. */
export function assertRecordedTimes(
  recorder: OperationRecorder,
  operation: string,
  times: number,
  expected: ExpectedCall = {},
): readonly RecordedCall[] {
  const verdict = judge(recorder, operation, expected);
  if (verdict.matching.length !== times) fail(verdict, verdict.timesMessage(times), assertRecordedTimes);
  return verdict.matching;
}

/** No call of the operation was as this. @throws {AssertionError} with the calls that were. */
export function assertNotRecorded(recorder: OperationRecorder, operation: string, expected: ExpectedCall = {}): void {
  const verdict = judge(recorder, operation, expected);
  if (verdict.matching.length > 0) fail(verdict, verdict.present, assertNotRecorded);
}

/** The calls of an operation, looked at. */
export interface Verdict {
  readonly matching: readonly RecordedCall[];
  readonly actual: readonly RecordedCall[];
  readonly expected: ExpectedCall;
  /** What to say where there should be one and is none, and the other way round. */
  readonly missing: string;
  readonly present: string;
  timesMessage(times: number): string;
}

/** Looks at the calls of an operation. */
export function judge(recorder: OperationRecorder, operation: string, expected: ExpectedCall): Verdict {
  const actual = recorder.calls(operation);
  const matching = actual.filter((call) => isAsExpected(call, expected));
  const what = `"${operation}"${Object.keys(expected).length === 0 ? "" : ` with ${describeExpected(expected)}`}`;
  const others = recorder.calls();
  const seen =
    actual.length > 0
      ? `its calls were\n${listed(actual)}`
      : others.length > 0
        ? `it had no calls; others were\n${listed(others)}`
        : "nothing was recorded at all";
  return {
    matching,
    actual,
    expected,
    missing: `no call of ${what} was recorded: ${seen}`,
    present: `a call of ${what} was recorded, and should not have been:\n${listed(matching)}`,
    timesMessage: (times) => `${what} was to be recorded ${times} times and was ${matching.length} times: ${seen}`,
  };
}

const MOST_LISTED = 10;

function listed(calls: readonly RecordedCall[]): string {
  const lines = calls.slice(0, MOST_LISTED).map((call, at) => `  ${at + 1}. ${describeCall(call)}`);
  if (calls.length > MOST_LISTED) lines.push(`  … and ${calls.length - MOST_LISTED} more`);
  return lines.join("\n");
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what AssertionError takes to begin the stack below
function fail(verdict: Verdict, message: string, stackStartFn: Function): never {
  const { actual, expected } = verdict;
  throw new AssertionError({ message, actual, expected, operator: "recorded", stackStartFn });
}

/** JSON as the store keeps it: text that reads back as the very same value, of a bounded size. */
import { IllegalRecordError } from "./store.ts";

/** The longest text of one part of a record, in UTF-16 units: far above any operation with thousands of contexts. */
const MAXIMUM_LENGTH = 64 * 1024 * 1024;

/** The longest text of a state: 50,000 contexts with one parameter. A text of more than 512 Mi units no process could make. */
export const MAXIMUM_STATE_LENGTH: number = 320 * 1024 * 1024;

/**
 * @throws {IllegalRecordError} on a number that is not finite (JSON would make it null, and a replay would differ), and on
 *   a value whose text is too long.
 */
export function jsonText(value: object, what: string, maximumLength: number = MAXIMUM_LENGTH): string {
  const text = JSON.stringify(value, (key, part: unknown) => {
    if (typeof part !== "number" || Number.isFinite(part)) return part;
    throw new IllegalRecordError(`${what} has the number ${part} at "${key}", which has no JSON text`);
  });
  if (text.length <= maximumLength) return text;
  throw new IllegalRecordError(
    `${what} is ${text.length} characters long; a record may have ${maximumLength}. Declare fewer context keys or parameters.`,
  );
}

/** Reads what `jsonText` wrote. */
export function fromJsonText<Value>(text: string): Value {
  return JSON.parse(text) as Value;
}

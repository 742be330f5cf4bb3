/** Values that callers pass, made fit for a metrics page: bounded, well-formed, never empty where a label is required. */
import { MAXIMUM_CONTEXT_VALUE_LENGTH } from "@trimtab/conventions";

/** What `error.type` is where nothing better is known; the word of the OpenTelemetry semantic conventions. */
export const UNKNOWN_ERROR_TYPE = "_OTHER";

const ERROR_CODE = /^[A-Z][A-Z0-9_]{2,63}$/;

/** At most 128 UTF-16 units, without half a surrogate pair. Quotes, backslashes and newlines are the exporter's to escape. */
export function labelValue(text: string): string {
  return text.slice(0, MAXIMUM_CONTEXT_VALUE_LENGTH).toWellFormed();
}

/**
 * A type of error of low cardinality: a code such as `ECONNRESET`, else the name of the error's class, else the JavaScript type
 * of what was thrown. Never the message.
 */
export function errorTypeOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error;
    const code = (error as { code?: unknown }).code;
    if (typeof code === "string" && ERROR_CODE.test(code)) return code;
    const name = error.name === "Error" ? error.constructor.name : error.name;
    return typeof name === "string" && name !== "" ? labelValue(name) : UNKNOWN_ERROR_TYPE;
  } catch {
    return UNKNOWN_ERROR_TYPE; // a getter of the error threw
  }
}

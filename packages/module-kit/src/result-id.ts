/**
 * The id of a result: `<run id>~<result handle>`. The run's id makes it one of a kind; the handle says where the result came from, so
 * that feedback needs no memory of it and works from any process, days later.
 */
import { parseResultHandle, type ResultHandle, type ResultOrigin } from "@trimtab/conventions";

const SEPARATOR = "~";

/** The id of a run's result. */
export function resultId(runId: string, handle: ResultHandle): string {
  return `${runId}${SEPARATOR}${handle}`;
}

/** Reads an id, or a bare handle. */
export function parseResultId(
  id: unknown,
): { readonly origin: ResultOrigin; readonly handle: ResultHandle } | { readonly problem: string } {
  if (typeof id !== "string") return { problem: "is no text" };
  const handle = id.slice(id.indexOf(SEPARATOR) + 1);
  const parsed = parseResultHandle(handle);
  return "problem" in parsed
    ? { problem: "is no id of a result; pass `result.id` as the module gave it" }
    : { origin: parsed.origin, handle };
}

/** What requests about a span of time ask for: durations and contexts, checked. */
import { type Context, DURATION_FORM, parseDuration } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import { ControllerError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";

/**
 * The milliseconds of a duration in a request.
 *
 * @throws {ControllerError} PARAMETER_INVALID where it is none, or too short or long.
 */
export function durationOf(
  path: string,
  text: string,
  { shortest, longest }: { readonly shortest: string; readonly longest: string },
): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return refuse(path, `"${text}" is no duration; write ${DURATION_FORM}`);
  if (milliseconds < (parseDuration(shortest) ?? 0))
    refuse(path, `"${text}" is too short; the shortest is ${shortest}`);
  if (milliseconds > (parseDuration(longest) ?? 0)) refuse(path, `"${text}" is too long; the longest is ${longest}`);
  return milliseconds;
}

/** @throws {ControllerError} PARAMETER_INVALID where a key is none of the operation's. */
export function refuseUnknownKeys(context: Context, { context: keys }: OperationPolicy): void {
  for (const key of Object.keys(context))
    if (!keys.includes(key)) refuse(`ctx.${key}`, `is no context key that is declared here${didYouMean(key, keys)}`);
}

/** @throws {ControllerError} PARAMETER_INVALID, always. */
export function refuse(path: string, message: string): never {
  throw new ControllerError("PARAMETER_INVALID", `${path}: ${message}.`, { problems: [{ path, message }] });
}

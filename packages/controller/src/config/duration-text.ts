/** Durations as the configuration writes them. */
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";

/** @returns What is wrong with a duration's text, or undefined. Zero is no duration. */
export function durationProblem(input: unknown): string | undefined {
  if (typeof input !== "string" && typeof input !== "number")
    return `${JSON.stringify(input)} is no duration; write ${DURATION_FORM}`;
  const text = String(input).trim();
  const shown = typeof input === "number" ? text : `"${text}"`;
  if (/^\d+(\.\d+)?$/.test(text)) return `${shown} has no unit; write "${text}s", "${text}m" or "${text}h"`;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return `${shown} is no duration; write ${DURATION_FORM}`;
  return milliseconds > 0 ? undefined : `${shown} is no time at all; write ${DURATION_FORM}`;
}

/**
 * The milliseconds of a duration that was checked before.
 *
 * @throws {RangeError} when it was not.
 */
export function checkedDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new RangeError(`"${text}" is no duration`);
  return milliseconds;
}

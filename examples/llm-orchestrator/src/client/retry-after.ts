/** How long a provider asks to be left alone. */

/** More than this is taken for this: nobody waits for an hour inside of a call. */
const LONGEST_MILLISECONDS = 3_600_000;

/**
 * Reads `retry-after-ms` (milliseconds), else `Retry-After` (RFC 9110: seconds, or a date).
 *
 * @param now Milliseconds since 1970.
 * @returns Milliseconds; undefined where the answer says nothing that can be read.
 */
export function retryAfterMilliseconds(headers: Headers, now: number): number | undefined {
  const milliseconds = headers.get("retry-after-ms");
  if (milliseconds !== null && /^\d+([.]\d+)?$/.test(milliseconds)) return bounded(Number(milliseconds));
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+([.]\d+)?$/.test(value)) return bounded(Number(value) * 1000);
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN; // a date begins with its weekday
  return Number.isNaN(date) ? undefined : bounded(date - now);
}

function bounded(milliseconds: number): number {
  return Math.min(LONGEST_MILLISECONDS, Math.max(0, milliseconds));
}

/** Durations as people write them in configuration and in URLs: `200ms`, `30s`, `5m`, `24h`, `7d`. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What the text would have to look like, for error messages. */
export const DURATION_FORM = 'a number and a unit, such as "200ms", "30s", "5m", "24h" or "7d"';

/** @returns The duration in milliseconds, or undefined where the text is not of the form `number unit`. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** The shortest text in one whole unit: 90,000 is `90s`, 7,200,000 is `2h`. Prometheus reads it alike. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const length = UNITS[unit] ?? 1;
    if (milliseconds >= length && milliseconds % length === 0) return `${milliseconds / length}${unit}`;
  }
  return `${Math.round(milliseconds)}ms`;
}

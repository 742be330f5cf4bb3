/** Numbers and values for people. */
import type { ParameterValues } from "@trimtab/conventions";

/** `level=5 algorithm=zstd`, or `-` where there are none. */
export function valuesText(values: ParameterValues): string {
  const entries = Object.entries(values);
  return entries.length === 0 ? "-" : entries.map(([name, value]) => `${name}=${value}`).join(" ");
}

/** A share or rate, 0 to 1, as a percentage: `97.5 %`. */
export function percentText(share: number | undefined): string {
  return share === undefined ? "-" : `${Number((share * 100).toFixed(1))} %`;
}

/** A difference with its sign: `+0.042`. */
export function signedText(difference: number): string {
  return `${difference > 0 ? "+" : ""}${difference.toFixed(3)}`;
}

/** Seconds as the unit that fits: `1.2 ms`, `340 ms`, `2.1 s`. */
export function secondsText(seconds: number | undefined): string {
  if (seconds === undefined) return "-";
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;
}

/** An ISO 8601 time without its fraction: `2026-11-21 02:14:03Z`. */
export function timeText(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

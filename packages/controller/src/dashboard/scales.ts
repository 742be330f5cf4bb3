/** Axes: which numbers stand at them, and how they are written. */
import { percentText, secondsText, signedText } from "../cli/number-text.ts";
import type { Span, Unit } from "./report.ts";

/** A value in its unit. */
export function valueText(value: number, unit: Unit): string {
  if (unit === "ratio") return percentText(value);
  if (unit === "seconds") return secondsText(value);
  if (unit === "lift") return signedText(value);
  if (unit === "state") return ["closed", "half open", "open"][value] ?? "";
  const number = String(Number(value.toPrecision(3)));
  if (unit === "perSecond") return `${number}/s`;
  return unit === "perMinute" ? `${number}/min` : number;
}

/** Ends of an axis that hold these values, and the round numbers between: at most `most`, and the ends among them. */
export function niceAxis(values: readonly number[], most: number = 5): { readonly ticks: readonly number[] } {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  // Values that differ by less than arithmetic is exact are one: steps that small would be no numbers apart.
  const isSpread = highest - lowest > 1e-9 * Math.max(Math.abs(lowest), Math.abs(highest));
  const spread = isSpread ? highest - lowest : Math.abs(highest) || 1;
  const rough = spread / (most - 1);
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 2.5, 5, 10].map((factor) => factor * decade).find((each) => each >= rough - decade * 1e-9) ?? rough;
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(highest / step - 1e-9));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12))),
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
  90 * DAY,
];

/** Round times in a span, at most six, with how they are written: hours within two days, days beyond; UTC. */
export function timeTicks({ from, to }: Span): readonly { readonly time: number; readonly text: string }[] {
  const step = STEPS.find((each) => (to - from) / each <= 5) ?? 365 * DAY;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => {
    const time = first + index * step;
    const iso = new Date(time).toISOString();
    return { time, text: step < DAY ? iso.slice(11, 16) : iso.slice(5, 10) };
  });
}

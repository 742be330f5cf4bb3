/** Numbers, times and contexts as people read them. What was not measured is a dash or its reason, never 0. */

/** What stands where nothing was measured. */
export const NOTHING = "–";

/** A difference in utility: `+0.174`. */
export function signed(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  const text = Math.abs(value).toFixed(3);
  return Number(text) === 0 ? "0.000" : `${value > 0 ? "+" : "−"}${text}`;
}

/** A share or a rate, 0 to 1: `72 %`, `99.52 %`. Only what is whole is said to be 0 % or 100 %. */
export function percent(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  const hundredfold = value * 100;
  if (Number.isInteger(Number(hundredfold.toFixed(6)))) return `${Number(hundredfold.toFixed(6))} %`;
  if (hundredfold > 99.99 && hundredfold < 100) return "over 99.99 %";
  if (hundredfold < 0.01 && hundredfold > 0) return "under 0.01 %";
  return `${Number(hundredfold.toFixed(hundredfold > 1 && hundredfold < 99 ? 1 : 2))} %`;
}

/** A number of things: `12,345`; estimated ones lose their fraction. */
export function count(value: number | undefined): string {
  return value === undefined ? NOTHING : Math.round(value).toLocaleString("en");
}

/** A number with three significant digits at least, for quality, cost and utility. */
export function number(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

/** Seconds in the unit that suits them: `3.26 ms`, `1.2 s`, `4 min`. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return NOTHING;
  if (seconds < 0.001) return `${number(seconds * 1e6)} µs`;
  if (seconds < 1) return `${number(seconds * 1000)} ms`;
  if (seconds < 120) return `${number(seconds)} s`;
  return seconds < 7200 ? `${number(seconds / 60)} min` : `${number(seconds / 3600)} h`;
}

/** How long ago, or how far ahead, `milliseconds` since 1970 are from now. */
export function ago(milliseconds: number, now: number): string {
  const seconds = Math.round((now - milliseconds) / 1000);
  const [size, unit] = unitOf(Math.abs(seconds));
  if (size === 0) return "now";
  return seconds > 0 ? `${size} ${unit} ago` : `in ${size} ${unit}`;
}

function unitOf(seconds: number): [number, string] {
  if (seconds < 90) return [seconds, "s"];
  if (seconds < 5400) return [Math.round(seconds / 60), "min"];
  if (seconds < 129_600) return [Math.round(seconds / 3600), "h"];
  return [Math.round(seconds / 86_400), "days"];
}

/** A moment in the reader's own time zone; of today only the time. */
export function moment(milliseconds: number, now: number): string {
  const date = new Date(milliseconds);
  const clock = date.toLocaleTimeString("en-GB");
  if (date.toDateString() === new Date(now).toDateString()) return clock;
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return `${day}, ${clock}`;
}

/** A context as one text: `genre=rock, mood=calm`; the one that holds everything has a name. */
export function contextText(context: Readonly<Record<string, string>>): string {
  const entries = Object.entries(context);
  return entries.length === 0 ? "every context" : entries.map(([key, value]) => `${key}=${value}`).join(", ");
}

/** Values of parameters as one text: `algorithm zstd, level 3`. */
export function valuesText(values: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(values);
  return entries.length === 0 ? "no values" : entries.map(([name, value]) => `${name} ${valueText(value)}`).join(", ");
}

/** One value of a parameter. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? NOTHING);
}

/** Why there is no number, as a sentence begins: `noData` is "no data". */
export function readingText(kind: string): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `1 change`, `3 changes`. */
export function plural(size: number, one: string, many = `${one}s`): string {
  return `${size.toLocaleString("en")} ${size === 1 ? one : many}`;
}

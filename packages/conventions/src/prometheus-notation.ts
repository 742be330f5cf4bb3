/** How instruments, labels and durations look in Prometheus. Nobody writes a series name by hand. */
import type { Instrument } from "./instruments.ts";

/** The metric's name in Prometheus: dots become underscores, a counter ends in `_total`. */
export function prometheusName(instrument: Instrument): string {
  const name = instrument.name.replaceAll(".", "_");
  return instrument.kind === "counter" ? `${name}_total` : name;
}

/** The names of the series that an instrument gives: three for a histogram, one for the others. */
export function prometheusSeriesNames(instrument: Instrument): readonly string[] {
  const name = prometheusName(instrument);
  return instrument.kind === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** A label matcher's value between double quotes, as PromQL reads it. */
export function quoteLabelValue(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** A duration as PromQL reads it, exact to the millisecond: `90s`, `2h`, `1500ms`. */
export function prometheusDuration(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  if (whole % 1000 !== 0) return `${whole}ms`;
  const seconds = whole / 1000;
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/**
 * PromQL for what each series grew by in a window; pure.
 *
 * `increase()` alone misleads a learner: it misses all that a series had at birth (of sparse error counts that was nine tenths),
 * extrapolates, and knows nothing of restarts. With, per series,
 *
 *     now     the last sample in the window
 *     then    the last sample in the look-back before it
 *     lost    the sums of the values from which the counter fell back to zero inside the window
 *
 * a window counts
 *
 *     now + lost − then       the series goes on, has vanished inside the window, or its process restarted
 *     now + lost              it was born in a process that was read before or is young
 *     now − its first sample  it is met for the first time in a process that is old: nothing says what was before
 *
 * That form (`guarded`) reads each series a dozen times. A first, small question tells which processes in the window restarted or were
 * met old; for the series of all others, in nearly every short window for all, `calm` gives the same numbers and reads each three times.
 *
 * `lost` looks at every scrape, so windows of very many scrapes take `increase()` for series that were reset. It extrapolates by
 * the share of one scrape in the window, which is taken out again; where the counter was near zero or scrapes are missing at the
 * ends, the result is off by at most that share.
 *
 * VictoriaMetrics does not extrapolate, and counts from the sample before a range: there `increase()` is exact as it is.
 *
 * What no form can see: a series that a process of the same address left behind within the look-back before the window, and that
 * begins anew inside it with at least the same value, is taken for the old one and counts too little, at most that value.
 */
import { prometheusDuration, prometheusName, serviceInstruments } from "@trimtab/conventions";
import type { EvidenceWindow } from "@trimtab/learning";
import { lookBackMilliseconds } from "../look-back.ts";

/** How a window is counted: `guarded` in any case, `calm` where no process restarted or was met old. */
export type CountingForm = "calm" | "guarded";

/** Whose query language: they read the same, and mean something else by `increase()` and by NaN. */
export type Dialect = "prometheus" | "victoria-metrics";

/** How increments are asked for. */
export interface CountingOptions {
  readonly form: CountingForm;
  /** Default `prometheus`. */
  readonly dialect?: Dialect;
}

/** The start time of each process. */
export const START_TIME: string = prometheusName(serviceInstruments.processStartTime);

/** A window as PromQL writes it. */
export interface Span {
  /** `@` the window's two ends. */
  readonly start: string;
  readonly end: string;
  /** Range that holds the samples of the window. */
  readonly window: string;
  /** Range that holds also the one sample before them, where scrapes are regular. */
  readonly windowAndStart: string;
  /** Takes the extrapolation to the ends of `windowAndStart` out of an increase: the samples in it span the window exactly. */
  readonly withoutExtrapolation: string;
  /** Range before an instant in which a series that is not there now is still the same series. */
  readonly lookBack: string;
  /** Distance of two scrapes. */
  readonly step: string;
  /** The scrapes of the window, without the one at its start, as a subquery's range. */
  readonly scrapes: string;
  /** More scrapes than can be looked at one by one. */
  readonly isLong: boolean;
  /** A process that started after this was not seen before because it is young. Seconds since 1970. */
  readonly youngSince: string;
}

/** The most scrapes that are looked at one by one: with 60 of them `lost` costs as much as all the rest of the form. */
const MOST_STEPS = 60;

/** @param window Both ends on the scrape grid. */
export function spanOf({ from, to }: EvidenceWindow, scrapeIntervalMilliseconds: number): Span {
  const length = to - from;
  const lengthAndStart = length + scrapeIntervalMilliseconds - 1;
  const lookBack = lookBackMilliseconds(scrapeIntervalMilliseconds);
  const step = prometheusDuration(scrapeIntervalMilliseconds);
  return {
    start: instant(from),
    end: instant(to),
    window: prometheusDuration(length),
    windowAndStart: prometheusDuration(lengthAndStart),
    withoutExtrapolation: `${length} / ${lengthAndStart}`,
    lookBack: prometheusDuration(lookBack),
    step,
    scrapes: `${prometheusDuration(length - 1)}:${step}`, // 2.x would look at the start too
    isLong: length > MOST_STEPS * scrapeIntervalMilliseconds,
    youngSince: seconds(from - lookBack),
  };
}

/** An instant (milliseconds since 1970) as a modifier. */
export function instant(milliseconds: number): string {
  return `@ ${seconds(milliseconds)}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3).replace(/\.?0+$/, "");
}

/** What each series of a selector grew by in the window. */
export function increments(series: string, span: Span, { form, dialect = "prometheus" }: CountingOptions): string {
  const now = `last_over_time(${series}[${span.window}] ${span.end})`;
  const then = `last_over_time(${series}[${span.lookBack}] ${span.start})`;
  if (form === "calm") return `\n  ${now} - ${then} >= 0\n  or ${now}\n`;
  const first = `min_over_time(${series}[${span.window}] ${span.end})`;
  const watched = [
    `group by (job, instance) (last_over_time(${START_TIME}[${span.lookBack}] ${span.start}))`,
    `group by (job, instance) (max_over_time(up[${span.lookBack}] ${span.start}) == 1)`,
    `group by (job, instance) (min_over_time(${START_TIME}[${span.window}] ${span.end}) > ${span.youngSince})`,
  ].join("\n    or ");
  const isWatched = `on (job, instance) (\n    ${watched})`;
  const goesOn = `(${now} - ${then}\n    unless ${now} < ${then})`; // unless, and not >= 0: NaN must stay
  const alternatives = span.isLong
    ? [resetSeries(series, span, dialect), goesOn]
    : [`(${now} + ${lost(series, span)} - ${then})`, goesOn, `(${now} + ${lost(series, span)} and ${isWatched})`];
  return `\n  ${[...alternatives, `(${now} and ${isWatched})`, `(${now} - ${first})`].join("\n  or ")}\n`;
}

/**
 * The sums of the values from which counters fell back: at each scrape the value before, where it was higher, or where the process
 * is another. (Behind a gateway one target has many processes, and nobody can tell whose the series are: then only a fall counts.)
 */
function lost(series: string, { lookBack, step, scrapes, end }: Span): string {
  const before = `last_over_time(${series}[${lookBack}] offset ${step})`;
  const startedLater = `${START_TIME} - last_over_time(${START_TIME}[${lookBack}] offset ${step}) > ${TOLERATED_SECONDS}`;
  return [
    "sum_over_time((",
    `    ${before} > ${series}`,
    `    or (${before} and ${series} and on (job, instance) (${startedLater})`,
    `      and on (job, instance) (count by (job, instance) (${START_TIME}) == 1))`,
    `  )[${scrapes}] ${end})`,
  ].join("\n");
}

function resetSeries(
  series: string,
  { window, windowAndStart, withoutExtrapolation, end }: Span,
  dialect: Dialect,
): string {
  const range = `${series}[${windowAndStart}] ${end}`;
  if (dialect === "victoria-metrics") return `(increase(${series}[${window}] ${end}) and resets(${range}) > 0)`;
  return `(increase(${range}) * ${withoutExtrapolation} and resets(${range}) > 0)`;
}

/** The start time of one process may waver by this much between two pages. */
const TOLERATED_SECONDS = 0.5;

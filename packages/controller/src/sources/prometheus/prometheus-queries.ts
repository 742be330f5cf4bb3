/**
 * PromQL for an operation and a window; pure.
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
 * That form (`guarded`) reads each series a dozen times. A first, small question tells whether any process in the window
 * restarted or was met old; where none was, as in nearly every short window, `calm` gives the same numbers and reads each three
 * times.
 *
 * `lost` looks at every scrape, so windows of very many scrapes take `increase()` for series that were reset. It extrapolates by
 * the share of one scrape in the window, which is taken out again; where the counter was near zero or scrapes are missing at the
 * ends, the result is off by at most that share.
 *
 * Every text names its own instants with `@`, so that it gives the same numbers whenever it is evaluated. Nothing in it needs
 * more than Prometheus 2.42, and nothing means something else in 3.x, where the left end of a range is open.
 */
import {
  type Context,
  contextLabel,
  labels,
  prometheusDuration,
  prometheusName,
  quoteLabelValue,
  serviceInstruments,
} from "@trimtab/conventions";
import type { EvidenceRequest } from "@trimtab/engine";
import type { EvidenceQuery, EvidenceWindow } from "@trimtab/learning";
import { lookBackMilliseconds } from "../look-back.ts";

/** How a window is counted: `guarded` is always right, `calm` where no process restarted or was met old. */
type CountingForm = "calm" | "guarded";

/** The questions that evidence is made of, in the order they are asked. */
export type EvidenceQuestion = "calls" | "duration-buckets" | "duration" | "quality" | "cost";

/**
 * The label by which a question with several parts tells them apart: `sum`, `count`, `squares`, and `series` for the number of
 * series behind each bucket (where it differs between the buckets of a cell, their bounds were mixed).
 */
export const PART_LABEL = "part";

/** What the questions depend on beside the request. */
export interface QueryOptions {
  readonly scrapeIntervalMilliseconds: number;
  /** Only the contexts that have these values. */
  readonly filter?: Context;
  /** Default `guarded`. */
  readonly form?: CountingForm;
}

/** The queries of an operation's evidence: five, however many contexts there are. */
export function evidenceQueries(request: EvidenceRequest, options: QueryOptions): readonly EvidenceQuery[] {
  const span = spanOf(request.window, options.scrapeIntervalMilliseconds);
  const matchers = matchersOf(request, options.filter);
  const counted = (name: string): string => increments(`${name}${matchers}`, span, options.form ?? "guarded");
  const by = [...request.context.map(contextLabel), labels.variant];
  const sum = (name: string, ...more: string[]): string => `sum by (${[...by, ...more].join(", ")}) (${counted(name)})`;
  const buckets = (name: string): string => {
    const series = `last_over_time(${name}${matchers}[${span.window}] ${span.end})`;
    const count = `count by (${[...by, "le"].join(", ")}) (${series})`;
    return `${sum(name, "le")}\nor\nlabel_replace(${count}, "${PART_LABEL}", "series", "", "")`;
  };
  const part = (value: string, name: string, ...more: string[]): string =>
    `label_replace(${sum(name, ...more)}, "${PART_LABEL}", "${value}", "", "")`;
  const question = (name: EvidenceQuestion, ...parts: string[]): EvidenceQuery => ({
    question: name,
    promql: parts.join("\nor\n"),
  });
  return [
    question("calls", sum(CALLS, labels.outcome)),
    question("duration-buckets", buckets(`${DURATION}_bucket`)),
    question(
      "duration",
      part("sum", `${DURATION}_sum`),
      part("count", `${DURATION}_count`),
      part("squares", prometheusName(serviceInstruments.operationDurationSquares)),
    ),
    question(
      "quality",
      buckets(`${QUALITY}_bucket`),
      part("sum", `${QUALITY}_sum`),
      part("count", `${QUALITY}_count`),
      part("squares", prometheusName(serviceInstruments.operationQualitySquares)),
    ),
    question(
      "cost",
      part("sum", COST, labels.unit),
      part("squares", prometheusName(serviceInstruments.operationCostSquares), labels.unit),
    ),
  ];
}

/**
 * The question that is asked first. Its parts:
 *
 *   disturbed   targets of the operation whose series need the guarded form: a process without the start-time gauge, restarted, or
 *               met old
 *   broken      series that are no number at the window's start, which need it too
 *   newest      the time (seconds since 1970) of the newest sample of a series that is still there at the window's end
 */
export function targetsQuery(request: EvidenceRequest, scrapeIntervalMilliseconds: number): EvidenceQuery {
  const span = spanOf(request.window, scrapeIntervalMilliseconds);
  const matchers = matchersOf(request);
  const calls = `${CALLS}${matchers}`;
  const now = `last_over_time(${START_TIME}[${span.window}] ${span.end})`;
  const then = `last_over_time(${START_TIME}[${span.lookBack}] ${span.start})`;
  const disturbed = [
    `changes(${START_TIME}[${span.windowAndStart}] ${span.end}) > 0`,
    `${now} != ${then}`,
    `(${now} <= ${span.youngSince}) unless ${then}`,
  ].join("\n  or ");
  const broken = [CALLS, `${DURATION}_sum`, `${QUALITY}_sum`, COST]
    .map((name) => `last_over_time(${name}${matchers}[${span.lookBack}] ${span.start}) * 0 != 0`)
    .join("\n  or ");
  const count = [
    `count(group by (job, instance) (last_over_time(${calls}[${span.window}] ${span.end}))`,
    `  unless on (job, instance) (${now} unless on (job, instance) (`,
    `  ${disturbed})))`,
  ].join("\n");
  return {
    question: "targets",
    promql: [
      `label_replace(${count}, "${PART_LABEL}", "disturbed", "", "")`,
      `label_replace(count(${broken}), "${PART_LABEL}", "broken", "", "")`,
      `label_replace(max(timestamp(${calls} ${span.end})), "${PART_LABEL}", "newest", "", "")`,
    ].join("\nor\n"),
  };
}

/** The questions of discovery: calls by all labels of an operation, which operations have quality, which costs. */
export function discoveryQueries(window: EvidenceWindow, scrapeIntervalMilliseconds: number): readonly EvidenceQuery[] {
  const span = spanOf(window, scrapeIntervalMilliseconds);
  const last = (name: string): string => `last_over_time(${name}[${span.window}] ${span.end})`;
  const byOperation = `${labels.component}, ${labels.operation}`;
  return [
    { question: "operations", promql: `sum without (${TARGET_LABELS}) (${increments(CALLS, span, "guarded")})` },
    { question: "operations-with-quality", promql: `group by (${byOperation}) (${last(`${QUALITY}_count`)})` },
    {
      question: "operations-with-cost",
      promql: `group by (${byOperation}, ${labels.unit}) (${last(COST)})`,
    },
  ];
}

/** Which targets have series of ours, of the last five minutes before `now` (milliseconds since 1970). */
export function ourTargetsQuery(now: number): EvidenceQuery {
  const at = instant(now);
  const seen = (name: string): string => `group by (job, instance) (last_over_time(${name}[5m] ${at}))`;
  return { question: "our-targets", promql: `${seen(START_TIME)} or ${seen(CALLS)}` };
}

const CALLS = prometheusName(serviceInstruments.operationCalls);
const COST = prometheusName(serviceInstruments.operationCost);
const DURATION = prometheusName(serviceInstruments.operationDuration);
const QUALITY = prometheusName(serviceInstruments.operationQuality);
const START_TIME = prometheusName(serviceInstruments.processStartTime);
const TARGET_LABELS = `job, instance, ${labels.outcome}, otel_scope_name, otel_scope_version, otel_scope_schema_url`;

/** A window as PromQL writes it. */
interface Span {
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

/** The most scrapes that a subquery looks at one by one. */
const MOST_STEPS = 240;

function spanOf({ from, to }: EvidenceWindow, scrapeIntervalMilliseconds: number): Span {
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

function instant(milliseconds: number): string {
  return `@ ${seconds(milliseconds)}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3).replace(/\.?0+$/, "");
}

function matchersOf({ component, operation }: EvidenceRequest, filter: Context = {}): string {
  const matchers = [
    `${labels.component}=${quoteLabelValue(component)}`,
    `${labels.operation}=${quoteLabelValue(operation)}`,
    ...Object.entries(filter).map(([key, value]) => `${contextLabel(key)}=${quoteLabelValue(value)}`),
  ];
  return `{${matchers.join(", ")}}`;
}

/** What each series of a selector grew by in the window. */
function increments(series: string, span: Span, form: CountingForm): string {
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
    ? [resetSeries(series, span), goesOn]
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

function resetSeries(series: string, { windowAndStart, withoutExtrapolation, end }: Span): string {
  const range = `${series}[${windowAndStart}] ${end}`;
  return `(increase(${range}) * ${withoutExtrapolation} and resets(${range}) > 0)`;
}

/** The start time of one process may waver by this much between two pages. */
const TOLERATED_SECONDS = 0.5;

/**
 * PromQL for an operation and a window; pure.
 *
 * `increase()` alone misleads a learner: it misses all that a series had at birth (of sparse error counts that was nine tenths),
 * extrapolates, and knows nothing of restarts. With, per series,
 *
 *     now = the last sample in the window           then = the last sample in the look-back before it
 *
 * a window counts
 *
 *     now − then                       the series goes on, or has vanished inside the window
 *     increase, without its extrapolation   its counter was reset where samples show it
 *     now                              it was born in a process that was read before or is young; or it began again unseen
 *     now − its first sample           it is met for the first time in a process that is old: nothing says what was before
 *
 * That form (`guarded`) reads each series ten times. A first, small question tells whether any process in the window restarted or
 * was met old; where none was, as in nearly every short window, `calm` gives the same numbers and reads each series three times.
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
export type CountingForm = "calm" | "guarded";

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
  const duration = prometheusName(serviceInstruments.operationDuration);
  const quality = prometheusName(serviceInstruments.operationQuality);
  return [
    question("calls", sum(CALLS, labels.outcome)),
    question("duration-buckets", buckets(`${duration}_bucket`)),
    question(
      "duration",
      part("sum", `${duration}_sum`),
      part("count", `${duration}_count`),
      part("squares", prometheusName(serviceInstruments.operationDurationSquares)),
    ),
    question(
      "quality",
      buckets(`${quality}_bucket`),
      part("sum", `${quality}_sum`),
      part("count", `${quality}_count`),
      part("squares", prometheusName(serviceInstruments.operationQualitySquares)),
    ),
    question(
      "cost",
      part("sum", prometheusName(serviceInstruments.operationCost), labels.unit),
      part("squares", prometheusName(serviceInstruments.operationCostSquares), labels.unit),
    ),
  ];
}

/**
 * The question that is asked first. Its part `disturbed` counts the targets of the operation whose series need the guarded form:
 * a process without the start-time gauge, restarted, or met old. Its part `newest` is the time (seconds since 1970) of the newest
 * sample of a series that is still there at the window's end.
 */
export function targetsQuery(request: EvidenceRequest, scrapeIntervalMilliseconds: number): EvidenceQuery {
  const span = spanOf(request.window, scrapeIntervalMilliseconds);
  const calls = `${CALLS}${matchersOf(request, undefined)}`;
  const now = `last_over_time(${START_TIME}[${span.window}] ${span.end})`;
  const then = `last_over_time(${START_TIME}[${span.lookBack}] ${span.start})`;
  const disturbed = [
    `changes(${START_TIME}[${span.windowAndStart}] ${span.end}) > 0`,
    `${now} != ${then}`,
    `(${now} <= ${span.youngSince}) unless ${then}`,
  ].join("\n  or ");
  const count = [
    `count(group by (job, instance) (last_over_time(${calls}[${span.window}] ${span.end}))`,
    `  unless on (job, instance) (${now} unless on (job, instance) (`,
    `  ${disturbed})))`,
  ].join("\n");
  return {
    question: "targets",
    promql: [
      `label_replace(${count}, "${PART_LABEL}", "disturbed", "", "")`,
      `label_replace(max(timestamp(${calls} ${span.end})), "${PART_LABEL}", "newest", "", "")`,
    ].join("\nor\n"),
  };
}

/** The questions of discovery: calls by all labels of an operation, which operations have quality, which costs. */
export function discoveryQueries(window: EvidenceWindow, scrapeIntervalMilliseconds: number): readonly EvidenceQuery[] {
  const span = spanOf(window, scrapeIntervalMilliseconds);
  const last = (name: string): string => `last_over_time(${name}[${span.window}] ${span.end})`;
  const quality = `${prometheusName(serviceInstruments.operationQuality)}_count`;
  const byOperation = `${labels.component}, ${labels.operation}`;
  return [
    { question: "operations", promql: `sum without (${TARGET_LABELS}) (${increments(CALLS, span, "guarded")})` },
    { question: "operations-with-quality", promql: `group by (${byOperation}) (${last(quality)})` },
    {
      question: "operations-with-cost",
      promql: `group by (${byOperation}, ${labels.unit}) (${last(prometheusName(serviceInstruments.operationCost))})`,
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
  /** Range before the start in which a series that is not there now is still the same series. */
  readonly lookBack: string;
  /** Seconds since 1970. */
  readonly startSeconds: string;
  /** A process that started after this was not seen before because it is young. Seconds since 1970. */
  readonly youngSince: string;
}

function spanOf({ from, to }: EvidenceWindow, scrapeIntervalMilliseconds: number): Span {
  const length = to - from;
  const lengthAndStart = length + scrapeIntervalMilliseconds - 1;
  const lookBack = lookBackMilliseconds(scrapeIntervalMilliseconds);
  return {
    start: instant(from),
    end: instant(to),
    window: prometheusDuration(length),
    windowAndStart: prometheusDuration(lengthAndStart),
    withoutExtrapolation: `${length} / ${lengthAndStart}`,
    lookBack: prometheusDuration(lookBack),
    startSeconds: seconds(from),
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
  if (form === "calm") return `\n  clamp_min(${now} - ${then}, 0)\n  or ${now}\n`;
  const wasReset = `resets(${series}[${span.windowAndStart}] ${span.end}) > 0`;
  const increase = `increase(${series}[${span.windowAndStart}] ${span.end})`;
  const first = `min_over_time(${series}[${span.window}] ${span.end})`;
  const startedNow = `last_over_time(${START_TIME}[${span.window}] ${span.end})`;
  const restarted = [
    `(changes(${START_TIME}[${span.windowAndStart}] ${span.end}) > 0)`,
    `(${startedNow} > ${span.startSeconds})`,
  ].join(" and ");
  const watched = [
    `group by (job, instance) (last_over_time(${START_TIME}[${span.lookBack}] ${span.start}))`,
    `group by (job, instance) (max_over_time(up[${span.lookBack}] ${span.start}) == 1)`,
    `group by (job, instance) (${startedNow} > ${span.youngSince})`,
  ].join("\n    or ");
  return [
    "",
    `  (${now} - ${then}`,
    `    unless ${now} < ${then}`,
    `    unless ${wasReset}`,
    `    unless (${series} ${span.end} and on (job, instance) (${restarted})))`,
    `  or (${increase} * ${span.withoutExtrapolation} and ${wasReset})`,
    `  or (${now} and on (job, instance) (`,
    `    ${watched}))`,
    `  or (${now} - ${first})`,
    "",
  ].join("\n");
}

/**
 * The questions to Prometheus about an operation and a window; pure. How they count is told in `prometheus-increments.ts`.
 *
 * Every text names its own instants with `@`, so that it gives the same numbers whenever it is evaluated. Nothing in it needs
 * more than Prometheus 2.42, and nothing means something else in 3.x, where the left end of a range is open.
 */
import {
  type Context,
  contextLabel,
  labels,
  prometheusName,
  quoteLabelValue,
  serviceInstruments,
} from "@trimtab/conventions";
import type { EvidenceRequest } from "@trimtab/engine";
import type { EvidenceQuery, EvidenceWindow } from "@trimtab/learning";
import {
  type CountingForm,
  type Dialect,
  increments,
  instant,
  type Span,
  START_TIME,
  spanOf,
} from "./prometheus-increments.ts";

/** The questions that evidence is made of, in the order they are asked. */
export type EvidenceQuestion = "calls" | "duration-buckets" | "duration" | "quality" | "cost";

/**
 * The label by which a question with several parts tells them apart: `sum`, `count`, `squares`, `stops`, and `series` for the number of
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
  /** With the form `guarded`: the instances whose series need it, where all others are counted calmly. Default: all do. */
  readonly guardedInstances?: readonly string[];
  /** Default `prometheus`. */
  readonly dialect?: Dialect;
}

/** The queries of an operation's evidence: five, however many contexts there are. */
export function evidenceQueries(request: EvidenceRequest, options: QueryOptions): readonly EvidenceQuery[] {
  const span = spanOf(request.window, options.scrapeIntervalMilliseconds);
  const matchers = matchersOf(request, options.filter);
  const { form = "guarded", dialect = "prometheus", guardedInstances } = options;
  const counted = (name: string): string => {
    if (form === "calm" || guardedInstances === undefined)
      return increments(`${name}${matchers}`, span, { form, dialect });
    const oneOf = quoteLabelValue(guardedInstances.map(asPattern).join("|"));
    const of = (sign: "=~" | "!~", each: CountingForm): string =>
      increments(`${name}${matchers.slice(0, -1)}, instance${sign}${oneOf}}`, span, { form: each, dialect });
    return `\n(${of("!~", "calm")})\nor\n(${of("=~", "guarded")})\n`;
  };
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
    question(
      "calls",
      sum(CALLS, labels.outcome),
      part("stops", prometheusName(serviceInstruments.challengerStopped)),
      ...(dialect === "victoria-metrics" ? [tornCells(`${CALLS}${matchers}`, by, span)] : []),
    ),
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
 * VictoriaMetrics keeps no NaN: a counter that has become one has no samples any more, and would be taken for one that stands
 * still beside others of its cell that go on. Cells of which some outcome has ended in a process that goes on.
 */
function tornCells(calls: string, by: readonly string[], span: Span): string {
  const now = `last_over_time(${calls}[${span.window}] ${span.end})`;
  const then = `last_over_time(${calls}[${span.lookBack}] ${span.start})`;
  const isSameProcess = `last_over_time(${START_TIME}[${span.window}] ${span.end}) == last_over_time(${START_TIME}[${span.lookBack}] ${span.start})`;
  const torn = [
    `(${then} unless ${now})`,
    `  and on (job, instance, ${by.join(", ")}) ${now}`,
    `  and on (job, instance) (${isSameProcess})`,
  ].join("\n");
  return `label_replace(count by (${by.join(", ")}) (${torn}), "${PART_LABEL}", "torn", "", "")`;
}

/**
 * The question that is asked first. Its parts:
 *
 *   disturbed   targets of the operation whose series need the guarded form: a process without the start-time gauge, restarted, or
 *               met old; a row for each
 *   broken      targets with series that are no number at the window's start, which need it too; a row for each
 *   nan         NaN, which VictoriaMetrics leaves out: so its dialect is known
 *   clock       the time (seconds since 1970) that Prometheus itself has
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
  const found = [
    `group by (job, instance) (last_over_time(${calls}[${span.window}] ${span.end}))`,
    `  unless on (job, instance) (${now} unless on (job, instance) (`,
    `  ${disturbed}))`,
  ].join("\n");
  return {
    question: "targets",
    promql: [
      `label_replace(${found}, "${PART_LABEL}", "disturbed", "", "")`,
      `label_replace(group by (job, instance) (${broken}), "${PART_LABEL}", "broken", "", "")`,
      // In VictoriaMetrics the timestamp of a series that has ended is that of its last sample; the series itself is not there.
      `label_replace(max(timestamp(${calls} ${span.end}) and ${calls} ${span.end}), "${PART_LABEL}", "newest", "", "")`,
      `label_replace(vector(0) / vector(0), "${PART_LABEL}", "nan", "", "")`,
      `label_replace(vector(time()), "${PART_LABEL}", "clock", "", "")`,
    ].join("\nor\n"),
  };
}

/** The questions of discovery: calls by all labels of an operation, which operations have quality, which costs. */
export function discoveryQueries(window: EvidenceWindow, scrapeIntervalMilliseconds: number): readonly EvidenceQuery[] {
  const span = spanOf(window, scrapeIntervalMilliseconds);
  const last = (name: string): string => `last_over_time(${name}[${span.window}] ${span.end})`;
  const byOperation = `${labels.component}, ${labels.operation}`;
  return [
    {
      question: "operations",
      promql: `sum without (${TARGET_LABELS}) (${increments(CALLS, span, { form: "guarded" })})`,
    },
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
const TARGET_LABELS = `job, instance, ${labels.outcome}, otel_scope_name, otel_scope_version, otel_scope_schema_url`;

/** An instance's name as a regular expression that fits it alone. */
function asPattern(instance: string): string {
  return instance.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function matchersOf({ component, operation }: EvidenceRequest, filter: Context = {}): string {
  const matchers = [
    `${labels.component}=${quoteLabelValue(component)}`,
    `${labels.operation}=${quoteLabelValue(operation)}`,
    ...Object.entries(filter).map(([key, value]) => `${contextLabel(key)}=${quoteLabelValue(value)}`),
  ];
  return `{${matchers.join(", ")}}`;
}

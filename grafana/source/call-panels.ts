/** What more than one dashboard shows of calls, each of the calls that it is about. */
import { callRate, heatmapOf, meanOf, perCall, quantileOf, successRatio, WHOLE_RANGE } from "./expressions.ts";
import { toRunbook } from "./links.ts";
import {
  type Column,
  heat,
  type Link,
  lines,
  number,
  type PanelSettings,
  type PlacedPanel,
  SUCCESS,
  unit,
} from "./panels.ts";
import { service } from "./series.ts";

/** What is said where there are no calls. */
export const NO_CALLS = "no calls";
/** The legend of a line for each operation. */
export const OPERATION = "{{component}} / {{operation}}";

const NOTHING_SCORED = "nothing was scored";
const successRange = { unit: unit.ratio, min: 0, max: 1, steps: SUCCESS, noValue: NO_CALLS };
const qualityRange = { unit: unit.quality, min: 0, max: 1, noValue: NOTHING_SCORED };
const durationRange = { unit: unit.seconds, min: 0, noValue: NO_CALLS };
const rateRange = { unit: unit.callsPerSecond, min: 0, noValue: NO_CALLS };

/** One number: calls in a second over the time range. */
export function callsNumber(calls: string): PlacedPanel {
  return number({
    title: "Calls",
    question: "How many calls end in a second, over the time range?",
    ...rateRange,
    queries: [{ expr: callRate(calls, "", WHOLE_RANGE) }],
  });
}

/** One number: the share of the calls that succeeded in the time range. */
export function successNumber(calls: string, question: string): PlacedPanel {
  return number({
    title: "Success",
    question,
    ...successRange,
    decimals: 2,
    queries: [{ expr: successRatio(calls, "", WHOLE_RANGE) }],
    panelLinks: [toRunbook("TrimtabErrorBudgetBurn")],
  });
}

/** One number: the 95 % quantile of the durations in the time range. */
export function durationNumber(calls: string): PlacedPanel {
  return number({
    title: "p95 duration",
    question: "In which time do 95 of 100 calls end?",
    ...durationRange,
    queries: [{ expr: quantileOf(0.95, service.operationDuration, calls, "", WHOLE_RANGE) }],
    panelLinks: [toRunbook("TrimtabLatencyBudgetBurn")],
  });
}

/** One number: the mean quality in the time range. */
export function qualityNumber(calls: string): PlacedPanel {
  return number({
    title: "Mean quality",
    question: "How good are the results, 0 to 1, of the calls that were scored?",
    ...qualityRange,
    decimals: 3,
    queries: [{ expr: meanOf(service.operationQuality, calls, "", WHOLE_RANGE) }],
    panelLinks: [toRunbook("TrimtabQualityDrop")],
  });
}

/** What differs between panels with a line for each group of calls. */
export interface CallLines {
  readonly title: string;
  readonly question: string;
  /** Matchers of the calls. */
  readonly calls: string;
  /** Labels to group by. */
  readonly by: string;
  readonly legend: string;
  readonly links?: readonly Link[];
}

/** Lines: calls in a second. */
export function callLines(settings: CallLines & { readonly isStacked?: boolean }): PlacedPanel {
  return linesOf(settings, rateRange, callRate(settings.calls, settings.by));
}

/** Lines: the share of the calls that succeeds. */
export function successLines(settings: CallLines): PlacedPanel {
  return linesOf(settings, successRange, successRatio(settings.calls, settings.by));
}

/** Lines: the 95 % quantile of the durations. */
export function durationLines(settings: CallLines): PlacedPanel {
  return linesOf(settings, durationRange, quantileOf(0.95, service.operationDuration, settings.calls, settings.by));
}

/** Lines: the mean quality. */
export function qualityLines(settings: CallLines): PlacedPanel {
  return linesOf(settings, qualityRange, meanOf(service.operationQuality, settings.calls, settings.by));
}

/** Lines: what people do with a result, by call and kind of engagement. */
export function engagementLines(settings: Omit<CallLines, "legend">): PlacedPanel {
  return linesOf(
    { ...settings, legend: "{{operation}}: {{type}}" },
    { unit: unit.count, min: 0, noValue: "no engagement was recorded" },
    perCall(service.operationEngagement, settings.calls, settings.by, "type"),
  );
}

function linesOf(
  { calls: _calls, by: _by, legend, ...own }: CallLines & { readonly isStacked?: boolean },
  range: Pick<PanelSettings, "unit" | "noValue" | "min" | "max" | "steps">,
  expr: string,
): PlacedPanel {
  return lines({ ...own, ...range, queries: [{ expr, legend }] });
}

/** The spread of the durations. */
export function durationHeat(settings: Pick<CallLines, "title" | "question" | "calls">): PlacedPanel {
  const { calls, ...own } = settings;
  return heat({
    ...own,
    ...durationRange,
    queries: [{ expr: heatmapOf(service.operationDuration, calls), legend: "{{le}}" }],
  });
}

/** The columns of a table with a row for each group of calls, for the queries of `callColumnQueries` in their order. */
export const CALL_COLUMNS: readonly Column[] = [
  { name: "Calls", unit: unit.callsPerSecond, decimals: 2 },
  { name: "Success", unit: unit.ratio, decimals: 2 },
  { name: "p95", unit: unit.seconds },
  { name: "Quality", decimals: 3 },
];

/** The queries of the columns `CALL_COLUMNS`, over the time range. */
export function callColumnQueries(calls: string, by: string): PanelSettings["queries"] {
  return [
    { expr: callRate(calls, by, WHOLE_RANGE) },
    { expr: successRatio(calls, by, WHOLE_RANGE) },
    { expr: quantileOf(0.95, service.operationDuration, calls, by, WHOLE_RANGE) },
    { expr: meanOf(service.operationQuality, calls, by, WHOLE_RANGE) },
  ];
}

/** The panels of a report from Prometheus: which PromQL, and what becomes of its answers. Nothing here asks anybody. */
import {
  type ControllerInstrument,
  controllerInstruments,
  prometheusDuration,
  prometheusName,
  quoteLabelValue,
  type ServiceInstrument,
  serviceInstruments,
} from "@trimtab/conventions";
import type { MatrixRow, QueriedRange } from "../sources/prometheus/prometheus-client.ts";
import type { Line, Panel, Point, Segment } from "./report.ts";

/** A panel that is still to be asked for: its answers come in the order of its queries. */
export interface AskedPanel {
  readonly queries: readonly string[];
  readonly panel: (answers: readonly (readonly MatrixRow[])[]) => Panel;
  /** The same without data. */
  readonly failed: (problem: string) => Panel;
}

/** What the queries are about. */
export interface AskedOperation {
  readonly component: string;
  readonly operation: string;
  /** Ids of the variants with the base values, as the controller tells them; empty where it tells nothing. */
  readonly holdoutVariants: readonly string[];
  /** Times of adaptations, in milliseconds. */
  readonly marks: readonly number[];
}

const of = (instrument: ServiceInstrument): string => prometheusName(serviceInstruments[instrument]);
const ofController = (instrument: ControllerInstrument): string => prometheusName(controllerInstruments[instrument]);

/** For panels of series that the controller exports. */
const CONTROLLER_HINT = "Prometheus has no such series. Does it scrape the controller's /metrics?";
const SERVICE_HINT = "Prometheus has no such series. Does it scrape the services, and was the operation called?";

type LineUnit = Extract<Panel, { kind: "lines" }>["unit"];

/** Rates lose the points whose windows are not whole. */
function drawn(lines: readonly Line[], unit: LineUnit): readonly Line[] {
  if (unit !== "perSecond" && unit !== "perMinute") return lines;
  return lines.map((line) => ({ ...line, points: wholeWindows(line.points) }));
}

/** The most contexts that are drawn one by one. */
const MOST_ROWS = 12;
const MOST_LINES = 6;
/** Rates need some scrapes: a minute is four of the usual 15 s. */
const SHORTEST_WINDOW_MILLISECONDS = 60_000;
const MOST_POINTS = 240;
const SHORTEST_STEP_MILLISECONDS = 15_000;

/** At most 240 steps, on whole steps, so that a report made again shows the same points. */
export function rangeOf(from: number, to: number): QueriedRange {
  const step = Math.max(SHORTEST_STEP_MILLISECONDS, Math.ceil((to - from) / MOST_POINTS / 1000) * 1000);
  return { from: Math.ceil(from / step) * step, to: Math.floor(to / step) * step, step };
}

/** What one operation did, and what learning made of it. */
export function operationPanels(operation: AskedOperation, range: QueriedRange): AskedPanel[] {
  const window = prometheusDuration(Math.max(SHORTEST_WINDOW_MILLISECONDS, range.step));
  const everything = [
    `component=${quoteLabelValue(operation.component)}`,
    `operation=${quoteLabelValue(operation.operation)}`,
  ];
  const { holdoutVariants, marks } = operation;
  const holdout = `variant=~${quoteLabelValue(holdoutVariants.map(escapedForPattern).join("|"))}`;
  const select = (name: string, ...more: string[]): string => `${name}{${[...everything, ...more].join(",")}}`;
  const rate = (name: string, ...more: string[]): string => `sum(rate(${select(name, ...more)}[${window}]))`;
  /** The same question of all calls, and of the holdout where it is known. */
  const both = (ask: (...more: string[]) => string): string[] =>
    holdoutVariants.length === 0 ? [ask()] : [ask(), ask(holdout)];
  const compared = (answers: readonly (readonly MatrixRow[])[]): Line[] => [
    { name: "all calls", points: onSteps(answers[0]?.[0], range) },
    ...(answers.length < 2 ? [] : [{ name: "holdout", isHoldout: true, points: onSteps(answers[1]?.[0], range) }]),
  ];
  const lines = (
    head: { readonly title: string; readonly question: string; readonly hint?: string },
    unit: LineUnit,
    queries: string[],
    build: (answers: readonly (readonly MatrixRow[])[]) => readonly Line[],
    includes: readonly number[] = [],
  ): AskedPanel => ({
    queries,
    panel: (answers) => ({
      kind: "lines",
      ...head,
      queries,
      unit,
      lines: drawn(build(answers), unit),
      includes,
      marks,
    }),
    failed: (problem) => ({ kind: "lines", ...head, queries, unit, lines: [], problem }),
  });
  const calls = of("operationCalls");
  const duration = of("operationDuration");
  const quality = of("operationQuality");
  const score = ofController("feedbackScore");
  const weight = select(ofController("variantWeight"));
  return [
    lines(
      { title: "Success", question: "Which share of the calls ended well?", hint: SERVICE_HINT },
      "ratio",
      // Without a single success there is no such series, and the share is 0, not unknown.
      both((...more) => `(${rate(calls, 'outcome="success"', ...more)} or vector(0)) / (${rate(calls, ...more)} > 0)`),
      compared,
      [1],
    ),
    lines(
      { title: "Calls", question: "How many calls end in a second?", hint: SERVICE_HINT },
      "perSecond",
      [rate(calls)],
      compared,
      [0],
    ),
    lines(
      {
        title: "p95 duration",
        question: "How long do the slowest twentieth of the calls take, or longer?",
        hint: SERVICE_HINT,
      },
      "seconds",
      both(
        (...more) =>
          `histogram_quantile(0.95, sum by (le) (rate(${select(`${duration}_bucket`, ...more)}[${window}])))`,
      ),
      compared,
      [0],
    ),
    lines(
      { title: "Quality", question: "How good are the results, from 0 to 1, where they are scored?" },
      "score",
      both((...more) => `${rate(`${quality}_sum`, ...more)} / (${rate(`${quality}_count`, ...more)} > 0)`),
      compared,
    ),
    lifts(
      (["liftRatio", "liftRatioLower", "liftRatioUpper"] as const).map(
        (each) => `max without (${PLACE_LABELS}) (${select(ofController(each))})`,
      ),
      range,
      marks,
    ),
    lines(
      {
        title: "Shares of the variants",
        question:
          "How is traffic shared between the base values, the best ones so far, and what is tried? The mean of the contexts.",
        hint: CONTROLLER_HINT,
      },
      "ratio",
      [`sum by (role) (${weight}) / on () group_left () sum(${weight})`],
      ([rows = []]) =>
        rows.map((row) => ({
          name: ROLE_NAMES[row.labels["role"] ?? ""] ?? row.labels["role"] ?? "",
          isHoldout: row.labels["role"] === "baseline",
          points: onSteps(row, range),
        })),
      [0, 1],
    ),
    timeline(`max without (${PLACE_LABELS},variant) (${select(ofController("variantInfo"))})`, range),
    lines(
      {
        title: "Circuit breaker",
        question: "Did learning do harm anywhere, so that it rests? The worst context counts.",
        hint: CONTROLLER_HINT,
      },
      "state",
      [`max(${select(ofController("breakerState"))})`],
      ([rows = []]) => [{ name: "worst context", points: onSteps(rows[0], range) }],
    ),
    lines(
      { title: "Feedback", question: "How do people and other services judge the results, from 0 to 1?" },
      "score",
      [
        `sum by (type) (rate(${select(`${score}_sum`)}[${window}])) / (sum by (type) (rate(${select(`${score}_count`)}[${window}])) > 0)`,
      ],
      ([rows = []]) => labelled(rows, range, ({ type }) => type ?? "score"),
      [0, 1],
    ),
  ];
}

/** How the controller itself does. */
export function controllerPanels(range: QueriedRange): AskedPanel[] {
  const window = prometheusDuration(Math.max(SHORTEST_WINDOW_MILLISECONDS, range.step));
  const lines = (
    head: { readonly title: string; readonly question: string },
    unit: LineUnit,
    query: string,
    name: (labels: Readonly<Record<string, string>>) => string,
  ): AskedPanel => ({
    queries: [query],
    panel: ([rows = []]) => ({
      kind: "lines",
      ...head,
      hint: CONTROLLER_HINT,
      queries: [query],
      unit,
      lines: drawn(labelled(rows, range, name), unit),
      includes: [0],
    }),
    failed: (problem) => ({
      kind: "lines",
      ...head,
      hint: CONTROLLER_HINT,
      queries: [query],
      unit,
      lines: [],
      problem,
    }),
  });
  return [
    lines(
      { title: "Cycles", question: "How many passes end in a minute, and how?" },
      "perMinute",
      `sum by (result) (rate(${ofController("cycles")}[${window}])) * 60`,
      ({ result = "" }) => result,
    ),
    lines(
      { title: "Age of the last good cycle", question: "For how long has an operation not been looked at?" },
      "seconds",
      `time() - max by (component, operation) (${ofController("cycleLastSuccess")})`,
      ({ component = "", operation = "" }) => `${component} / ${operation}`,
    ),
    lines(
      { title: "p95 of a cycle", question: "How long does a pass take?" },
      "seconds",
      `histogram_quantile(0.95, sum by (le) (rate(${ofController("cycleDuration")}_bucket[${window}])))`,
      () => "a pass",
    ),
    lines(
      {
        title: "Readings",
        question: "Was there evidence? Only values move a decision; everything else holds the last one.",
      },
      "perMinute",
      `sum by (kind) (rate(${ofController("readings")}[${window}])) * 60`,
      ({ kind = "" }) => kind,
    ),
    lines(
      { title: "Feedback that waits", question: "Does feedback pile up before it counts?" },
      "count",
      `max by (component, operation) (${ofController("feedbackBacklog")})`,
      ({ component = "", operation = "" }) => `${component} / ${operation}`,
    ),
  ];
}

const ROLE_NAMES: Readonly<Record<string, string>> = {
  baseline: "holdout (base values)",
  incumbent: "best so far",
  challenger: "tried",
};
/** Labels that tell where a series was scraped; every replica exports the same. */
const PLACE_LABELS = "job,instance,pod,container,endpoint,namespace,service";

function lifts(queries: string[], range: QueriedRange, marks: readonly number[]): AskedPanel {
  const head = {
    title: "Lift",
    question: "What is learning worth, measured against the holdout in the same windows? Above 0 it helps.",
    hint: CONTROLLER_HINT,
    queries,
  };
  return {
    queries,
    panel: ([estimates = [], lower = [], upper = []]) => {
      const [only] = estimates;
      const isOne = estimates.length === 1 && only !== undefined;
      return {
        kind: "lines",
        ...head,
        unit: "lift",
        lines: labelled(estimates, range, contextOf, "smallest"),
        includes: [0],
        marks,
        ...(isOne ? { band: { lower: onSteps(lower[0], range), upper: onSteps(upper[0], range) } } : {}),
      };
    },
    failed: (problem) => ({ kind: "lines", ...head, unit: "lift", lines: [], problem }),
  };
}

function timeline(query: string, range: QueriedRange): AskedPanel {
  const head = {
    title: "Parameters in force",
    question: "Which values do most calls get, in which context, since when?",
    hint: CONTROLLER_HINT,
    queries: [query],
  };
  return {
    queries: [query],
    panel: ([rows = []]) => ({ kind: "timeline", ...head, rows: timelineRows(rows, range).slice(0, MOST_ROWS) }),
    failed: (problem) => ({ kind: "timeline", ...head, rows: [], problem }),
  };
}

/** For each parameter and context the value of the best variant so far; where there is none, of the base. */
function timelineRows(rows: readonly MatrixRow[], range: QueriedRange): { name: string; segments: Segment[] }[] {
  const names = [...new Set(rows.map(({ labels }) => rowName(labels)))].sort();
  return names.map((name) => {
    const at = new Map<number, string>();
    for (const role of ["baseline", "incumbent"]) // the later one wins
      for (const row of rows.filter(({ labels }) => rowName(labels) === name && labels["role"] === role))
        for (const { time } of row.points) at.set(time, row.labels["value"] ?? "");
    return { name, segments: segmentsOf(at, range) };
  });
}

function rowName(labels: Readonly<Record<string, string>>): string {
  return `${labels["parameter"] ?? ""} in ${contextOf(labels)}`;
}

function segmentsOf(values: ReadonlyMap<number, string>, { from, to, step }: QueriedRange): Segment[] {
  const segments: Segment[] = [];
  for (let time = from; time <= to; time += step) {
    const value = values.get(time);
    const last = segments.at(-1);
    if (value === undefined) continue;
    if (last?.value === value && last.to === time) segments[segments.length - 1] = { ...last, to: time + step };
    else segments.push({ from: time, to: time + step, value });
  }
  return segments;
}

/** As many as can be told apart: those that are largest at the end, or where harm must not be missed, smallest. */
function labelled(
  rows: readonly MatrixRow[],
  range: QueriedRange,
  name: (labels: Readonly<Record<string, string>>) => string,
  first: "largest" | "smallest" = "largest",
): Line[] {
  const direction = first === "largest" ? -1 : 1;
  return rows
    .map((row) => ({ name: name(row.labels), points: onSteps(row, range), last: row.points.at(-1)?.value ?? 0 }))
    .sort((left, right) => direction * (left.last - right.last) || (left.name < right.name ? -1 : 1))
    .slice(0, MOST_LINES)
    .map(({ name, points }) => ({ name, points }));
}

function contextOf(labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels).filter((label) => label.startsWith("ctx_"));
  return keys.length === 0 ? "every context" : keys.map((key) => `${key.slice(4)}=${labels[key]}`).join(", ");
}

/** A value, or a gap, for each step; what is not finite is a gap. */
function onSteps(row: MatrixRow | undefined, { from, to, step }: QueriedRange): Point[] {
  const values = new Map(row?.points.map(({ time, value }) => [time, value]));
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => {
    const value = values.get(from + index * step);
    return { time: from + index * step, value: value !== undefined && Number.isFinite(value) ? value : undefined };
  });
}

/**
 * Without the points beside a gap: their windows are not whole, and a rate over half a window is half as high. Shares do not mind, and
 * keep theirs.
 */
function wholeWindows(points: readonly Point[]): Point[] {
  return points.map(({ time, value }, index) => {
    const isBesideGap = [points[index - 1], points[index + 1]].some(
      (beside) => beside !== undefined && beside.value === undefined,
    );
    return { time, value: isBesideGap ? undefined : value };
  });
}

function escapedForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Tests of the recording rules: what was scraped, and what must come of it. */
import {
  BURN_WINDOWS,
  type BurnWindow,
  errorsRatioSeries,
  latencyOverRatioSeries,
  type RecordedSeries,
  recordedSeries,
} from "@trimtab/conventions";
import type { ExpectedResult, PromtoolTest } from "./promtool.ts";

const TARGET = 'job="shop", instance="a"';
const OF = 'component="shop", operation="checkout"';
const calls = (outcome: string, target = TARGET, more = ""): string =>
  `trimtab_operation_calls_total{${target}, ${OF}, variant="base", outcome="${outcome}"${more}}`;
const UP = { [`up{${TARGET}}`]: "1x400" };
/** In seconds since the beginning of the test: long before it. */
const OLD_PROCESS = { [`trimtab_process_start_time_seconds{${TARGET}}`]: "-100000x400" };

/** All that was counted until then. */
function counted(at: string, results: Readonly<Record<string, number>>): ExpectedResult {
  return { expr: `sum by (outcome) (sum_over_time(${recordedSeries.calls.name}[2h]))`, at, results };
}

/** Numbers of samples, in promtool's notation: the sample and so many more. */
const times = (value: string, count: number): string => `${value}x${count - 1}`;

/** Of calls, by minutes. */
export const COUNTING: readonly PromtoolTest[] = [
  {
    // The first minute's rule has nothing before it, so what the page showed at first is not counted: it is met in an old process.
    name: "steady: what lies between the first sample and the last",
    interval: "15s",
    series: { ...UP, ...OLD_PROCESS, [calls("success")]: "1000+10x120" },
    expected: [counted("30m", { '{outcome="success"}': 1200 })],
  },
  {
    name: "a context that is born in a process that was read before counts whole",
    interval: "15s",
    series: { ...UP, ...OLD_PROCESS, [calls("failure")]: `${times("_", 41)} ${times("7", 80)}` },
    expected: [counted("30m", { '{outcome="failure"}': 7 })],
  },
  {
    name: "so it does where pages are read once a minute",
    interval: "1m",
    series: { ...UP, ...OLD_PROCESS, [calls("failure")]: `${times("_", 11)} 3 5 ${times("7", 20)}` },
    expected: [counted("30m", { '{outcome="failure"}': 7 })],
  },
  {
    name: "a young process counts whole, though nobody read it before",
    interval: "15s",
    series: {
      'up{job="shop", instance="b"}': `${times("_", 40)} ${times("1", 81)}`,
      'trimtab_process_start_time_seconds{job="shop", instance="b"}': `${times("_", 40)} ${times("590", 81)}`,
      [calls("success", 'job="shop", instance="b"')]: `${times("_", 40)} 5 ${times("25", 80)}`,
    },
    expected: [counted("30m", { '{outcome="success"}': 25 })],
  },
  {
    name: "an old process that is met for the first time counts from then on",
    interval: "15s",
    series: {
      'up{job="shop", instance="b"}': `${times("_", 40)} ${times("1", 81)}`,
      'trimtab_process_start_time_seconds{job="shop", instance="b"}': `${times("_", 40)} ${times("-100000", 81)}`,
      [calls("success", 'job="shop", instance="b"')]: `${times("_", 40)} ${times("90000", 4)} 90020x76`,
    },
    expected: [counted("30m", { '{outcome="success"}': 20 })],
  },
  {
    name: "twenty minutes without scrapes of the same process do not count its whole life",
    interval: "15s",
    series: {
      [`up{${TARGET}}`]: `${times("1", 41)} ${times("0", 80)} ${times("1", 60)}`,
      [`trimtab_process_start_time_seconds{${TARGET}}`]: `${times("-100000", 41)} ${times("_", 80)} ${times("-100000", 60)}`,
      [calls("success")]: `${times("100000", 41)} ${times("_", 80)} ${times("100040", 60)}`,
    },
    expected: [counted("45m", { '{outcome="success"}': 0 })],
  },
  {
    name: "a gap within the look-back loses nothing",
    interval: "15s",
    series: { ...UP, ...OLD_PROCESS, [calls("success")]: `${times("100", 41)} ${times("_", 12)} ${times("140", 60)}` },
    expected: [counted("28m", { '{outcome="success"}': 40 })],
  },
  {
    name: "a restart counts what came before it and after it",
    interval: "15s",
    series: {
      ...UP,
      [`trimtab_process_start_time_seconds{${TARGET}}`]: `${times("-100000", 43)} ${times("640", 80)}`,
      [calls("success")]: `${times("50", 42)} 60 4 ${times("12", 79)}`,
    },
    expected: [counted("30m", { '{outcome="success"}': 22 })],
  },
  {
    name: "a restart is seen by the start time where the counter is past its old value",
    interval: "15s",
    series: {
      ...UP,
      [`trimtab_process_start_time_seconds{${TARGET}}`]: `${times("-100000", 41)} ${times("605", 80)}`,
      [calls("failure")]: `${times("3", 41)} ${times("4", 80)}`,
    },
    expected: [counted("30m", { '{outcome="failure"}': 4 })],
  },
  {
    name: "a series that ends counts to its last sample, and not its whole life",
    interval: "15s",
    series: { ...UP, ...OLD_PROCESS, [calls("success")]: `${times("1000", 41)} 1005 1006 stale ${times("_", 40)}` },
    expected: [counted("20m", { '{outcome="success"}': 6 })],
  },
  {
    name: "instances and versions of the package add up, contexts stay",
    interval: "15s",
    series: {
      ...UP,
      'up{job="shop", instance="b"}': "1x400",
      [calls("success", TARGET, ', ctx_kind="a", otel_scope_version="1", otel_scope_schema_url="one"')]: "0+1x120",
      [calls("success", 'job="shop", instance="b"', ', ctx_kind="a", otel_scope_version="2"')]: "0+2x120",
    },
    expected: [
      {
        expr: `sum_over_time(${recordedSeries.calls.name}[2h])`,
        at: "30m",
        results: {
          '{component="shop", operation="checkout", variant="base", outcome="success", ctx_kind="a"}': 360,
        },
      },
    ],
  },
];

/** Of what is made of minutes and objectives. */
export const RATIOS: readonly PromtoolTest[] = [
  {
    name: "a partial is half a failure, and no calls are no ratio",
    interval: "15s",
    series: {
      ...UP,
      [calls("success")]: "0+7x120",
      [calls("partial")]: "0+2x120",
      [calls("failure")]: "0+1x120",
      'trimtab_operation_calls_total{job="shop", instance="a", component="shop", operation="idle", outcome="success"}':
        "5x120",
      'trimtab_operation_calls_total{job="shop", instance="a", component="shop", operation="good", outcome="success"}':
        "0+5x120",
    },
    expected: [
      {
        expr: errorsRatioSeries("30m").name,
        at: "30m",
        results: {
          [`${errorsRatioSeries("30m").name}{${OF}}`]: 0.2,
          [`${errorsRatioSeries("30m").name}{component="shop", operation="good"}`]: 0,
        },
      },
    ],
  },
  {
    name: "what is left of a budget",
    interval: "15s",
    series: {
      ...UP,
      [calls("success")]: "0+99x120",
      [calls("failure")]: "0+1x120",
      ...durations([30, 40, 100]),
    },
    expected: [
      // 1 % fails of 10 % that may.
      { expr: `round(${recordedSeries.errorBudget.name}, 0.001)`, at: "30m", results: { [`{${OF}}`]: 0.9 } },
      // 65 of 100 are over 1.75 s: 60 over 2 s and half of those between 1.5 s and 2 s. 5 % may: 13 budgets are spent.
      { expr: `round(${latencyOverRatioSeries("30m").name}, 0.001)`, at: "30m", results: { [`{${OF}}`]: 0.65 } },
      { expr: `round(${recordedSeries.latencyBudget.name}, 0.001)`, at: "30m", results: { [`{${OF}}`]: -12 } },
    ],
  },
  {
    name: "bounds as Prometheus 3 writes them are the same bounds",
    interval: "15s",
    series: { ...UP, ...durations([30, 40, 100], ["1.5", "2.0", "+Inf"]) },
    expected: [
      { expr: `round(${latencyOverRatioSeries("30m").name}, 0.001)`, at: "30m", results: { [`{${OF}}`]: 0.65 } },
    ],
  },
  {
    name: "without the bounds around a limit nothing is told",
    interval: "15s",
    series: { ...UP, ...durations([40, 100], ["3", "+Inf"]) },
    expected: [{ expr: latencyOverRatioSeries("30m").name, at: "30m", results: {} }],
  },
  {
    name: "quality, feedback and durations of minutes add up",
    interval: "15s",
    series: {
      ...UP,
      ...durations([1, 2]),
      [histogram("trimtab_operation_quality_ratio_sum")]: "0+0.5x120",
      [histogram("trimtab_operation_quality_ratio_count")]: "0+1x120",
      [histogram("trimtab_feedback_score_ratio_sum", ', type="user_rating"')]: "0+0.25x120",
      [histogram("trimtab_feedback_score_ratio_count", ', type="user_rating"')]: "0+1x120",
      [histogram("trimtab_operation_duration_seconds_sum")]: "0+3x120",
    },
    expected: [
      sumOf("qualitySum", 60),
      sumOf("qualityCount", 120),
      sumOf("feedbackSum", 30),
      sumOf("feedbackCount", 120),
      sumOf("durationSum", 360),
      sumOf("durationCount", 240),
      sumOf("operationDurationCount", 240),
      sumOf("operationCalls", undefined),
    ],
  },
  {
    name: "the first decision with a reason counts, in a controller that was read before",
    interval: "15s",
    series: {
      ...UP,
      [`trimtab_decisions_total{${TARGET}, ${OF}, reason="LIMIT_LATENCY"}`]: `${times("_", 60)} 1x60`,
      [`trimtab_adaptations_total{${TARGET}, ${OF}, status="rolled-back"}`]: `${times("_", 60)} 2x60`,
    },
    expected: [sumOf("decisions", 1), sumOf("adaptations", 2)],
  },
];

function sumOf(name: keyof typeof recordedSeries, value: number | undefined): ExpectedResult {
  return {
    expr: `sum(sum_over_time(${recordedSeries[name].name}[1h]))`,
    at: "30m",
    results: value === undefined ? {} : { "{}": value },
  };
}

function histogram(name: string, more = ""): string {
  return `${name}{${TARGET}, ${OF}, variant="base"${more}}`;
}

/** Calls per scrape with at most each of these durations. */
function durations(
  perScrape: readonly number[],
  bounds: readonly string[] = ["1.5", "2", "+Inf"],
): Record<string, string> {
  const buckets = perScrape.map((calls, index) => [
    histogram("trimtab_operation_duration_seconds_bucket", `, le="${bounds[index]}"`),
    `0+${calls}x120`,
  ]);
  return {
    ...Object.fromEntries(buckets),
    [histogram("trimtab_operation_duration_seconds_count")]: `0+${perScrape.at(-1)}x120`,
  };
}

/** Bad calls of ten in each minute, by how long ago it was: another share in each window. */
const BAD_SINCE: readonly (readonly [minutesAgo: number, bad: number])[] = [
  [5, 5],
  [30, 1],
  [60, 4],
  [120, 0],
  [360, 2],
  [1440, 0.5],
  [4320, 3],
];
const HISTORY_MINUTES = 4 * 1440;

function badAt(minutesAgo: number): number {
  return BAD_SINCE.find(([most]) => minutesAgo <= most)?.[1] ?? 9;
}

/** Tests of ratios in every window, from four days of minutes that are recorded already. */
export const WINDOWS: readonly PromtoolTest[] = [
  windowsOf(recordedSeries.operationErrors, recordedSeries.operationCalls, errorsRatioSeries),
  windowsOf(recordedSeries.operationLatencyOver, recordedSeries.operationDurationCount, latencyOverRatioSeries),
];

function windowsOf(
  bad: RecordedSeries,
  all: RecordedSeries,
  ratioOf: (window: BurnWindow) => RecordedSeries,
): PromtoolTest {
  const minutes = Array.from({ length: HISTORY_MINUTES + 1 }, (_, minute) => badAt(HISTORY_MINUTES - minute));
  return {
    name: `${ratioOf("1h").name} and its windows`,
    series: { [`${bad.name}{${OF}}`]: minutes.join(" "), [`${all.name}{${OF}}`]: times("10", HISTORY_MINUTES + 1) },
    expected: BURN_WINDOWS.map((window, index) => {
      const inWindow = minutes.slice(-(BAD_SINCE[index]?.[0] ?? 0));
      const share = inWindow.reduce((sum, one) => sum + one, 0) / (10 * inWindow.length);
      // Not exactly: Prometheus 2 counts the sample at the beginning of a window, 3 does not.
      return {
        expr: `abs(${ratioOf(window).name} - ${share}) < bool 0.005`,
        at: "4d",
        results: { [`{${OF}}`]: 1 },
      };
    }),
  };
}

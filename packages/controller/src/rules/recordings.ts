/** The recording rules that every installation has alike: what happened in each minute, and what was made of it. */
import {
  BURN_WINDOWS,
  controllerInstruments,
  errorsRatioSeries,
  type Instrument,
  labels,
  latencyOverRatioSeries,
  prometheusName,
  type RecordedSeriesName,
  recordedSeries,
  serviceInstruments,
} from "@trimtab/conventions";
import { increaseOfLastMinute, RECORDING_INTERVAL } from "./recorded-increments.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";

/**
 * Labels that tell processes and not what they do. Whatever else a target has (a cluster, a namespace) stays on the recordings by context.
 */
const TARGET_LABELS: readonly string[] = ["job", "instance", "pod", "container", "endpoint", "service"];

/** With those of the SDK, which change with its version. */
const PROCESS_LABELS: readonly string[] = [
  ...TARGET_LABELS,
  "otel_scope_name",
  "otel_scope_version",
  "otel_scope_schema_url",
];

/** For how long the rest of a budget is told. */
const BUDGET_WINDOW = "30d";

/** `sum by (component, operation) (…)`, and the like. */
export function byOperation(aggregation: string, expression: string): string {
  return `${aggregation} by (${labels.component}, ${labels.operation}) (${expression})`;
}

/** One series for what several processes tell alike, as replicas of the controller do. */
export function onceForAllProcesses(expression: string): string {
  return `max without (${TARGET_LABELS.join(", ")}) (${expression})`;
}

/** What happened in each minute. */
export function minuteGroups(): readonly RuleGroup[] {
  const name = prometheusName;
  const { operationCalls, operationDuration, operationQuality } = serviceInstruments;
  const { feedbackScore, decisions, adaptations } = controllerInstruments;
  return [
    {
      name: "trimtab-calls",
      interval: RECORDING_INTERVAL,
      rules: [minuteOf("calls", name(operationCalls)), ...operationRules(), ...ratioRules()],
    },
    {
      name: "trimtab-durations",
      interval: RECORDING_INTERVAL,
      rules: [
        ...histogramRules(operationDuration, ["durationSum", "durationCount"]),
        minuteOf("durationBucket", `${name(operationDuration)}_bucket`),
        {
          record: recordedSeries.operationDurationCount.name,
          expr: byOperation("sum", recordedSeries.durationCount.name),
        },
      ],
    },
    {
      name: "trimtab-quality",
      interval: RECORDING_INTERVAL,
      rules: [
        ...histogramRules(operationQuality, ["qualitySum", "qualityCount"]),
        ...histogramRules(feedbackScore, ["feedbackSum", "feedbackCount"]),
      ],
    },
    {
      name: "trimtab-learning",
      interval: RECORDING_INTERVAL,
      rules: [minuteOf("decisions", name(decisions)), minuteOf("adaptations", name(adaptations))],
    },
  ];
}

/**
 * What is made of minutes and objectives. In groups of their own: a rule finds the sample of its own group's evaluation on both ends of its
 * window, in Prometheus 2, and those of other groups on one; so both sides of a ratio must come from the same group, or from others.
 */
export function ratioGroups(): readonly RuleGroup[] {
  return [
    { name: "trimtab-latency-ratios", interval: RECORDING_INTERVAL, rules: latencyRules() },
    { name: "trimtab-budgets", interval: "5m", rules: budgetRules() },
  ];
}

function minuteOf(recorded: RecordedSeriesName, series: string): RecordingRule {
  return {
    record: recordedSeries[recorded].name,
    expr: `sum without (${PROCESS_LABELS.join(", ")}) (\n  ${increaseOfLastMinute(series)}\n)`,
  };
}

function histogramRules(
  instrument: Instrument,
  [sum, count]: readonly [RecordedSeriesName, RecordedSeriesName],
): readonly RecordingRule[] {
  const name = prometheusName(instrument);
  return [minuteOf(sum, `${name}_sum`), minuteOf(count, `${name}_count`)];
}

function operationRules(): readonly RecordingRule[] {
  const calls = recordedSeries.calls.name;
  const { outcome } = labels;
  // The last part is for operations that had no failure yet: none is 0, and not "no data".
  const errors = [
    `${calls}{${outcome}="failure"}`,
    `${calls}{${outcome}="partial"} * 0.5`,
    `${calls}{${outcome}!~"failure|partial"} * 0`,
  ].join("\n  or ");
  return [
    { record: recordedSeries.operationCalls.name, expr: byOperation("sum", calls) },
    { record: recordedSeries.operationErrors.name, expr: byOperation("sum", `\n  ${errors}\n`) },
  ];
}

function ratioRules(): readonly RecordingRule[] {
  return BURN_WINDOWS.map((window) => ({
    record: errorsRatioSeries(window).name,
    expr: ratio(recordedSeries.operationErrors.name, recordedSeries.operationCalls.name, window),
  }));
}

function latencyRules(): readonly RecordingRule[] {
  return BURN_WINDOWS.map((window) => ({
    record: latencyOverRatioSeries(window).name,
    expr: ratio(recordedSeries.operationLatencyOver.name, recordedSeries.operationDurationCount.name, window),
  }));
}

/** No calls are no ratio. */
function ratio(part: string, whole: string, window: string): string {
  return `sum_over_time(${part}[${window}])\n/\n(sum_over_time(${whole}[${window}]) > 0)`;
}

function budgetRules(): readonly RecordingRule[] {
  const rest = (bad: string, all: string, objective: string): string =>
    `1 - (\n  sum_over_time(${bad}[${BUDGET_WINDOW}])\n  /\n  (sum_over_time(${all}[${BUDGET_WINDOW}]) > 0)\n)\n/\n(1 - ${objective})`;
  return [
    {
      record: recordedSeries.errorBudget.name,
      expr: rest(
        recordedSeries.operationErrors.name,
        recordedSeries.operationCalls.name,
        recordedSeries.successObjective.name,
      ),
    },
    {
      record: recordedSeries.latencyBudget.name,
      expr: rest(
        recordedSeries.operationLatencyOver.name,
        recordedSeries.operationDurationCount.name,
        recordedSeries.latencyObjective.name,
      ),
    },
  ];
}

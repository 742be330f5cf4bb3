/** Alerts on what the calls of an operation show, beside its budgets. */
import {
  controllerInstruments,
  labels,
  latencyOverRatioSeries,
  prometheusName,
  recordedSeries,
  serviceInstruments,
} from "@trimtab/conventions";
import { enoughCalls, MINIMUM_CALLS } from "./burn-rate-alerts.ts";
import { byOperation } from "./recordings.ts";
import type { AlertingRule } from "./rule.ts";

const SAME_OPERATION = `on (${labels.component}, ${labels.operation})`;

/** Quality, instrumentation, feedback and learned baselines. */
export function operationAlerts(): readonly AlertingRule[] {
  return [
    qualityDrop(),
    anomaly(),
    objectiveUnmeasured(),
    instrumentationAbsent(),
    feedbackBacklog(),
    feedbackMissing(),
  ];
}

/** By how much the mean quality of an hour must lie under that of the same hour before: a tenth of it. */
const QUALITY_KEPT = 0.9;

function qualityDrop(): AlertingRule {
  const sum = (name: string, offset: string): string => byOperation("sum", `sum_over_time(${name}[1h]${offset})`);
  const mean = (offset = "", guard = ` > ${MINIMUM_CALLS}`): string =>
    `${sum(recordedSeries.qualitySum.name, offset)} / (${sum(recordedSeries.qualityCount.name, offset)}${guard})`;
  return {
    alert: "TrimtabQualityDrop",
    // Under both: a day of the week or a single odd day must not look like a drop.
    expr: [
      `${mean()}`,
      `< ${QUALITY_KEPT} * (${mean(" offset 1d")})`,
      `unless (\n${mean("", "")}\n>= ${QUALITY_KEPT} * (${mean(" offset 7d")})\n)`,
    ].join("\n"),
    for: "15m",
    labels: { severity: "warning", tier: "3" },
    summary: "The quality of {{ $labels.component }}/{{ $labels.operation }} dropped",
    description:
      "The mean quality of the last hour is {{ $value | humanize }}, more than a tenth under that of the same hour a day ago, and not as usual a week ago.",
  };
}

function anomaly(): AlertingRule {
  const measure = "measure";
  const deviation = prometheusName(controllerInstruments.baselineDeviation);
  const same = `on (${labels.component}, ${labels.operation}, ${measure})`;
  const max = (expression: string): string =>
    `max by (${labels.component}, ${labels.operation}, ${measure}) (${expression})`;
  return {
    alert: "TrimtabAnomaly",
    // What is unusually good wakes nobody: slow is above, poor is below.
    expr: [
      `max by (${labels.component}, ${labels.operation}, ${measure}) (${prometheusName(controllerInstruments.baselineAnomaly)}) == 1`,
      `and ${same} (`,
      `  ${max(`${deviation}{${measure}="duration_seconds"}`)} > 0`,
      `  or ${max(`${deviation}{${measure}!="duration_seconds"}`)} < 0`,
      ")",
    ].join("\n"),
    for: "10m",
    labels: { severity: "warning", tier: "3" },
    summary: "{{ $labels.component }}/{{ $labels.operation }} is unusual in {{ $labels.measure }}",
    description:
      "The last hour lies more than twice as far on the bad side of what is expected at this hour of the week and this load as nine of ten hours do.",
  };
}

function objectiveUnmeasured(): AlertingRule {
  return {
    alert: "TrimtabObjectiveUnmeasured",
    expr: [
      `(${recordedSeries.latencyObjective.name} unless ${SAME_OPERATION} ${latencyOverRatioSeries("1h").name})`,
      enoughCalls("1h"),
    ].join("\n"),
    for: "30m",
    labels: { severity: "warning", tier: "4", objective: "latency" },
    summary: "The latency objective of {{ $labels.component }}/{{ $labels.operation }} is not measured",
    description:
      "The operation has calls, and its histogram of durations lacks the buckets around the limit on p95_latency: no alert on its latency can fire.",
  };
}

function instrumentationAbsent(): AlertingRule {
  const calls = byOperation("group", prometheusName(serviceInstruments.operationCalls));
  const before = byOperation("sum", `sum_over_time(${recordedSeries.operationCalls.name}[6h] offset 1d)`);
  return {
    alert: "TrimtabInstrumentationAbsent",
    expr: `${before} > ${MINIMUM_CALLS}\nunless ${SAME_OPERATION} ${calls}`,
    for: "15m",
    labels: { severity: "warning", tier: "2" },
    summary: "{{ $labels.component }}/{{ $labels.operation }} has no metrics any more",
    description:
      "The operation had {{ $value | humanize }} calls in six hours a day ago, and now no process has its series: nothing is measured, so nothing is learnt and no other alert on it can fire.",
  };
}

/** Twice the batch that is learnt from at once. */
const LARGEST_BACKLOG = 200;

function feedbackBacklog(): AlertingRule {
  const backlog = prometheusName(controllerInstruments.feedbackBacklog);
  return {
    alert: "TrimtabFeedbackBacklog",
    expr: `${byOperation("max", `min_over_time(${backlog}[30m])`)} > ${LARGEST_BACKLOG}`,
    for: "10m",
    labels: { severity: "warning", tier: "3" },
    summary: "Feedback on {{ $labels.component }}/{{ $labels.operation }} waits to be learnt from",
    description:
      "At least {{ $value | humanize }} scored entries have waited through the last half hour: feedback is not being processed, or comes faster than it is.",
  };
}

const USUAL_FEEDBACK = 20;

function feedbackMissing(): AlertingRule {
  const feedback = (offset = ""): string =>
    byOperation("sum", `sum_over_time(${recordedSeries.feedbackCount.name}[6h]${offset})`);
  const calls = (offset = ""): string => `sum_over_time(${recordedSeries.operationCalls.name}[6h]${offset})`;
  return {
    alert: "TrimtabFeedbackMissing",
    expr: [
      `${feedback(" offset 1d")} > ${USUAL_FEEDBACK}`,
      `unless ${SAME_OPERATION} ${feedback()} > 0`,
      `and ${SAME_OPERATION} ${calls()} > ${SAME_OPERATION} 0.5 * ${calls(" offset 1d")}`,
    ].join("\n"),
    for: "30m",
    labels: { severity: "warning", tier: "4" },
    summary: "{{ $labels.component }}/{{ $labels.operation }} gets no feedback any more",
    description:
      "A day ago {{ $value | humanize }} entries of feedback came in six hours, and now none did, though the operation has calls.",
  };
}

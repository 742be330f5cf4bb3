/**
 * Names of the series that the recording rules make, `level:metric:operation`: which labels are left, of which metric, and what was done.
 *
 * `increase1m` counts right at births and restarts, so sums of it tile: `sum_over_time(…:increase1m[1h])` is what happened in an hour.
 */
import { controllerInstruments, type Instrument, serviceInstruments } from "./instruments.ts";
import { prometheusName } from "./prometheus-notation.ts";

/** The windows of burn rates, short and long, ascending. */
export const BURN_WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;

/** A window of a burn rate, as Prometheus writes it. */
export type BurnWindow = (typeof BURN_WINDOWS)[number];

/** A series that a recording rule makes. */
export interface RecordedSeries {
  readonly name: string;
  /** Label keys; `ctx_*` where `hasContext`. */
  readonly labels: readonly string[];
  readonly hasContext: boolean;
  readonly description: string;
}

/** The names by which our own code speaks of recorded series, without those that have a window in their name. */
export type RecordedSeriesName =
  | "calls"
  | "durationBucket"
  | "durationSum"
  | "durationCount"
  | "qualitySum"
  | "qualityCount"
  | "feedbackSum"
  | "feedbackCount"
  | "decisions"
  | "adaptations"
  | "operationCalls"
  | "operationErrors"
  | "operationDurationCount"
  | "operationLatencyOver"
  | "successObjective"
  | "latencyObjective"
  | "errorBudget"
  | "latencyBudget";

const CELL = ["component", "operation", "variant"] as const;
const OPERATION = ["component", "operation"] as const;

const calls = baseName(serviceInstruments.operationCalls);
const errors = baseName(serviceInstruments.operationErrors);
const duration = prometheusName(serviceInstruments.operationDuration);
const quality = prometheusName(serviceInstruments.operationQuality);
const feedback = prometheusName(controllerInstruments.feedbackScore);
const latencyOver = "trimtab_operation_latency_over";

/** What the recording rules make, beside the ratios of each window. */
export const recordedSeries: Readonly<Record<RecordedSeriesName, RecordedSeries>> = {
  calls: ofContexts("variant_outcome", calls, [...CELL, "outcome"], "Calls of the last minute, by outcome."),
  durationBucket: ofContexts(
    "variant",
    `${duration}_bucket`,
    [...CELL, "le"],
    "Calls of the last minute that took at most `le` seconds.",
  ),
  durationSum: ofContexts("variant", `${duration}_sum`, CELL, "Seconds that the calls of the last minute took."),
  durationCount: ofContexts(
    "variant",
    `${duration}_count`,
    CELL,
    "Calls of the last minute whose duration was measured.",
  ),
  qualitySum: ofContexts("variant", `${quality}_sum`, CELL, "Sum of the quality scores of the last minute."),
  qualityCount: ofContexts("variant", `${quality}_count`, CELL, "Calls of the last minute that were scored."),
  feedbackSum: ofContexts(
    "variant_type",
    `${feedback}_sum`,
    [...CELL, "type"],
    "Sum of the scores of the feedback of the last minute.",
  ),
  feedbackCount: ofContexts(
    "variant_type",
    `${feedback}_count`,
    [...CELL, "type"],
    "Scored feedback that arrived in the last minute.",
  ),
  decisions: ofOperations(
    `operation_reason:${baseName(controllerInstruments.decisions)}:increase1m`,
    [...OPERATION, "reason"],
    "Decisions of the last minute, by reason.",
  ),
  adaptations: ofOperations(
    `operation_status:${baseName(controllerInstruments.adaptations)}:increase1m`,
    [...OPERATION, "status"],
    "Adaptations that reached a status in the last minute.",
  ),
  operationCalls: ofOperations(`operation:${calls}:increase1m`, OPERATION, "Calls of the last minute."),
  operationErrors: ofOperations(
    `operation:${errors}:increase1m`,
    OPERATION,
    "Failed calls of the last minute; a partial counts one half.",
  ),
  operationDurationCount: ofOperations(
    `operation:${duration}_count:increase1m`,
    OPERATION,
    "Calls of the last minute whose duration was measured.",
  ),
  operationLatencyOver: ofOperations(
    `operation:${latencyOver}:increase1m`,
    OPERATION,
    "Calls of the last minute that took longer than the latency objective allows.",
  ),
  successObjective: ofOperations(
    "trimtab_success_objective:ratio",
    OPERATION,
    "The share of the calls that must succeed, from the constraints in trimtab.yaml.",
  ),
  latencyObjective: ofOperations(
    "trimtab_latency_objective:ratio",
    OPERATION,
    "The share of the calls that must be as fast as the constraint in trimtab.yaml says: 0.95 for p95_latency.",
  ),
  errorBudget: ofOperations(
    "operation:trimtab_error_budget:remaining_ratio",
    OPERATION,
    "What is left of the failures that the success objective allows in 30 days: 1 all, 0 none, below 0 more than all is spent.",
  ),
  latencyBudget: ofOperations(
    "operation:trimtab_latency_budget:remaining_ratio",
    OPERATION,
    "What is left of the slow calls that the latency objective allows in 30 days: 1 all, 0 none, below 0 more than all is spent.",
  ),
};

/** Failed calls as a share of all calls in the window; a partial counts one half. */
export function errorsRatioSeries(window: BurnWindow): RecordedSeries {
  const description = `Failed calls as a share of all calls of the last ${window}; a partial counts one half.`;
  return ofOperations(`operation:${errors}:ratio_rate${window}`, OPERATION, description);
}

/** Calls over the latency objective as a share of all calls in the window. */
export function latencyOverRatioSeries(window: BurnWindow): RecordedSeries {
  const description = `Calls over the latency objective as a share of all calls of the last ${window}.`;
  return ofOperations(`operation:${latencyOver}:ratio_rate${window}`, OPERATION, description);
}

/** Every recorded series. */
export const allRecordedSeries: readonly RecordedSeries[] = [
  ...Object.values(recordedSeries),
  ...BURN_WINDOWS.map(errorsRatioSeries),
  ...BURN_WINDOWS.map(latencyOverRatioSeries),
];

function ofContexts(level: string, metric: string, labels: readonly string[], description: string): RecordedSeries {
  return { name: `operation_context_${level}:${metric}:increase1m`, labels, hasContext: true, description };
}

function ofOperations(name: string, labels: readonly string[], description: string): RecordedSeries {
  return { name, labels, hasContext: false, description };
}

/** Without `_total`, which only a raw counter has. */
function baseName(instrument: Instrument): string {
  return prometheusName(instrument).replace(/_total$/, "");
}

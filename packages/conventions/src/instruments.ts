/**
 * Every metric of the product: the services' telemetry contract and the controller's own.
 *
 * The unit stands in the instrument's name, because the JavaScript Prometheus exporter adds no suffix while the Collector and
 * Prometheus' OTLP endpoint do, unless the word is there already: only so is a series called the same on every path.
 */

/** What kind of instrument it is; a counter's series get `_total`, a histogram's `_bucket`, `_sum` and `_count`. */
export type InstrumentKind = "counter" | "histogram" | "gauge";

/** One metric instrument. */
export interface Instrument {
  /** OpenTelemetry name, e.g. `trimtab.operation.calls`. */
  readonly name: string;
  readonly kind: InstrumentKind;
  /** UCUM unit: `s`, `1`, `By`, or an annotation such as `{call}`. */
  readonly unit: string;
  readonly description: string;
  /** Label keys beside `ctx_*`, in the order of the contract. */
  readonly labels: readonly string[];
  /** Does the series also carry the declared context keys as `ctx_*`? */
  readonly hasContext: boolean;
  /** Upper bounds of a histogram's buckets, ascending, without infinity. */
  readonly boundaries?: readonly number[];
}

/** Durations from 1 ms to 10 min, in seconds; neighbours differ by a factor of at most 1.5. */
export const DURATION_BOUNDARIES_SECONDS: readonly number[] = [1e-3, 1e-2, 1e-1, 1, 10, 100]
  .flatMap((decade) => [1, 1.5, 2, 3, 4, 5, 7.5].map((factor) => Number((decade * factor).toPrecision(6))))
  .filter((bound) => bound < 600)
  .concat(600);

/** Quality and scores from 0 to 1 in steps of 0.05. */
export const RATIO_BOUNDARIES: readonly number[] = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);

const OPERATION_LABELS = ["component", "operation", "variant"] as const;

function onOperations(
  name: string,
  kind: InstrumentKind,
  unit: string,
  description: string,
  extraLabels: readonly string[] = [],
  boundaries?: readonly number[],
): Instrument {
  const labels = [...OPERATION_LABELS, ...extraLabels];
  return {
    name,
    kind,
    unit,
    description,
    labels,
    hasContext: true,
    ...(boundaries === undefined ? {} : { boundaries }),
  };
}

function ofProcess(
  name: string,
  kind: InstrumentKind,
  unit: string,
  description: string,
  labels: readonly string[] = [],
): Instrument {
  return { name, kind, unit, description, labels, hasContext: false };
}

/** The names by which our own code speaks of the instruments of a service. */
export type ServiceInstrument =
  | "operationCalls"
  | "operationDuration"
  | "operationDurationSquares"
  | "operationQuality"
  | "operationQualitySquares"
  | "operationCost"
  | "operationCostSquares"
  | "operationErrors"
  | "operationTokens"
  | "operationEngagement"
  | "challengerStopped"
  | "operationCpu"
  | "operationEventLoopDelay"
  | "operationHeap"
  | "processStartTime"
  | "parametersServed"
  | "parametersAge"
  | "parametersRefused"
  | "qualityRefused"
  | "labelValuesCollapsed"
  | "feedbackItems"
  | "recordItems";

/** What a tracked service emits, and what the package emits of itself. */
export const serviceInstruments: Readonly<Record<ServiceInstrument, Instrument>> = {
  operationCalls: onOperations(
    "trimtab.operation.calls",
    "counter",
    "{call}",
    "Tracked calls that ended, by outcome.",
    ["outcome"],
  ),
  operationDuration: onOperations(
    "trimtab.operation.duration.seconds",
    "histogram",
    "s",
    "Duration of tracked calls.",
    [],
    DURATION_BOUNDARIES_SECONDS,
  ),
  operationDurationSquares: onOperations(
    "trimtab.operation.duration.seconds.squares",
    "counter",
    "{second squared}",
    "Sum of the squared durations of tracked calls: with sum and count it gives the variance.",
  ),
  operationQuality: onOperations(
    "trimtab.operation.quality.ratio",
    "histogram",
    "1",
    "Quality of the results of tracked calls, 0 to 1; only calls that were scored.",
    [],
    RATIO_BOUNDARIES,
  ),
  operationQualitySquares: onOperations(
    "trimtab.operation.quality.ratio.squares",
    "counter",
    "1",
    "Sum of the squared quality scores: with sum and count it gives the variance.",
  ),
  operationCost: onOperations(
    "trimtab.operation.cost",
    "counter",
    "{unit}",
    "Cost of tracked calls in the unit of the label.",
    ["unit"],
  ),
  operationCostSquares: onOperations(
    "trimtab.operation.cost.squares",
    "counter",
    "{unit squared}",
    "Sum of the squared costs of calls.",
    ["unit"],
  ),
  operationErrors: onOperations("trimtab.operation.errors", "counter", "{error}", "Failed calls, by type of error.", [
    "error_type",
  ]),
  // Not `gen_ai.client.token.usage`: the instrumentation of a model's client writes that one, and each token would be there twice.
  operationTokens: onOperations(
    "trimtab.operation.tokens",
    "counter",
    "{token}",
    "Tokens that calls used, by the values of gen_ai.token.type: input, output.",
    ["type"],
  ),
  operationEngagement: onOperations(
    "trimtab.operation.engagement",
    "counter",
    "{engagement}",
    "What people did with the results of calls, by type: a view, a share, a skip.",
    ["type"],
  ),
  challengerStopped: onOperations(
    "trimtab.challenger.stopped",
    "counter",
    "{challenger}",
    "Challengers that a process stopped giving calls to, because they failed plainly.",
  ),
  operationCpu: onOperations(
    "trimtab.operation.resource.cpu.seconds",
    "counter",
    "s",
    "CPU time of the process while calls ran, shared out evenly among the calls that ran at the same time; level comprehensive.",
  ),
  operationEventLoopDelay: onOperations(
    "trimtab.operation.resource.event.loop.delay.seconds",
    "counter",
    "s",
    "Time by which the event loop was late while calls ran: what they waited for others; level comprehensive.",
  ),
  operationHeap: onOperations(
    "trimtab.operation.resource.heap.bytes",
    "counter",
    "By",
    "Growth of the heap while calls ran, shared out evenly among the calls that ran at the same time; level comprehensive.",
  ),
  processStartTime: ofProcess(
    "trimtab.process.start.time.seconds",
    "gauge",
    "s",
    "When this process started, in seconds since 1970: tells a series that was born from one that was missed.",
  ),
  parametersServed: ofProcess(
    "trimtab.parameters.served",
    "counter",
    "{call}",
    "Calls that were given parameters, by where they came from: fresh, last_known_good or base.",
    ["source"],
  ),
  parametersAge: ofProcess(
    "trimtab.parameters.age.seconds",
    "gauge",
    "s",
    "Time since the controller last confirmed the parameters in use.",
  ),
  parametersRefused: ofProcess(
    "trimtab.parameters.refused",
    "counter",
    "{document}",
    "Documents, or operations in them, that were not applied, by reason.",
    ["reason"],
  ),
  qualityRefused: ofProcess(
    "trimtab.quality.refused",
    "counter",
    "{score}",
    "Quality scores outside 0 to 1 that were not recorded.",
  ),
  feedbackItems: ofProcess(
    "trimtab.feedback.items",
    "counter",
    "{item}",
    "Feedback that this process sent to the controller, by result: accepted, refused, or dropped because too much waited.",
    ["result"],
  ),
  recordItems: ofProcess(
    "trimtab.record.items",
    "counter",
    "{item}",
    "Individual operations that this process sent to the controller, by result: accepted, refused, or dropped because too many waited.",
    ["result"],
  ),
  labelValuesCollapsed: ofProcess(
    "trimtab.label.values.collapsed",
    "counter",
    "{call}",
    "Calls whose context was recorded as __other__ because the process had seen too many contexts.",
  ),
};

const BY_OPERATION = ["component", "operation"] as const;

function ofLearning(
  name: string,
  kind: InstrumentKind,
  unit: string,
  description: string,
  labels: readonly string[] = [],
): Instrument {
  return { name, kind, unit, description, labels: [...BY_OPERATION, ...labels], hasContext: true };
}

function ofExperiment(name: string, description: string, labels: readonly string[] = []): Instrument {
  const all = [...BY_OPERATION, "experiment", ...labels];
  return { name, kind: "gauge", unit: "1", description, labels: all, hasContext: false };
}

/** The names by which our own code speaks of the instruments of the controller. */
export type ControllerInstrument =
  | "liftRatio"
  | "liftRatioLower"
  | "liftRatioUpper"
  | "variantWeight"
  | "variantInfo"
  | "experimentDifference"
  | "experimentDifferenceLower"
  | "experimentDifferenceUpper"
  | "experimentArm"
  | "breakerState"
  | "sampleRatioMismatch"
  | "readings"
  | "decisions"
  | "adaptations"
  | "cycles"
  | "cycleDuration"
  | "cycleLastSuccess"
  | "sourceQueryDuration"
  | "sourceQuerySamples"
  | "sourceQueryServerTime"
  | "sourceErrors"
  | "feedbackScore"
  | "feedbackBacklog"
  | "outcomeItems"
  | "declarationDiffers"
  | "baselineLower"
  | "baselineExpected"
  | "baselineUpper"
  | "baselineDeviation"
  | "baselineAnomaly"
  | "summaryCacheRequests"
  | "leader"
  | "streams"
  | "streamEvents"
  | "configReloadSuccessful"
  | "configReloadSuccessAt"
  | "webhookDeliveries"
  | "webhookDuration"
  | "httpRequestDuration";

/** What the controller exports about its learning and itself. */
export const controllerInstruments: Readonly<Record<ControllerInstrument, Instrument>> = {
  liftRatio: ofLearning(
    "trimtab.lift.ratio",
    "gauge",
    "1",
    "Utility of what is served against the holdout, measured in the same windows.",
  ),
  liftRatioLower: ofLearning(
    "trimtab.lift.ratio.lower",
    "gauge",
    "1",
    "Lower bound of the lift: valid however often it is read.",
  ),
  liftRatioUpper: ofLearning(
    "trimtab.lift.ratio.upper",
    "gauge",
    "1",
    "Upper bound of the lift: valid however often it is read.",
  ),
  variantWeight: ofLearning(
    "trimtab.variant.weight.ratio",
    "gauge",
    "1",
    "Share of the calls that a variant is given.",
    ["variant", "role"],
  ),
  variantInfo: ofLearning(
    "trimtab.variant.info",
    "gauge",
    "1",
    "Always 1; the labels tell a variant's role and the value of one parameter.",
    ["variant", "role", "parameter", "value"],
  ),
  experimentDifference: ofExperiment(
    "trimtab.experiment.difference.ratio",
    "Utility of a call under an experiment's treatment less that under its control, measured in the same windows.",
  ),
  experimentDifferenceLower: ofExperiment(
    "trimtab.experiment.difference.ratio.lower",
    "Lower bound of the difference: valid however often it is read.",
  ),
  experimentDifferenceUpper: ofExperiment(
    "trimtab.experiment.difference.ratio.upper",
    "Upper bound of the difference: valid however often it is read.",
  ),
  experimentArm: ofExperiment(
    "trimtab.experiment.arm.weight.ratio",
    "Share of the calls outside of the holdout that an arm of an experiment has.",
    ["arm", "strategy"],
  ),
  breakerState: ofLearning(
    "trimtab.breaker.state",
    "gauge",
    "{state}",
    "Circuit breaker of a context: 0 closed, 1 half open, 2 open: learning did harm, and the base values are served.",
  ),
  sampleRatioMismatch: ofLearning(
    "trimtab.sample.ratio.mismatch",
    "gauge",
    "{mismatch}",
    "1 where the variants do not get the calls that their shares promise, so that nothing is learnt; else 0.",
  ),
  readings: ofProcess(
    "trimtab.readings",
    "counter",
    "{reading}",
    "Readings of evidence, by kind; only values can change anything.",
    [...BY_OPERATION, "kind"],
  ),
  decisions: ofProcess(
    "trimtab.decisions",
    "counter",
    "{decision}",
    "Decisions, one per context and cycle, by reason.",
    [...BY_OPERATION, "reason"],
  ),
  adaptations: ofProcess(
    "trimtab.adaptations",
    "counter",
    "{adaptation}",
    "Adaptations, by the status they reached: suggested, approved, applied, superseded, rejected, rolled-back or failed.",
    [...BY_OPERATION, "status"],
  ),
  cycles: ofProcess(
    "trimtab.cycles",
    "counter",
    "1",
    "Cycles by what became of them: recorded, skipped (there was no window to read), conflict (another process decided), failed.",
    [...BY_OPERATION, "result"],
  ),
  cycleDuration: {
    ...ofProcess("trimtab.cycle.duration.seconds", "histogram", "s", "Duration of a cycle of one operation.", [
      ...BY_OPERATION,
    ]),
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  cycleLastSuccess: ofProcess(
    "trimtab.cycle.last.success.timestamp.seconds",
    "gauge",
    "s",
    "When a cycle last ended with evidence read and a decision recorded, in seconds since 1970.",
    [...BY_OPERATION],
  ),
  sourceQueryDuration: {
    ...ofProcess(
      "trimtab.source.query.duration.seconds",
      "histogram",
      "s",
      "Duration of one question to the metric source.",
      ["question"],
    ),
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  sourceQuerySamples: ofProcess(
    "trimtab.source.query.samples",
    "counter",
    "1",
    "Samples that the metric source read for a question, where it says so.",
    ["question"],
  ),
  sourceQueryServerTime: ofProcess(
    "trimtab.source.query.server.seconds",
    "counter",
    "s",
    "Time that the metric source itself took for a question, where it says so.",
    ["question"],
  ),
  sourceErrors: ofProcess(
    "trimtab.source.errors",
    "counter",
    "{error}",
    "Questions that the metric source did not answer, by kind.",
    ["kind"],
  ),
  feedbackScore: {
    ...ofLearning(
      "trimtab.feedback.score.ratio",
      "histogram",
      "1",
      "Scores of the feedback that arrived, by the variant that had served. For dashboards: learning reads the store.",
      ["variant", "type"],
    ),
    boundaries: RATIO_BOUNDARIES,
  },
  feedbackBacklog: ofProcess(
    "trimtab.feedback.backlog",
    "gauge",
    "{feedback}",
    "Scored feedback that waits to be learnt from.",
    [...BY_OPERATION],
  ),
  outcomeItems: ofProcess(
    "trimtab.outcome.items",
    "counter",
    "{item}",
    "Outcomes that were reported instead of scraped, by result: accepted, known (counted before), or refused.",
    ["component", "result"],
  ),
  declarationDiffers: ofProcess(
    "trimtab.declaration.differs",
    "gauge",
    "{declaration}",
    "1 where a service declares an operation in code otherwise than the configuration has it, so that base values serve there; 0 where both are alike.",
    [...BY_OPERATION],
  ),
  baselineLower: ofProcess(
    "trimtab.baseline.lower",
    "gauge",
    "{value}",
    "Below it lies one hour in twenty, at this hour of the week and this load; in the unit that `measure` ends in.",
    [...BY_OPERATION, "measure"],
  ),
  baselineExpected: ofProcess(
    "trimtab.baseline.expected",
    "gauge",
    "{value}",
    "What is expected of an hour at this hour of the week and this load; in the unit that `measure` ends in.",
    [...BY_OPERATION, "measure"],
  ),
  baselineUpper: ofProcess(
    "trimtab.baseline.upper",
    "gauge",
    "{value}",
    "Above it lies one hour in twenty, at this hour of the week and this load; in the unit that `measure` ends in.",
    [...BY_OPERATION, "measure"],
  ),
  baselineDeviation: ofProcess(
    "trimtab.baseline.deviation.ratio",
    "gauge",
    "1",
    "The last hour's distance from what was expected of it: 1 at the upper bound, -1 at the lower one.",
    [...BY_OPERATION, "measure"],
  ),
  baselineAnomaly: ofProcess(
    "trimtab.baseline.anomaly",
    "gauge",
    "{anomaly}",
    "1 where the last hour lies at least twice as far from what was expected of it as the bound does, else 0; absent where it was not measured.",
    [...BY_OPERATION, "measure"],
  ),
  summaryCacheRequests: ofProcess(
    "trimtab.summary.cache.requests",
    "counter",
    "{request}",
    "Performance summaries that were asked for: hit where they were known from the same cycle, miss where the metric source was asked.",
    ["result"],
  ),
  leader: ofProcess(
    "trimtab.leader",
    "gauge",
    "{replica}",
    "1 in the replica that leads: it alone runs the cycles; 0 in those that follow and serve.",
  ),
  streams: ofProcess(
    "trimtab.streams",
    "gauge",
    "{stream}",
    "Event streams that are open, by what they tell of: allocations, or changes of flags.",
    ["kind"],
  ),
  streamEvents: ofProcess("trimtab.stream.events", "counter", "{event}", "Changes that streams have told, by kind.", [
    "kind",
  ]),
  configReloadSuccessful: ofProcess(
    "trimtab.config.last.reload.successful",
    "gauge",
    "{reload}",
    "1 while the configuration in force is the last one that was to be taken over; 0 where that was refused and the old one goes on.",
  ),
  configReloadSuccessAt: ofProcess(
    "trimtab.config.last.reload.success.timestamp.seconds",
    "gauge",
    "s",
    "Since when the configuration in force is in force, in seconds since 1970.",
  ),
  webhookDeliveries: ofProcess(
    "trimtab.webhook.deliveries",
    "gauge",
    "{delivery}",
    "Notices that wait to be sent to a webhook (status waiting), or were given up (status dead) within the last 7 days.",
    ["hook", "status"],
  ),
  webhookDuration: {
    ...ofProcess(
      "trimtab.webhook.attempt.duration.seconds",
      "histogram",
      "s",
      "Duration of attempts to tell a webhook, by result: delivered, failed (it is tried again), or dead (given up).",
      ["hook", "result"],
    ),
    boundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  httpRequestDuration: {
    ...ofProcess("trimtab.http.request.duration.seconds", "histogram", "s", "Duration of requests to the controller.", [
      "method",
      "route",
      "status",
    ]),
    boundaries: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
};

/** Alerts on learning: does it harm, is it stopped, does it see what it needs? */
import { controllerInstruments, labels, prometheusName, recordedSeries } from "@trimtab/conventions";
import { type AdaptationStatus, type ReasonCode } from "@trimtab/learning";
import { enoughCalls } from "./burn-rate-alerts.ts";
import { type CycleSettings, windowOfCycles } from "./cycle-window.ts";
import { byOperation, onceForAllProcesses } from "./recordings.ts";
import type { AlertingRule } from "./rule.ts";

const SAME_OPERATION = `on (${labels.component}, ${labels.operation})`;
const OPERATION = "{{ $labels.component }}/{{ $labels.operation }}";

/** Harm, guardrails, evidence. */
export function learningAlerts(settings: CycleSettings): readonly AlertingRule[] {
  return [
    learnedWorseThanHoldout(),
    breakerOpen(),
    guardrailBreach(),
    rollbackStorm(),
    parametersOscillating(),
    sampleRatioMismatch(),
    holdoutStarved(),
    evidenceMissing(settings),
    evidenceStale(settings),
    declarationDiffers(),
  ];
}

function learnedWorseThanHoldout(): AlertingRule {
  return {
    alert: "TrimtabLearnedWorseThanHoldout",
    // The bound is valid however often it is read, and wide where there are few calls: low traffic needs no guard of its own.
    expr: `${onceForAllProcesses(prometheusName(controllerInstruments.liftRatioUpper))} < 0`,
    for: "30m",
    labels: { severity: "critical", tier: "2" },
    summary: `What was learnt for ${OPERATION} does harm`,
    description:
      "The upper bound of the lift is {{ $value | humanizePercentage }}: what is served does worse than the base values, beyond what chance can explain.",
  };
}

function breakerOpen(): AlertingRule {
  return {
    alert: "TrimtabBreakerOpen",
    expr: `${onceForAllProcesses(prometheusName(controllerInstruments.breakerState))} == 2`,
    for: "5m",
    labels: { severity: "warning", tier: "3" },
    summary: `Learning of ${OPERATION} is stopped by its breaker`,
    description: "Learning did harm repeatedly in this context, so that it rests and the base values are served.",
  };
}

/** What is taken back because it was bad for users. */
const BREACHES: readonly ReasonCode[] = [
  "LIMIT_SUCCESS_RATE",
  "LIMIT_LATENCY",
  "STOPPED_BY_SERVICE",
  "HOLDOUT_IS_BETTER",
  "BREACH_LEFT_TO_PERSON",
];

function guardrailBreach(): AlertingRule {
  const decisions = `sum_over_time(${recordedSeries.decisions.name}{reason=~"${BREACHES.join("|")}"}[15m])`;
  return {
    alert: "TrimtabGuardrailBreach",
    expr: `sum by (${labels.component}, ${labels.operation}, reason) (${decisions}) > 0`,
    labels: { severity: "warning", tier: "3" },
    summary: `A variant of ${OPERATION} broke a limit`,
    description:
      "{{ $value | humanize }} decisions of the last 15 minutes have the reason {{ $labels.reason }}. A variant that breaks a limit is taken back by itself, unless a person set it.",
  };
}

const MOST_ROLL_BACKS_PER_HOUR = 5;
const ROLLED_BACK: AdaptationStatus = "rolled-back";

function rollbackStorm(): AlertingRule {
  const rolledBack = `sum_over_time(${recordedSeries.adaptations.name}{status="${ROLLED_BACK}"}[1h])`;
  return {
    alert: "TrimtabRollbackStorm",
    expr: `${byOperation("sum", rolledBack)} > ${MOST_ROLL_BACKS_PER_HOUR}.5`,
    labels: { severity: "warning", tier: "2" },
    summary: `Changes of ${OPERATION} are taken back again and again`,
    description:
      "{{ $value | humanize }} adaptations were rolled back within an hour: what is tried is bad, or something else makes everything look bad.",
  };
}

function parametersOscillating(): AlertingRule {
  const reason: ReasonCode = "OSCILLATING";
  const decisions = `sum_over_time(${recordedSeries.decisions.name}{reason="${reason}"}[1h])`;
  return {
    alert: "TrimtabParametersOscillating",
    expr: `${byOperation("sum", decisions)} > 0`,
    labels: { severity: "warning", tier: "4" },
    summary: `Parameters of ${OPERATION} go back and forth`,
    description:
      "A variant was adopted and given up again and again; it rests for now ({{ $value | humanize }} decisions within an hour).",
  };
}

function sampleRatioMismatch(): AlertingRule {
  return {
    alert: "TrimtabSampleRatioMismatch",
    expr: `${onceForAllProcesses(prometheusName(controllerInstruments.sampleRatioMismatch))} == 1`,
    for: "30m",
    labels: { severity: "warning", tier: "3" },
    summary: `Variants of ${OPERATION} do not get the calls that their shares promise`,
    description:
      "What they get differs from the shares beyond what chance can explain, so that comparisons would be unfair and nothing is learnt.",
  };
}

const MINIMUM_CALLS_FOR_SHARES = 1000;
const LEAST_PART_OF_HOLDOUT = 0.5;

function holdoutStarved(): AlertingRule {
  const weight = `${prometheusName(controllerInstruments.variantWeight)}{role="baseline"}`;
  const baselines = `group by (${labels.component}, ${labels.operation}, ${labels.variant}) (${weight})`;
  const calls = `sum_over_time(${recordedSeries.calls.name}[6h])`;
  const byVariant = `sum by (${labels.component}, ${labels.operation}, ${labels.variant}) (${calls})`;
  const others = byOperation(
    "sum",
    `\n    ${byVariant}\n    unless on (${labels.component}, ${labels.operation}, ${labels.variant}) ${baselines}\n  `,
  );
  const all = byOperation("sum", calls);
  return {
    alert: "TrimtabHoldoutStarved",
    expr: [
      "(",
      `  1 - ${others}`,
      `  / ${SAME_OPERATION} (${all} > ${MINIMUM_CALLS_FOR_SHARES})`,
      `) < ${SAME_OPERATION} ${LEAST_PART_OF_HOLDOUT} * ${byOperation("min", weight)}`,
    ].join("\n"),
    for: "30m",
    labels: { severity: "warning", tier: "4" },
    summary: `The holdout of ${OPERATION} gets too few calls`,
    description:
      "Only {{ $value | humanizePercentage }} of the calls of six hours kept the base values, less than half of what is promised: the lift is measured against hardly anything.",
  };
}

/** `kind` of readings of which nothing is wrong but that there was nothing to read. */
const NO_DATA = "no-data";

function shareOfReadings(matcher: string, window: string): string {
  const readings = prometheusName(controllerInstruments.readings);
  const increase = (selector: string): string => byOperation("sum", `increase(${readings}${selector}[${window}])`);
  return `${increase(`{${matcher}}`)}\n/ (${increase("")} > 3)`;
}

function evidenceMissing(settings: CycleSettings): AlertingRule {
  const window = windowOfCycles(30, settings);
  return {
    alert: "TrimtabEvidenceMissing",
    expr: `${shareOfReadings(`kind="${NO_DATA}"`, window)} > 0.9\n${enoughCalls(window)}`,
    for: "10m",
    labels: { severity: "warning", tier: "3" },
    summary: `The controller sees nothing of ${OPERATION}`,
    description: `{{ $value | humanizePercentage }} of the readings of the last ${window} found no data, though the operation has calls in this Prometheus: nothing can be learnt.`,
  };
}

function evidenceStale(settings: CycleSettings): AlertingRule {
  const window = windowOfCycles(30, settings);
  return {
    alert: "TrimtabEvidenceStale",
    expr: `${shareOfReadings(`kind!~"value|${NO_DATA}"`, window)} > 0.5`,
    for: "10m",
    labels: { severity: "warning", tier: "3" },
    summary: `The evidence on ${OPERATION} cannot be used`,
    description: `{{ $value | humanizePercentage }} of the readings of the last ${window} were stale, partial, doubled, not a number or failed: the parameters stay as they are.`,
  };
}

function declarationDiffers(): AlertingRule {
  return {
    alert: "TrimtabDeclarationDiffers",
    expr: `${byOperation("max", prometheusName(controllerInstruments.declarationDiffers))} == 1`,
    for: "30m",
    labels: { severity: "warning", tier: "4" },
    summary: `A service declares ${OPERATION} otherwise than trimtab.yaml`,
    description: "The service serves its own base values, whatever is learnt, until both are alike.",
  };
}

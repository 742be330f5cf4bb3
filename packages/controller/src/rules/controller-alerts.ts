/** Alerts on the machinery: the controller, its source, the services' way to it, and the scrapes that all of it rests on. */
import { controllerInstruments, labels, prometheusName, serviceInstruments } from "@trimtab/conventions";
import { type CycleSettings, windowOfCycles } from "./cycle-window.ts";
import { byOperation } from "./recordings.ts";
import type { AlertingRule } from "./rule.ts";

const SAME_OPERATION = `on (${labels.component}, ${labels.operation})`;
const LEADER = prometheusName(controllerInstruments.leader);

/** All alerts on the machinery; the watchdog last. */
export function controllerAlerts(settings: CycleSettings): readonly AlertingRule[] {
  return [
    controllerDown(),
    noLeader(),
    cycleStale(settings),
    cyclesFailing(settings),
    slowCycle(settings),
    metricsSourceErrors(settings),
    configurationRefused(),
    parametersStale(),
    fallbackInUse(),
    cardinalityLimit(),
    scrapeFailing(),
    watchdog(),
  ];
}

function controllerDown(): AlertingRule {
  return {
    alert: "TrimtabControllerDown",
    expr: `absent(${LEADER})`,
    for: "5m",
    labels: { severity: "critical", tier: "1" },
    summary: "No controller is seen",
    description:
      "No process tells whether it leads: the controller is down, or is not scraped. Services go on with the last known good parameters; nothing is learnt and nothing is taken back.",
  };
}

function noLeader(): AlertingRule {
  return {
    alert: "TrimtabNoLeader",
    expr: `max by (job) (${LEADER}) == 0`,
    for: "5m",
    labels: { severity: "critical", tier: "1" },
    summary: "No replica of the controller leads",
    description:
      "The replicas of {{ $labels.job }} serve what is known, and none runs cycles: nothing is learnt and nothing is taken back.",
  };
}

/** Three intervals, and five minutes at least. Milliseconds. */
function staleAfter(cycleIntervalMilliseconds: number): number {
  return Math.max(300_000, 3 * cycleIntervalMilliseconds);
}

function cycleStale({ cycleIntervalMilliseconds }: CycleSettings): AlertingRule {
  const minutes = Math.ceil(staleAfter(cycleIntervalMilliseconds) / 60_000);
  const cycles = `${prometheusName(controllerInstruments.cycles)}{result=~"recorded|skipped"}`;
  return {
    alert: "TrimtabCycleStale",
    // An operation that is configured no more has counters until the restart, and no shares. One that never had a good cycle has no such counter.
    expr: [
      byOperation("group", prometheusName(controllerInstruments.variantWeight)),
      `unless ${SAME_OPERATION} ${byOperation("sum", `increase(${cycles}[${minutes}m])`)} > 0`,
    ].join("\n"),
    for: `${minutes}m`, // a counter grows visibly with its second cycle only
    labels: { severity: "critical", tier: "2" },
    summary: "Cycles of {{ $labels.component }}/{{ $labels.operation }} have stopped",
    description: `No cycle ended well in ${minutes} minutes: nothing is learnt, and nothing that turns bad is taken back.`,
  };
}

function cyclesFailing(settings: CycleSettings): AlertingRule {
  const cycles = prometheusName(controllerInstruments.cycles);
  const window = windowOfCycles(15, settings);
  const increase = (selector: string): string => byOperation("sum", `increase(${cycles}${selector}[${window}])`);
  return {
    alert: "TrimtabCyclesFailing",
    expr: `${increase('{result="failed"}')}\n/ (${increase("")} > 3)\n> 0.5`,
    for: "5m",
    labels: { severity: "warning", tier: "2" },
    summary: "Cycles of {{ $labels.component }}/{{ $labels.operation }} fail",
    description: `{{ $value | humanizePercentage }} of the cycles of the last ${window} failed: the log lines of level error say why.`,
  };
}

function slowCycle(settings: CycleSettings): AlertingRule {
  const duration = prometheusName(controllerInstruments.cycleDuration);
  const window = windowOfCycles(15, settings);
  const limitSeconds = Math.min(settings.cycleIntervalMilliseconds / 2000, LARGEST_CYCLE_BOUND_SECONDS / 2);
  return {
    alert: "TrimtabSlowCycle",
    expr: [
      `histogram_quantile(0.95, sum by (job, le) (rate(${duration}_bucket[${window}]))) > ${limitSeconds}`,
      `and on (job) sum by (job) (increase(${duration}_count[${window}])) > 5`,
    ].join("\n"),
    for: "15m",
    labels: { severity: "warning", tier: "3" },
    summary: "Cycles of {{ $labels.job }} are slow",
    description: `One cycle in twenty takes {{ $value | humanizeDuration }} or longer, more than ${limitSeconds} s: with several operations cycles may fall behind.`,
  };
}

const LARGEST_CYCLE_BOUND_SECONDS = Math.max(...(controllerInstruments.cycleDuration.boundaries ?? [60]));

function metricsSourceErrors(settings: CycleSettings): AlertingRule {
  const window = windowOfCycles(15, settings);
  const errors = prometheusName(controllerInstruments.sourceErrors);
  const questions = `${prometheusName(controllerInstruments.sourceQueryDuration)}_count`;
  return {
    alert: "TrimtabMetricsSourceErrors",
    expr: [
      `sum by (job) (increase(${errors}[${window}]))`,
      `/ on (job) (sum by (job) (increase(${questions}[${window}])) > 10)`,
      "> 0.1",
    ].join("\n"),
    for: "10m",
    labels: { severity: "warning", tier: "2" },
    summary: "The metric source does not answer {{ $labels.job }}",
    description: `{{ $value | humanizePercentage }} of the questions of the last ${window} were not answered, or not so that they can be used: decisions hold.`,
  };
}

function configurationRefused(): AlertingRule {
  return {
    alert: "TrimtabConfigurationRefused",
    expr: `min by (job) (${prometheusName(controllerInstruments.configReloadSuccessful)}) == 0`,
    for: "10m",
    labels: { severity: "warning", tier: "3" },
    summary: "The changed configuration of {{ $labels.job }} is not in force",
    description: "It was refused as a whole, and the one before it goes on: a restart would fail.",
  };
}

/** Services poll every few seconds; a minute of silence is a restart, a quarter of an hour is none. Seconds. */
const OLD_PARAMETERS_SECONDS = 900;

function parametersStale(): AlertingRule {
  return {
    alert: "TrimtabParametersStale",
    expr: `max by (job) (${prometheusName(serviceInstruments.parametersAge)}) > ${OLD_PARAMETERS_SECONDS}`,
    for: "5m",
    labels: { severity: "warning", tier: "2" },
    summary: "{{ $labels.job }} has not heard from the controller",
    description:
      "A process of it last had its parameters confirmed {{ $value | humanizeDuration }} ago. It goes on with the last known good ones, and a change or a roll-back does not reach it.",
  };
}

function fallbackInUse(): AlertingRule {
  const served = prometheusName(serviceInstruments.parametersServed);
  const increase = (selector: string): string => `sum by (job) (increase(${served}${selector}[15m]))`;
  return {
    alert: "TrimtabFallbackInUse",
    expr: `${increase('{source!="fresh"}')}\n/ on (job) (${increase("")} > 100)\n> 0.1`,
    for: "15m",
    labels: { severity: "warning", tier: "3" },
    summary: "{{ $labels.job }} does not use what the controller serves",
    description:
      "{{ $value | humanizePercentage }} of the calls of 15 minutes had the last known good parameters or the base values in the code instead of fresh ones.",
  };
}

function cardinalityLimit(): AlertingRule {
  const collapsed = prometheusName(serviceInstruments.labelValuesCollapsed);
  const overflow = [serviceInstruments.operationCalls, serviceInstruments.operationDuration]
    .map((instrument) =>
      instrument.kind === "histogram" ? `${prometheusName(instrument)}_count` : prometheusName(instrument),
    )
    .map((name) => `count by (job) (${name}{otel_metric_overflow="true"})`);
  return {
    alert: "TrimtabCardinalityLimit",
    expr: [`sum by (job) (increase(${collapsed}[30m])) > 0`, ...overflow].join("\nor "),
    for: "5m",
    labels: { severity: "warning", tier: "3" },
    summary: "{{ $labels.job }} has more contexts than it can count one by one",
    description:
      "New contexts are counted as __other__ (or, with an SDK of one's own, without any label): nothing can be learnt about them one by one. Totals are right.",
  };
}

function scrapeFailing(): AlertingRule {
  const ours = [LEADER, prometheusName(serviceInstruments.processStartTime)]
    .map((name) => `group by (job, instance) (last_over_time(${name}[6h]))`)
    .join(" or ");
  return {
    alert: "TrimtabScrapeFailing",
    expr: `up == 0\nand on (job, instance) (\n  ${ours}\n)`,
    for: "10m",
    labels: { severity: "warning", tier: "2" },
    summary: "{{ $labels.instance }} of {{ $labels.job }} is not scraped",
    description:
      "The target had Trimtab's metrics within the last six hours, and does not answer Prometheus now: its calls are not counted.",
  };
}

function watchdog(): AlertingRule {
  return {
    alert: "TrimtabWatchdog",
    expr: "vector(1)",
    labels: { severity: "none", tier: "4" },
    summary: "The way of alerts works",
    description:
      "It always fires. Whoever stops getting it knows that Prometheus, its rules or Alertmanager have stopped.",
  };
}

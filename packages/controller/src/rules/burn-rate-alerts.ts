/**
 * Alerts on budgets that burn: multi-window, multi-burn-rate (Beyer et al., The Site Reliability Workbook, chapter 5), with sloth's
 * windows for a period of 30 days.
 *
 *     tier   long   short   burns            of the budget is gone when it fires
 *     1      1h     5m      14.4 times        2 %
 *     2      6h     30m     6 times           5 %
 *     3      1d     2h      3 times          10 %
 *     4      3d     6h      as fast as allowed  10 %
 *
 * The long window says that it matters, the short one that it goes on, so that the alert ends soon after its cause.
 *
 * A ratio cannot be above 1: with an objective of 0.9 not even a total outage burns 14.4 times as fast as allowed. So each alert fires too when
 * more than half of what must not fail does: `ratio > 1 − objective / 2`.
 */
import {
  type BurnWindow,
  errorsRatioSeries,
  labels,
  latencyOverRatioSeries,
  type RecordedSeries,
  recordedSeries,
} from "@trimtab/conventions";
import type { AlertingRule, Severity, Tier } from "./rule.ts";

interface BurnRate {
  readonly tier: Tier;
  readonly severity: Severity;
  readonly long: BurnWindow;
  readonly short: BurnWindow;
  /** How many times as fast as allowed. */
  readonly factor: number;
}

const BURN_RATES: readonly BurnRate[] = [
  { tier: "1", severity: "critical", long: "1h", short: "5m", factor: 14.4 },
  { tier: "2", severity: "critical", long: "6h", short: "30m", factor: 6 },
  { tier: "3", severity: "warning", long: "1d", short: "2h", factor: 3 },
  { tier: "4", severity: "warning", long: "3d", short: "6h", factor: 1 },
];

/** With fewer calls in the long window than this, three failures would wake somebody. */
export const MINIMUM_CALLS = 100;

const SAME_OPERATION = `on (${labels.component}, ${labels.operation})`;

/** The alerts on both budgets, silent for operations without an objective. */
export function burnRateAlerts(): readonly AlertingRule[] {
  return [
    ...BURN_RATES.map((rate) => errorBudgetBurn(rate)),
    ...BURN_RATES.filter(({ tier }) => tier === "1" || tier === "3").map((rate) => latencyBudgetBurn(rate)),
  ];
}

/** More calls in the window than low traffic has. */
export function enoughCalls(window: string, minimum: number = MINIMUM_CALLS): string {
  return `and ${SAME_OPERATION} sum_over_time(${recordedSeries.operationCalls.name}[${window}]) > ${minimum}`;
}

function errorBudgetBurn(rate: BurnRate): AlertingRule {
  const { tier, severity, long, short, factor } = rate;
  return {
    alert: "TrimtabErrorBudgetBurn",
    expr: burns(errorsRatioSeries, recordedSeries.successObjective.name, rate),
    labels: { severity, tier, objective: "success", window: long },
    summary: "{{ $labels.component }}/{{ $labels.operation }} fails too often",
    description: `{{ $value | humanizePercentage }} of the calls of the last ${long} failed, and it goes on (${short}): ${pace(factor)} than the success objective allows, or more than half of what must succeed.`,
  };
}

function latencyBudgetBurn(rate: BurnRate): AlertingRule {
  const { tier, severity, long, short, factor } = rate;
  return {
    alert: "TrimtabLatencyBudgetBurn",
    expr: burns(latencyOverRatioSeries, recordedSeries.latencyObjective.name, rate),
    labels: { severity, tier, objective: "latency", window: long },
    summary: "{{ $labels.component }}/{{ $labels.operation }} is too slow",
    description: `{{ $value | humanizePercentage }} of the calls of the last ${long} took longer than the limit on p95_latency, and it goes on (${short}): ${pace(factor)} than the 5 % that may.`,
  };
}

function pace(factor: number): string {
  return factor === 1 ? "faster" : `more than ${factor} times faster`;
}

function burns(ratioOf: (window: BurnWindow) => RecordedSeries, objective: string, rate: BurnRate): string {
  const { long, short, factor } = rate;
  const over = (window: BurnWindow): string => {
    const ratio = ratioOf(window).name;
    // What fails more than half of what must not, also fails more than is allowed.
    if (factor === 1) return `${ratio} > ${SAME_OPERATION} (1 - ${objective})`;
    return [
      "(",
      `  ${ratio} > ${SAME_OPERATION} ${factor} * (1 - ${objective})`,
      `  or ${ratio} > ${SAME_OPERATION} 1 - ${objective} / 2`,
      ")",
    ].join("\n");
  };
  return `${over(long)}\nand ${SAME_OPERATION} ${over(short)}\n${enoughCalls(long)}`;
}

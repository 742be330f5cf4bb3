/** Does an expression ask only for what is there? Names, labels and values come from what was scraped. */
import {
  controllerInstruments,
  type Instrument,
  prometheusSeriesNames,
  serviceInstruments,
} from "@trimtab/conventions";
import type { KnownSeries } from "./known-series.ts";
import { readExpression, type Selector } from "./promql.ts";

/** Functions under which a counter may stand as it is. */
const OF_COUNTERS = ["rate", "increase"];
/** The endings of series that only count up. */
const COUNTER = /_(total|bucket|count|sum)$/;
/** Names that Prometheus has by itself; of alerts, the labels depend on the rules. */
const OF_PROMETHEUS: Readonly<Record<string, readonly string[]>> = {
  ALERTS: ["alertname", "alertstate", "severity", "component", "operation"],
};

const descriptions = new Map(
  [...Object.values(serviceInstruments), ...Object.values(controllerInstruments)].flatMap((instrument: Instrument) =>
    prometheusSeriesNames(instrument).map((name) => [name, instrument.description] as const),
  ),
);

/**
 * Everything that is wrong with an expression, in words.
 *
 * @param text With values in place of its variables.
 * @param isSelection It only chooses series, whose values nobody looks at.
 */
export function expressionProblems(text: string, known: KnownSeries, isSelection = false): string[] {
  const { problems, selectors, groupings } = readExpression(text);
  const found = [...problems];
  const labelsOf = (metric: string): readonly string[] | undefined =>
    OF_PROMETHEUS[metric] ?? (known[metric] && Object.keys(known[metric]));
  for (const selector of selectors) {
    const labels = labelsOf(selector.metric);
    if (labels === undefined) {
      found.push(`nobody emits "${selector.metric}"`);
      continue;
    }
    found.push(...matcherProblems(selector, labels, known));
    if (!isSelection && isRawCounter(selector)) found.push(`the counter "${selector.metric}" is looked at raw`);
  }
  for (const { labels, metrics } of groupings) {
    const there = new Set(metrics.flatMap((metric) => labelsOf(metric) ?? []));
    for (const label of labels)
      if (!there.has(label)) found.push(`none of ${metrics.join(", ")} has the label "${label}" to group or match by`);
  }
  return found;
}

function isRawCounter({ metric, inFunction = "" }: Selector): boolean {
  return COUNTER.test(metric) && !OF_COUNTERS.includes(inFunction);
}

function matcherProblems({ metric, matchers }: Selector, labels: readonly string[], known: KnownSeries): string[] {
  const found: string[] = [];
  for (const { label, operator, value } of matchers) {
    if (!labels.includes(label)) {
      found.push(`"${metric}" has no label "${label}"`);
      continue;
    }
    if (metric in OF_PROMETHEUS || !/^[\w-]+$/.test(value)) continue;
    if (operator === "=~" || operator === "!~") continue;
    const seen = known[metric]?.[label] ?? [];
    const isTold = new RegExp(`\\b${value}\\b`).test(descriptions.get(metric) ?? "");
    if (!seen.includes(value) && !isTold) found.push(`"${metric}" never has ${label}="${value}"`);
  }
  return found;
}

/** What the tests of alerts are written in. */
import { recordedSeries } from "@trimtab/conventions";
import { type AlertingRule, isAlert } from "../../packages/controller/src/rules/rule.ts";
import { alertGroups } from "../../packages/controller/src/rules/rule-sets.ts";
import type { PromtoolTest } from "./promtool.ts";

/** What every alert is tried in, at least. */
export type Situation = "fires" | "healthy" | "low traffic or no data" | "resolves";

/** One test of an alert. */
export interface AlertCase {
  readonly situation: Situation;
  /** What is special about it. */
  readonly because?: string;
  readonly at: string;
  /** Series to values, in promtool's notation, one sample a minute or half an hour. */
  readonly series: Readonly<Record<string, string>>;
  /** The labels of what fires, as in PromQL, without those that the rule adds. */
  readonly firing: readonly string[];
}

/** The tests of one rule. */
export interface AlertCases {
  readonly alert: string;
  /** Where several rules have the name. */
  readonly tier?: string;
  /** Compares with days before: samples and evaluations lie half an hour apart. */
  readonly isOfDays?: boolean;
  readonly cases: readonly AlertCase[];
}

/** Every alerting rule. */
export const ALERTS: readonly AlertingRule[] = alertGroups().flatMap(({ rules }) => rules.filter(isAlert));

/** The rule that cases are about. */
export function ruleOf({ alert, tier }: Pick<AlertCases, "alert" | "tier">): AlertingRule {
  const rules = ALERTS.filter((rule) => rule.alert === alert && (tier === undefined || rule.labels.tier === tier));
  const [rule] = rules;
  if (rule === undefined || rules.length > 1) throw new Error(`${rules.length} rules are called ${alert} (${tier})`);
  return rule;
}

/** The tests as promtool takes them. `name` stands for the alert: mutants have names of their own. */
export function promtoolTests(cases: AlertCases, name: string = cases.alert): readonly PromtoolTest[] {
  const { labels } = ruleOf(cases);
  const own = { alertname: name, alertstate: "firing", ...labels };
  const added = Object.entries(own)
    .map(([key, value]) => `${key}="${value}"`)
    .join(", ");
  return cases.cases.map((one, index) => ({
    name: `${cases.alert}${cases.tier === undefined ? "" : ` tier ${cases.tier}`}, ${index + 1}: ${one.situation}${one.because === undefined ? "" : `, ${one.because}`}`,
    interval: cases.isOfDays === true ? "30m" : "1m",
    series: one.series,
    expected: [
      {
        expr: `ALERTS{alertname="${name}", alertstate="firing", tier="${labels.tier}"}`,
        at: one.at,
        results: Object.fromEntries(
          one.firing.map((more) => [`ALERTS{${added}${more === "" ? "" : `, ${more}`}}`, 1] as const),
        ),
      },
    ],
  }));
}

/** The labels of the operation that the tests speak of. */
export const CHECKOUT = 'component="shop", operation="checkout"';

/** A series of that operation. */
export function ofCheckout(name: string, more = ""): string {
  return `${name}{${CHECKOUT}${more === "" ? "" : `, ${more}`}}`;
}

/** So many samples of a value. */
export function times(value: number | string, count: number): string {
  return `${value}x${count - 1}`;
}

/** Calls of each minute or half an hour. */
export function callsOfCheckout(values: string): Record<string, string> {
  return { [ofCheckout(recordedSeries.operationCalls.name)]: values };
}

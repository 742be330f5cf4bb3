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

/** How often rules are evaluated in the tests: seldom, because it takes time, and so that every `for` is a multiple of it. */
export function evaluationOf({ isOfDays }: AlertCases): string {
  return isOfDays === true ? "2h" : "5m";
}

/** The tests as promtool takes them. `name` stands for the alert: mutants have names of their own. */
export function promtoolTests(cases: AlertCases, name: string = cases.alert): readonly PromtoolTest[] {
  const { labels, for: holds } = ruleOf(cases);
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
      // What waits is pending before it fires.
      ...(one.firing.length === 0 || holds === undefined
        ? []
        : [
            {
              expr: `count(count_over_time(ALERTS{alertname="${name}", alertstate="pending"}[10d])) >= bool ${one.firing.length}`,
              at: one.at,
              results: { "{}": 1 },
            },
          ]),
    ],
  }));
}

/** The same of another operation, in another job. */
function ofAnotherOperation(text: string): string {
  return text.replaceAll('operation="checkout"', 'operation="refund"').replaceAll('job="', 'job="other-');
}

/** The same of another component, in another instance. */
function ofAnotherComponent(text: string): string {
  return text.replaceAll('component="shop"', 'component="store"').replaceAll('instance="', 'instance="other-');
}

/**
 * The same with others of the same kind, for which the first test that fires is true: each must fire for itself, and must not let the
 * first one fire, or keep it from it.
 */
export function besideOthers(cases: AlertCases): AlertCases {
  const [loud] = cases.cases.filter(({ situation }) => situation === "fires");
  if (loud === undefined || loud.firing.every((labels) => labels === "")) return cases;
  const isOfOperations = loud.firing.some((labels) => labels.includes("component="));
  const copies = isOfOperations ? [ofAnotherOperation, ofAnotherComponent] : [ofAnotherOperation];
  return {
    ...cases,
    cases: cases.cases.map((one) => ({
      ...one,
      series: { ...one.series, ...seriesOf(loud, copies, one.at === loud.at) },
      firing: one.at === loud.at ? [...one.firing, ...copies.flatMap((copy) => loud.firing.map(copy))] : one.firing,
    })),
  };
}

function seriesOf(
  { series }: AlertCase,
  copies: readonly ((text: string) => string)[],
  isAtSameTime: boolean,
): Record<string, string> {
  if (!isAtSameTime) return {}; // it is not known what it does then
  const entries = Object.entries(series);
  return Object.fromEntries(copies.flatMap((copy) => entries.map(([of, values]) => [copy(of), values])));
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

/** Alerts on cycles fire also where `controller.interval` is long, and cycles are few. */
import { controllerInstruments, prometheusName } from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import { isAlert } from "../../packages/controller/src/rules/rule.ts";
import { alertGroups } from "../../packages/controller/src/rules/rule-sets.ts";
import { CHECKOUT, callsOfCheckout, ofCheckout, times } from "./alert-case.ts";
import { groupOf, testRules } from "./promtool.ts";

const rules = alertGroups({ cycleIntervalMilliseconds: 600_000 }).flatMap((group) => group.rules.filter(isAlert));
const { cycles, cycleDuration, readings, sourceErrors, sourceQueryDuration } = controllerInstruments;

/** One in ten minutes; samples lie five minutes apart. */
const EACH_CYCLE = "0+0.5x60";
const NEVER = times(0, 61);
const bucket = (le: string): string =>
  `${prometheusName(cycleDuration)}_bucket{job="trimtab", instance="a", ${CHECKOUT}, le="${le}"}`;

/** All that can be wrong with cycles at once, but for their standstill. */
const SERIES = {
  [ofCheckout(prometheusName(cycles), 'job="trimtab", instance="a", result="failed"')]: EACH_CYCLE,
  [bucket(String(cycleDuration.boundaries?.at(-1)))]: NEVER,
  [bucket("+Inf")]: EACH_CYCLE,
  [`${prometheusName(cycleDuration)}_count{job="trimtab", instance="a", ${CHECKOUT}}`]: EACH_CYCLE,
  [`${prometheusName(sourceErrors)}{job="trimtab", instance="a", kind="timeout"}`]: "0+1x60",
  [`${prometheusName(sourceQueryDuration)}_count{job="trimtab", instance="a", question="calls"}`]: "0+1x60",
  ...callsOfCheckout(times(50, 61)),
};

const OF_OPERATION = `{alertname="%", ${CHECKOUT}}`;
const OF_JOB = '{alertname="%", job="trimtab"}';

describe.each([
  ["TrimtabCyclesFailing", OF_OPERATION, {}],
  ["TrimtabSlowCycle", OF_JOB, {}],
  ["TrimtabMetricsSourceErrors", OF_JOB, {}],
  ["TrimtabEvidenceMissing", OF_OPERATION, { kind: "no-data" }],
  ["TrimtabEvidenceStale", OF_OPERATION, { kind: "timeout" }],
])("%s", (alert, labels, { kind }: { readonly kind?: string }) => {
  test("fires with a cycle in ten minutes", async () => {
    const read =
      kind === undefined
        ? {}
        : { [ofCheckout(prometheusName(readings), `job="trimtab", instance="a", kind="${kind}"`)]: EACH_CYCLE };
    const failures = await testRules(
      [groupOf(rules.filter((rule) => rule.alert === alert))],
      [
        {
          name: alert,
          interval: "5m",
          series: { ...SERIES, ...read },
          expected: [
            {
              expr: `group by (alertname, component, operation, job) (ALERTS{alertstate="firing"})`,
              at: "240m",
              results: { [labels.replace("%", alert)]: 1 },
            },
          ],
        },
      ],
      "5m",
    );
    expect(failures).toEqual({});
  });
});

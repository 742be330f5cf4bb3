/** Every rule asks only for what services and controller really export, and a real Prometheus can evaluate it on what it scraped. */
import { readFileSync } from "node:fs";
import { OUTCOMES } from "@trimtab/conventions";
import { REASON_CODES } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../packages/controller/src/config.ts";
import { minuteGroups, ratioGroups } from "../../packages/controller/src/rules/recordings.ts";
import { isAlert, type Rule } from "../../packages/controller/src/rules/rule.ts";
import { alertGroups, objectiveGroups } from "../../packages/controller/src/rules/rule-sets.ts";
import { mutantsOf } from "../rules/mutants.ts";
import { monitored } from "./monitored.ts";
import { queryNow } from "./prometheus-api.ts";
import { readExpression } from "./promql.ts";

const { series, prometheusUrl, configuration } = monitored;

const { policies } = parseConfig(readFileSync(configuration, "utf8"), configuration, {});
const rules = [...minuteGroups(), ...objectiveGroups(policies).groups, ...ratioGroups(), ...alertGroups()].flatMap(
  (group) => group.rules,
);
const named = rules.map((rule): [string, Rule] => [
  isAlert(rule) ? `${rule.alert} ${rule.labels.tier}` : rule.record,
  rule,
]);

/** Labels that other installations have: those of Kubernetes, of the SDK, and of an SDK that has reached its limit. */
const OF_OTHERS = ["pod", "container", "endpoint", "service", "otel_metric_overflow"];
/** Values that need not occur in an hour of tests, because the code has the closed list of them. */
const TOLD: readonly string[] = [...OUTCOMES, ...REASON_CODES, "rolled-back", "no-data", "value", "failed"];

/** What is wrong with the names in an expression, in words. */
function problemsOf(expr: string): string[] {
  const { problems, selectors, groupings } = readExpression(expr);
  const found = [...problems];
  const labelsOf = (metric: string): readonly string[] => Object.keys(series[metric] ?? {});
  for (const { metric, matchers } of selectors) {
    if (series[metric] === undefined) found.push(`nobody exports "${metric}"`);
    else
      for (const { label, value } of matchers) {
        if (OF_OTHERS.includes(label)) continue;
        if (!labelsOf(metric).includes(label)) found.push(`"${metric}" has no label "${label}"`);
        else if (label !== "le" && !["component", "operation"].includes(label))
          for (const one of value.split("|"))
            if (!TOLD.includes(one) && !(series[metric]?.[label] ?? []).includes(one))
              found.push(`"${metric}" never has ${label}="${one}"`);
      }
  }
  for (const { labels, metrics } of groupings) {
    const there = new Set(metrics.flatMap(labelsOf));
    for (const label of labels)
      if (!there.has(label) && !OF_OTHERS.includes(label) && !label.startsWith("otel_scope_"))
        found.push(`none of ${metrics.join(", ")} has the label "${label}"`);
  }
  return found;
}

describe("rules on what is really exported", () => {
  test("there are rules of every kind", () => {
    expect(rules.length).toBeGreaterThan(60);
    expect(new Set(rules.map(isAlert)).size).toBe(2);
  });

  test.each(named)("%s names only what is there", (_, { expr }) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  test.each(named)("%s can be evaluated", async (_, { expr }) => {
    expect(Array.isArray(await queryNow(prometheusUrl, expr))).toBe(true);
  });

  test.each(named)("%s with a name changed is found", (_, rule) => {
    const mutants = mutantsOf(rule).filter(({ change }) => /^another (metric|label):/.test(change));
    expect(mutants.filter((mutant) => problemsOf(mutant.rule.expr).length === 0).map(({ change }) => change)).toEqual(
      [],
    );
  });
});

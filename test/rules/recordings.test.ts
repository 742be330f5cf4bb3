/** The recording rules count what happened: at births, restarts, gaps and ends of series, whatever the scrape interval. */
import { recordedSeries } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { minuteGroups, ratioGroups } from "../../packages/controller/src/rules/recordings.ts";
import { isAlert, type RuleGroup } from "../../packages/controller/src/rules/rule.ts";
import { objectiveGroups } from "../../packages/controller/src/rules/rule-sets.ts";
import { groupOf, testRules } from "./promtool.ts";
import { COUNTING, RATIOS, WINDOWS } from "./recording-cases.ts";

const POLICY = {
  component: "shop",
  operation: "checkout",
  constraints: [
    { kind: "success-rate", minimum: 0.9 },
    { kind: "p95-latency", maximumSeconds: 1.75 },
  ],
} as unknown as OperationPolicy;

function withObjectives(): readonly RuleGroup[] {
  return [...minuteGroups(), ...objectiveGroups([POLICY]).groups, ...ratioGroups()].map((group) => ({
    ...group,
    interval: "1m",
  }));
}

describe("what happened is counted", () => {
  const countsCalls = minuteGroups().flatMap(({ rules }) =>
    rules.filter((rule) => !isAlert(rule) && rule.record === recordedSeries.calls.name),
  );
  const failures = testRules([groupOf(countsCalls)], COUNTING);
  test.each(COUNTING)("$name", async ({ name }) => {
    expect((await failures)[name]).toBeUndefined();
  });
});

describe("ratios of every window", () => {
  const failures = testRules(ratiosAlone(), WINDOWS, "1d");
  test.each(WINDOWS)("$name", async ({ name }) => {
    expect((await failures)[name]).toBeUndefined();
  });
});

/** Without the rules that make the minutes: those are given. */
function ratiosAlone(): readonly RuleGroup[] {
  const rules = withObjectives().flatMap((group) => group.rules);
  return [groupOf(rules.filter((rule) => !isAlert(rule) && rule.record.includes(":ratio_rate")))];
}

describe("what is made of it", () => {
  const failures = testRules(withObjectives(), RATIOS);
  test.each(RATIOS)("$name", async ({ name }) => {
    expect((await failures)[name]).toBeUndefined();
  });
});

/** Every alert fires when it should, and is silent when healthy, on low traffic or without data, and when its cause is over. */
import { describe, expect, test } from "vitest";
import { ALERTS, evaluationOf, promtoolTests, ruleOf, type Situation } from "./alert-case.ts";
import { ALERT_CASES } from "./alert-cases.ts";
import { groupOf, type PromtoolTest, testRules } from "./promtool.ts";

const all = ALERT_CASES;
const SITUATIONS: readonly Situation[] = ["fires", "healthy", "low traffic or no data", "resolves"];

describe.each(all)("$alert $tier", (cases) => {
  const tests = promtoolTests(cases);
  const failures = testRules([groupOf([ruleOf(cases)])], tests, evaluationOf(cases));
  test.each(tests)("$name", async ({ name }: PromtoolTest) => {
    expect((await failures)[name]).toBeUndefined();
  });
});

test.each(ALERTS)("$alert $labels.tier is tried in every situation", ({ alert, labels: { tier } }) => {
  const own = all.filter((each) => each.alert === alert && (each.tier ?? tier) === tier).flatMap(({ cases }) => cases);
  // The watchdog always fires: that is what it is for.
  const needed = alert === "TrimtabWatchdog" ? (["fires"] as const) : SITUATIONS;
  expect(needed.filter((situation) => !own.some((one) => one.situation === situation))).toEqual([]);
  expect(own.length).toBeGreaterThanOrEqual(4);
});

test.each(ALERTS)("$alert $labels.tier names only labels that it has", ({ alert, labels, summary, description }) => {
  const named = [...`${summary} ${description}`.matchAll(/\$labels\.([a-z_]+)/g)].map(([, label]) => label ?? "");
  const firing = all.filter((each) => each.alert === alert).flatMap(({ cases }) => cases.flatMap((one) => one.firing));
  for (const label of named)
    for (const one of firing) expect(`${one}, ${Object.keys(labels).join('=", ')}="`).toContain(`${label}="`);
});

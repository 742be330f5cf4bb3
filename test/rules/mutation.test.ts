/**
 * Break every alert in many ways: something must notice each time, Prometheus when it loads the rule, or a unit test.
 *
 * A quarter of the mutants of each rule by default, other ones of its neighbours; all of them, which takes a few minutes, with
 * TRIMTAB_ALL_MUTANTS=1.
 */
import { describe, expect, test } from "vitest";
import { ALERTS, type AlertCases, evaluationOf, promtoolTests } from "./alert-case.ts";
import { ALERT_CASES } from "./alert-cases.ts";
import { survivingMutants } from "./kill-mutants.ts";

const PART = process.env["TRIMTAB_ALL_MUTANTS"] === "1" ? 1 : 4;

/** Mutants that are no different. */
const EQUIVALENT: Readonly<Record<string, RegExp>> = {
  TrimtabWatchdog: /^another number/, // whatever its value, it fires
};

describe("of every alert, broken in every way", () => {
  test.each(ALERTS.map((rule, index) => ({ rule, index })))(
    "$rule.alert $rule.labels.tier",
    { timeout: 300_000 },
    async ({ rule, index }) => {
      const { alert, labels } = rule;
      const own = ALERT_CASES.filter((each) => each.alert === alert && (each.tier ?? labels.tier) === labels.tier);
      const [first] = own as [AlertCases];
      const cases = { ...first, cases: own.flatMap((each) => each.cases) };
      const { count, survivors } = await survivingMutants(
        { rule, needs: [], evaluation: evaluationOf(first), tests: (name) => promtoolTests(cases, name) },
        (place) => place % PART === index % PART,
      );
      expect(count).toBeGreaterThan(0);
      expect(survivors.filter((change) => EQUIVALENT[alert]?.test(change) !== true)).toEqual([]);
    },
  );
});

/** Which rules there are: those that everybody has alike, and those that the configuration's constraints ask for. */
import type { OperationPolicy } from "@trimtab/learning";
import { burnRateAlerts } from "./burn-rate-alerts.ts";
import { controllerAlerts } from "./controller-alerts.ts";
import { learningAlerts } from "./learning-alerts.ts";
import { objectivesOf, type SkippedConstraint } from "./objectives.ts";
import { operationAlerts } from "./operation-alerts.ts";
import { RECORDING_INTERVAL } from "./recorded-increments.ts";
import type { RuleGroup } from "./rule.ts";

/** What rules depend on beside the constraints. */
export interface RuleSettings {
  /** `controller.interval`; default 30 s. */
  readonly cycleIntervalMilliseconds?: number;
}

const USUAL_CYCLE_INTERVAL_MILLISECONDS = 30_000;

/** The alerts, silent where what they watch is not there. */
export function alertGroups({ cycleIntervalMilliseconds }: RuleSettings = {}): readonly RuleGroup[] {
  const interval = RECORDING_INTERVAL;
  const settings = { cycleIntervalMilliseconds: cycleIntervalMilliseconds ?? USUAL_CYCLE_INTERVAL_MILLISECONDS };
  return [
    { name: "trimtab-burn-rate-alerts", interval, rules: burnRateAlerts() },
    { name: "trimtab-operation-alerts", interval, rules: operationAlerts() },
    { name: "trimtab-learning-alerts", interval, rules: learningAlerts(settings) },
    { name: "trimtab-controller-alerts", interval, rules: controllerAlerts(settings) },
  ];
}

/** The objectives of a configuration, as a group of their own where there are any, and the constraints that have no rule. */
export function objectiveGroups(policies: readonly OperationPolicy[]): {
  readonly groups: readonly RuleGroup[];
  readonly skipped: readonly SkippedConstraint[];
} {
  const { rules, skipped } = objectivesOf(policies);
  return {
    groups: rules.length === 0 ? [] : [{ name: "trimtab-objectives", interval: RECORDING_INTERVAL, rules }],
    skipped,
  };
}

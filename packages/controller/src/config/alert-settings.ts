/** The section `alerts`: what an alert does, completed with defaults. */
import type { Problem } from "@trimtab/conventions";
import type { AlertSection } from "./config-file.ts";
import { DEFAULTS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";

/** What an alert does that no earlier rule fits. */
export interface AlertRule {
  /** All of these labels the alert has, with these values. */
  readonly match: Readonly<Record<string, string>>;
  readonly action: "freeze" | "roll-back" | "none";
  /** roll-back: changes that came into force so long before the alert began. */
  readonly withinMilliseconds: number;
  /** freeze: does the end of the alert end it? */
  readonly unfreezes: boolean;
}

const LONGEST_WITHIN_MILLISECONDS = 30 * 24 * 3_600_000;

/** The rules of a section that fits the schema; what is wrong is added to `problems`. */
export function alertRules(sections: readonly AlertSection[] | undefined, problems: Problem[]): AlertRule[] {
  return (sections ?? []).map(({ match = {}, action, within, unfreeze }, index) => {
    const withinMilliseconds = checkedDuration(within ?? DEFAULTS.alertWithin);
    if (withinMilliseconds > LONGEST_WITHIN_MILLISECONDS)
      problems.push({ path: ["alerts", index, "within"], message: `"${within}" is too long; the longest is 30d` });
    if (within !== undefined && action !== "roll-back")
      problems.push({ path: ["alerts", index, "within"], message: "is only for the action roll-back" });
    if (unfreeze !== undefined && action !== "freeze")
      problems.push({ path: ["alerts", index, "unfreeze"], message: "is only for the action freeze" });
    return { match, action, withinMilliseconds, unfreezes: unfreeze ?? DEFAULTS.alertUnfreeze };
  });
}

/** The first rule that fits; undefined where none does. */
export function ruleFor(rules: readonly AlertRule[], labels: Readonly<Record<string, string>>): AlertRule | undefined {
  return rules.find(({ match }) => Object.entries(match).every(([name, value]) => labels[name] === value));
}

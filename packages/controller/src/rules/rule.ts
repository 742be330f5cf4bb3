/** What Prometheus evaluates again and again: recording rules, which make series, and alerting rules. */

/** Makes one series per result of its expression. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * critical: users are hurt, or nobody watches; somebody acts now. warning: somebody acts today. info: worth knowing, wakes nobody.
 * none: the watchdog, which always fires.
 */
export type Severity = "critical" | "warning" | "info" | "none";

/** How fast an alert is: 1 within minutes, 2 within the hour, 3 within the day, 4 within days. The faster inhibits the slower. */
export type Tier = "1" | "2" | "3" | "4";

/** The labels that an alert adds to those of its expression. */
interface AlertLabels {
  readonly severity: Severity;
  readonly tier: Tier;
  /** Burn-rate alerts: which objective. Only alerts on the same one inhibit each other by tier. */
  readonly objective?: "success" | "latency";
  /** Burn-rate alerts: the long window. */
  readonly window?: string;
}

/** Fires while its expression has results. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must have had a result, as Prometheus writes durations. Default: at once. */
  readonly for?: string;
  readonly labels: AlertLabels;
  /** One line; may hold `{{ $labels.… }}`. */
  readonly summary: string;
  /** What was measured, and what it means. */
  readonly description: string;
}

/** A rule of either kind. */
export type Rule = RecordingRule | AlertingRule;

/** Rules that are evaluated together, one after the other. */
export interface RuleGroup {
  readonly name: string;
  /** As Prometheus writes durations. */
  readonly interval: string;
  readonly rules: readonly Rule[];
}

/** Is it an alerting rule? */
export function isAlert(rule: Rule): rule is AlertingRule {
  return "alert" in rule;
}

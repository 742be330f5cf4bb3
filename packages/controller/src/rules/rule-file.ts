/** Rules as the files that Prometheus and the Prometheus operator read. */
import { stringify } from "yaml";
import { isAlert, type Rule, type RuleGroup } from "./rule.ts";

/** `prometheus`: a file for `rule_files`. `kubernetes`: a PrometheusRule for the Prometheus operator. */
export type RuleFormat = "prometheus" | "kubernetes";

/** Both, in the order of the help. */
export const RULE_FORMATS: readonly RuleFormat[] = ["prometheus", "kubernetes"];

/** How a file is written. */
export interface RuleFileOptions {
  readonly format: RuleFormat;
  /** Lines at the top, without `#`. */
  readonly comment: readonly string[];
  /** What stands before `/<alert>.md` in `runbook_url`. */
  readonly runbooks: string;
}

/** The text of a file. */
export function ruleFileText(groups: readonly RuleGroup[], { format, comment, runbooks }: RuleFileOptions): string {
  const rules = {
    groups: groups.map((group) => ({ ...group, rules: group.rules.map((rule) => written(rule, runbooks)) })),
  };
  const document =
    format === "prometheus"
      ? rules
      : {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          metadata: { name: "trimtab", labels: { "app.kubernetes.io/name": "trimtab" } },
          spec: rules,
        };
  const head = comment.map((line) => `# ${line}\n`).join("");
  return `${head}${stringify(document, { lineWidth: 0, indentSeq: true })}`;
}

function written(rule: Rule, runbooks: string): object {
  if (!isAlert(rule)) return rule;
  const { alert, expr, labels, summary, description } = rule;
  return {
    alert,
    expr,
    ...(rule.for === undefined ? {} : { for: rule.for }),
    labels,
    annotations: { summary, description, runbook_url: `${runbooks}/${alert}.md` },
  };
}

/** Rules, each broken in one way on purpose. */
import { isAlert, type Rule } from "../../packages/controller/src/rules/rule.ts";

/** A rule that is broken. */
export interface Mutant {
  /** What was done to which part, for the message of a test. */
  readonly change: string;
  readonly rule: Rule;
}

/** One way to break an expression: at each place that the pattern finds, the part is replaced by each of these. */
interface Breakage {
  readonly kind: string;
  readonly pattern: RegExp;
  readonly replace: (part: string, ...groups: string[]) => readonly string[];
}

const flipped: Readonly<Record<string, string>> = { ">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!=", "!=": "==" };
const otherOperator: Readonly<Record<string, string>> = { "+": "-", "-": "+", "*": "/", "/": "*" };
const otherSetOperator: Readonly<Record<string, string>> = { and: "unless", or: "and", unless: "and" };
const otherAggregation: Readonly<Record<string, string>> = { sum: "count", max: "count", min: "count" };
const otherFunction: Readonly<Record<string, string>> = {
  sum_over_time: "count_over_time",
  min_over_time: "max_over_time",
  increase: "last_over_time",
  absent: "count",
};

const BREAKAGES: readonly Breakage[] = [
  {
    kind: "another metric",
    pattern: /\b(?:[a-z_]+:)?trimtab_[a-z_]+(?::[a-z0-9_]+)?\b|\bup\b/g,
    replace: (name) => [`${name}_x`],
  },
  {
    kind: "another label",
    pattern: /\b([a-z_]+)(=~|!~|!=|=)(?=")/g,
    replace: (_, label = "", operator = "") => [`${label}_x${operator}`],
  },
  {
    kind: "another value",
    pattern: /(=~|!~|!=|=)"([^"]*)"/g,
    replace: (_, operator = "", value = "") => [`${operator}"${value}x"`],
  },
  {
    kind: "the contrary",
    pattern: /(=~|!~|!=|=)(?=")/g,
    replace: (operator) => [operator === "=" ? "!=" : operator === "!=" ? "=" : operator === "=~" ? "!~" : "=~"],
  },
  {
    kind: "other labels",
    pattern: /\b(by|on|without) \(([^()]*)\)/g,
    replace: (_, word = "", list = "") => {
      const labels = list.split(", ");
      return [`${word} (${labels.slice(1).join(", ")})`, `${word} (${labels.slice(0, -1).join(", ")})`];
    },
  },
  {
    kind: "the contrary",
    pattern: /(?<=[\s)])(>=|<=|==|!=|>|<)(?=\s)/g,
    replace: (operator) => [flipped[operator] ?? ""],
  },
  {
    kind: "another calculation",
    pattern: /(?<=[\s)])([-+*/])(?=\s)/g,
    replace: (operator) => [otherOperator[operator] ?? ""],
  },
  {
    kind: "another combination",
    pattern: /\b(and|or|unless)\b(?=[\s])/g,
    replace: (operator) => [otherSetOperator[operator] ?? ""],
  },
  {
    kind: "another aggregation",
    pattern: /\b(sum|max|min)(?= (?:by|without))/g,
    replace: (name) => [otherAggregation[name] ?? ""],
  },
  {
    kind: "another function",
    pattern: /\b(sum_over_time|min_over_time|increase|absent)(?=\()/g,
    replace: (name) => [otherFunction[name] ?? ""],
  },
  {
    kind: "another number",
    pattern: /(?<![\w.:"[])(\d+(?:\.\d+)?)(?![\w:."\]])/g,
    replace: (number) => [String(Number(number) * 10 + (number === "0" ? 10 : 0)), String(Number(number) / 10)],
  },
  { kind: "a shorter window", pattern: /\[(\d+[smhd])\]/g, replace: () => ["[10s]"] },
  { kind: "no window", pattern: /\[(\d+[smhd])\]/g, replace: () => [""] },
  { kind: "no offset", pattern: / offset \d+[smhd]/g, replace: () => [""] },
  { kind: "a bracket less", pattern: /\)(?![^]*\))/g, replace: () => [""] },
  {
    kind: "a function of newer versions",
    pattern: /\b(increase|sum_over_time|last_over_time|histogram_quantile|max|vector|absent)(?=\()/g,
    replace: () => ["info"],
  },
];

/** Every mutant of a rule, none of them twice. */
export function mutantsOf(rule: Rule): readonly Mutant[] {
  const mutants = new Map<string, Mutant>();
  for (const { kind, pattern, replace } of BREAKAGES)
    for (const match of rule.expr.matchAll(pattern))
      for (const part of replace(...(match as unknown as [string, ...string[]]))) {
        const expr = `${rule.expr.slice(0, match.index)}${part}${rule.expr.slice(match.index + match[0].length)}`;
        const change = `${kind}: ${match[0]} became ${part === "" ? "nothing" : part} at character ${match.index}`;
        if (expr !== rule.expr && !mutants.has(expr)) mutants.set(expr, { change, rule: { ...rule, expr } });
      }
  return [...mutants.values(), ...(isAlert(rule) ? brokenAlerts(rule) : [])];
}

function brokenAlerts(rule: Extract<Rule, { alert: string }>): readonly Mutant[] {
  const { for: holds, ...atOnce } = rule;
  const severity = rule.labels.severity === "warning" ? "info" : "warning";
  return [
    ...(holds === undefined
      ? []
      : [
          { change: "does not wait", rule: atOnce },
          { change: "waits for a day", rule: { ...rule, for: "1d" } },
        ]),
    { change: "another severity", rule: { ...rule, labels: { ...rule.labels, severity } } },
    {
      change: "another tier",
      rule: { ...rule, labels: { ...rule.labels, tier: rule.labels.tier === "1" ? "4" : "1" } },
    },
  ];
}

/** The text of a new trimtab.yaml, from the operations that metrics show; pure. */
import { componentNameProblem, contextKeyProblem, operationNameProblem } from "@trimtab/conventions";
import type { DiscoveredOperation } from "@trimtab/engine";

/** Where the operations were seen. */
export type InitSource = { readonly prometheus: string } | { readonly scrape: readonly string[] };

/** A file that is valid as it is: every operation is observed, and comments say what to fill in. */
export function initFile(source: InitSource, operations: readonly DiscoveredOperation[]): string {
  const usable = operations.filter(
    ({ component, operation }) =>
      componentNameProblem(component) === undefined && operationNameProblem(operation) === undefined,
  );
  const byComponent = Map.groupBy(usable, ({ component }) => component);
  return [
    '# Written by "trimtab init" from the operations that the metrics show. Valid as it is: everything is observed, nothing is changed.',
    '# What the metrics cannot show is yours to fill in: the parameters. "trimtab check" tells what the file means.',
    "",
    "controller:",
    "  listen: 127.0.0.1:4600",
    "  interval: 30s",
    "  store: { kind: sqlite, path: ./trimtab.db }",
    "",
    "metrics:",
    ...sourceLines(source),
    "",
    "components:",
    ...[...byComponent]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .flatMap(([component, own]) => [`  ${yamlText(component)}:`, "    operations:", ...own.flatMap(operationLines)]),
    "",
  ].join("\n");
}

function sourceLines(source: InitSource): string[] {
  if ("prometheus" in source) return ["  source: prometheus", `  url: ${yamlText(source.prometheus)}`];
  return [
    "  source: embedded # the controller reads the services' metrics pages itself",
    "  scrape:",
    ...source.scrape.map((url) => `    - ${yamlText(url)}`),
  ];
}

function operationLines({ operation, context, calls, hasQuality, costUnits }: DiscoveredOperation): string[] {
  const keys = Object.keys(context).filter((key) => contextKeyProblem(key) === undefined);
  return [
    `      # ${Math.round(calls)} calls seen`,
    `      ${yamlText(operation)}:`,
    ...keys.map((key) => `        # ${key}: ${shown(context[key] ?? [])}`),
    `        context: [${keys.join(", ")}] # parameters may differ by these`,
    "        # What may be changed, with the value in use now as its base:",
    "        # parameters:",
    "        #   temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 }",
    "        #   model:       { type: choice, base: small, choices: [small, large] }",
    "        objective: # what better means; the weights are relative",
    ...objectiveLines(hasQuality, costUnits),
    "        # constraints: # what must never be broken",
    "        #   - success_rate >= 0.9",
    "        #   - p95_latency <= 1.5 x baseline",
    "        mode: observe # then suggest or auto, once there are parameters",
  ];
}

function objectiveLines(hasQuality: boolean, costUnits: readonly string[]): string[] {
  const lines = [`          success: ${hasQuality ? 0.3 : 1}`];
  if (hasQuality) lines.unshift("          quality: 0.7");
  lines.push("          # latency: { weight: 0.2, good: 200ms, bad: 5s }");
  for (const unit of costUnits)
    lines.push(`          # cost: { weight: 0.1, unit: ${yamlText(unit)}, reference: 0.002 }`);
  return lines;
}

/** Values come from outside: they must not end the comment. */
function shown(values: readonly string[]): string {
  const few = values.slice(0, 5).map((value) => value.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 40));
  return `${few.join(", ")}${values.length > few.length ? ", …" : ""}`;
}

/** A text as YAML reads it back: quoted where it needs to be. */
function yamlText(text: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9_./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain || /^https?:\/\/[\w./:-]+$/.test(text) ? text : JSON.stringify(text);
}

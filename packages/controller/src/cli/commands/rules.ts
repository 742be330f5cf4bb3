/** `trimtab rules` */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { RuleFormat } from "../../rules/rule-file.ts";
import { type Command, type CommandCall, CommandFailure, EXIT, textOption, UsageError } from "../command.ts";
import { configFileOf, configOption } from "../config-option.ts";

/** The exit code of `--check` where the file is not as it would be written now. */
const DIFFERS = 3;

/** Where the runbooks are in the repository. */
const RUNBOOKS = "docs/runbooks";

/** What the option `--only` may name. */
const PARTS = ["recordings", "objectives", "alerts"] as const;

type Part = (typeof PARTS)[number];

/** Writes the recording and alert rules for Prometheus. */
export const rulesCommand: Command = {
  name: "rules",
  summary: "writes recording and alert rules for Prometheus, with burn rates of your constraints",
  details: [
    "Constraints with a fixed limit (success_rate >= 0.9, p95_latency <= 2s) become objectives with burn-rate alerts; the others are",
    "named with the reason on standard error and in the file.",
    "Exit code 0: done; 2: the file is bad, with every problem; with --check 3 where the file differs from what would be written.",
  ].join("\n"),
  options: {
    ...configOption,
    general: {
      type: "boolean",
      description: "without a configuration: the rules that everybody has alike, no objectives",
    },
    only: { type: "string", value: "PARTS", description: `of ${PARTS.join(", ")}: those that are named, with commas` },
    format: {
      type: "string",
      value: "FORMAT",
      description: "prometheus, or kubernetes: a PrometheusRule",
      default: "prometheus",
    },
    runbooks: {
      type: "string",
      value: "URL",
      description: "where the runbooks are, for runbook_url",
      default: RUNBOOKS,
    },
    out: { type: "string", value: "FILE", description: "write to this file instead of standard output" },
    check: { type: "boolean", description: "write nothing; tell whether the file of --out is as it would be written" },
  },
  positionals: { min: 0, max: 0 },
  async run(call, { print, complain, environment }) {
    const out = textOption(call, "out");
    if (call.options["check"] === true && out === undefined)
      throw new UsageError("--check compares with a file; name it with --out");
    const { RULE_FORMATS, ruleFileText } = await import("../../rules/rule-file.ts");
    const format = RULE_FORMATS.find((each) => each === textOption(call, "format"));
    if (format === undefined)
      throw new UsageError(`--format is "${textOption(call, "format")}"; write ${RULE_FORMATS.join(" or ")}`);
    const { groups, notes } = await chosenRules(call, environment);
    const runbooks = (textOption(call, "runbooks") ?? "").replace(/\/+$/, "");
    const comment = [`Written by: ${commandLine(call, format)}`, ...notes];
    const text = ruleFileText(groups, { format, comment, runbooks });
    for (const note of notes) complain(note);
    if (out === undefined) {
      print(text.trimEnd());
      return EXIT.ok;
    }
    if (call.options["check"] === true) {
      if (contentOf(out) === text) return EXIT.ok;
      complain(`${out} is not as it would be written now. Write it: ${commandLine(call, format)}`);
      return DIFFERS;
    }
    try {
      await mkdir(dirname(out), { recursive: true });
      await writeFile(out, text);
    } catch (error) {
      throw new CommandFailure(
        `${out} cannot be written: ${error instanceof Error ? error.message : String(error)}\n--out names another file.`,
      );
    }
    const count = groups.reduce((sum, { rules }) => sum + rules.length, 0);
    complain(`${out}: ${count === 1 ? "1 rule" : `${count} rules`}.`);
    return EXIT.ok;
  },
};

async function chosenRules(call: CommandCall, environment: NodeJS.ProcessEnv) {
  const parts = chosenParts(textOption(call, "only"));
  const isChosen = (part: Part): boolean => parts.includes(part);
  const { minuteGroups, ratioGroups } = await import("../../rules/recordings.ts");
  const { alertGroups, objectiveGroups } = await import("../../rules/rule-sets.ts");
  const [minutes, ratios] = isChosen("recordings") ? [minuteGroups(), ratioGroups()] : [[], []];
  if (call.options["general"] === true) {
    if (call.options["config"] !== undefined && call.options["config"] !== configOption.config.default)
      throw new UsageError("--general takes no configuration; leave --config or --general out");
    return { groups: [...minutes, ...ratios, ...(isChosen("alerts") ? alertGroups() : [])], notes: [] };
  }
  const { loadConfig } = await import("../../config.ts");
  const { policies, intervalMilliseconds } = loadConfig(configFileOf(call.options, environment), environment);
  const objectives = isChosen("objectives") ? objectiveGroups(policies) : { groups: [], skipped: [] };
  const alerts = isChosen("alerts") ? alertGroups({ cycleIntervalMilliseconds: intervalMilliseconds }) : [];
  return {
    groups: [...minutes, ...objectives.groups, ...ratios, ...alerts],
    notes: objectives.skipped.map(
      ({ component, operation, constraint, reason }) =>
        `No burn-rate alert for ${component}/${operation}, ${constraint}: ${reason}.`,
    ),
  };
}

function chosenParts(only: string | undefined): readonly Part[] {
  if (only === undefined) return PARTS;
  return only.split(",").map((name) => {
    const part = PARTS.find((each) => each === name.trim());
    if (part === undefined) throw new UsageError(`--only names "${name}"; write of ${PARTS.join(", ")}, with commas`);
    return part;
  });
}

/** The command that writes the file, for its first line and for whoever finds it old. */
function commandLine({ options }: CommandCall, format: RuleFormat): string {
  const named = (name: string, fallback?: string): string => {
    const value = options[name];
    return typeof value === "string" && value !== fallback ? ` --${name} ${value}` : "";
  };
  return [
    "trimtab rules",
    options["general"] === true ? " --general" : named("config", configOption.config.default),
    named("only"),
    format === "prometheus" ? "" : ` --format ${format}`,
    named("runbooks", RUNBOOKS),
    named("out"),
  ].join("");
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

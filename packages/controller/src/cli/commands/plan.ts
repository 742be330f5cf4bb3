/** `trimtab plan` */
import { readFileSync } from "node:fs";
import type { Difference } from "../../plan/differences.ts";
import type { Plan } from "../../plan/plan-configuration.ts";
import { type Command, CommandFailure, EXIT, type Terminal } from "../command.ts";
import { configFileOf } from "../config-option.ts";
import { controllerClient, controllerOptions } from "../controller-client.ts";

/** The exit code of a plan with changes, where it was asked for. */
const CHANGES = 3;

/** Tells what the configuration would do in the place of the one that the controller runs with. */
export const planCommand: Command = {
  name: "plan",
  summary: "tells what the configuration would do before it is in force",
  details: [
    "The running controller compares the file with what is in force and decides once under it, recording nothing.",
    "Exit code 0: done; 2: the file is bad, with every problem; with --detailed-exitcode 3 where anything would change.",
  ].join("\n"),
  options: {
    ...controllerOptions,
    "detailed-exitcode": { type: "boolean", description: "exit with 3 where anything would change" },
    json: { type: "boolean", description: "as JSON, for programs" },
  },
  positionals: { min: 0, max: 0 },
  async run({ options }, terminal) {
    const file = configFileOf(options, terminal.environment);
    let configuration: string;
    try {
      configuration = readFileSync(file, "utf8");
    } catch (error) {
      terminal.complain(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return EXIT.misused;
    }
    const client = await controllerClient(options, terminal.environment);
    const answer = await client.post<Plan & { code?: string; detail?: string; remedy?: string }>("/v1/plan", {
      configuration,
    });
    const { status, body: plan } = answer;
    if (plan.code === "CONFIGURATION_INVALID") {
      terminal.complain(plan.detail ?? "");
      return EXIT.misused;
    }
    if (status >= 400) throw new CommandFailure(`${plan.detail ?? `HTTP ${status}`}\n${plan.remedy ?? ""}`.trimEnd());
    terminal.print(options["json"] === true ? JSON.stringify(plan, null, 2) : describe(plan, terminal));
    return plan.hasChanges && options["detailed-exitcode"] === true ? CHANGES : EXIT.ok;
  },
};

function describe(plan: Plan, { paint }: Terminal): string {
  if (!plan.hasChanges) return "Nothing would change.";
  const lines: string[] = [];
  if (plan.needsRestart.length > 0)
    lines.push(paint("yellow", `Needs a restart: ${plan.needsRestart.join(", ")}; a reload would be refused.`), "");
  if (plan.settings.length > 0) lines.push(paint("bold", "settings"), ...plan.settings.map(differenceLine), "");
  for (const { component, operation, change, differences, effects, next } of plan.operations) {
    lines.push(`${paint("bold", `${component} / ${operation}`)}   ${change}`);
    lines.push(...differences.map(differenceLine), ...effects.map((effect) => `  ${effect}`));
    if (next?.problem !== undefined) lines.push(`  The next decision cannot be told: ${next.problem}.`);
    else if (next !== undefined) {
      lines.push(
        `  Next decision:${next.contextCount > next.contexts.length ? ` (${next.contextCount} contexts)` : ""}`,
      );
      for (const { context, kind, reason } of next.contexts)
        lines.push(`    ${context === "" ? "every context" : context}: ${kind}, ${reason}`);
      for (const { context, parameter, from, to, status } of next.changes)
        lines.push(`    ${context === "" ? "every context" : context}: ${parameter} ${from} -> ${to} (${status})`);
    }
    lines.push("");
  }
  return lines.join("\n").trimEnd();
}

function differenceLine({ path, before, after }: Difference): string {
  if (before === undefined) return `  + ${path}: ${after}`;
  return after === undefined ? `  - ${path}: ${before}` : `  ~ ${path}: ${before} -> ${after}`;
}

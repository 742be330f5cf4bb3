/** From the arguments of a command to a run of a system, and to its exit code. */
import { runCommand } from "../command-line.ts";
import type { System } from "./system.ts";
import { SystemDemonstration } from "./system-demonstration.ts";
import { parseSystemOptions } from "./system-options.ts";

/** Runs a system with these arguments. @returns The exit code, as the help tells it. */
export async function runSystem(system: System, args: readonly string[]): Promise<number> {
  const parsed = parseSystemOptions(system, args);
  return runCommand(system.command, parsed, (options) => new SystemDemonstration(system, options).run());
}

/** From the arguments of a command to a run of a system, and to its exit code. */
import { StartError } from "../start-error.ts";
import type { System } from "./system.ts";
import { SystemDemonstration } from "./system-demonstration.ts";
import { parseSystemOptions } from "./system-options.ts";

/** Runs a system with these arguments. @returns The exit code, as the help tells it. */
export async function runSystem(system: System, args: readonly string[]): Promise<number> {
  const parsed = parseSystemOptions(system, args);
  if (parsed.kind === "help") {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.kind === "wrong") {
    process.stderr.write(`${parsed.problem}\n${system.command} --help tells the options.\n`);
    return 2;
  }
  try {
    return await new SystemDemonstration(system, parsed.options).run();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

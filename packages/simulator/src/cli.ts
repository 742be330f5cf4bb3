#!/usr/bin/env node
/** `trimtab simulate` by itself, and in the shape of a command of the command-line tool. Only this file and `cli/` touch the machine. */
import { realpathSync } from "node:fs";
import { argv, exit, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread } from "node:worker_threads";
import { EXIT, runSimulate, type SimulateCall, type SimulateTerminal } from "./cli/simulate.ts";
import { SIMULATE_OPTIONS, type SimulateOption, type SimulateOptions } from "./cli/simulate-call.ts";

export { chosenStrategy, type FoundStrategy } from "./cli/find-learner.ts";
export { type RehearsedOperation, runRehearsal } from "./cli/rehearse.ts";
export { runSimulate, type SimulateCall, type SimulateTerminal } from "./cli/simulate.ts";
export type { SimulateOption, SimulateOptions } from "./cli/simulate-call.ts";
export { SimulateUsageError } from "./cli/usage-error.ts";
export { rehearsalSubject } from "./rehearsal.ts";

/** The command, in the shape of a command of the command-line tool. */
export const simulateCommand: {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  readonly argument: string;
  readonly options: Readonly<Record<string, SimulateOption>>;
  readonly positionals: { readonly min: number; readonly max: number };
  readonly run: (call: SimulateCall, terminal: SimulateTerminal) => Promise<number>;
} = {
  name: "simulate",
  summary: "lets a strategy learn in simulated services and scores it against what is true",
  details:
    "An environment is a built-in one (--list), all of them (all), or a module file of your own: docs/simulator.md tells its shape. " +
    "Exit code 1 where a run fails or --require is not reached, 2 where the call is wrong.",
  argument: "<environment.mjs | name | all> …",
  options: SIMULATE_OPTIONS,
  positionals: { min: 0, max: 100 },
  run: runSimulate,
};

/** The command by itself, without the command-line tool around it. */
async function main(words: readonly string[]): Promise<number> {
  const terminal: SimulateTerminal = {
    print: (text) => stdout.write(`${text}\n`),
    complain: (text) => stderr.write(`${text}\n`),
  };
  const described: Readonly<Record<string, SimulateOption>> = {
    ...SIMULATE_OPTIONS,
    help: { type: "boolean", description: "tells this" },
  };
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: Object.fromEntries(
        Object.entries(described).map(([name, { type, isList = false }]) => [name, { type, multiple: isList }]),
      ),
      allowPositionals: true,
    });
    if (values["help"] === true) {
      const { summary, argument, details } = simulateCommand;
      terminal.print(`simulate ${argument} [options]\n${summary}\n`);
      const left = (name: string, value = ""): string => `--${name} ${value}`.trimEnd();
      const width = Math.max(...Object.entries(described).map(([name, { value }]) => left(name, value).length));
      for (const [name, { value, description }] of Object.entries(described))
        terminal.print(`  ${left(name, value).padEnd(width)}  ${description}`);
      terminal.print(`\n${details}`);
      return EXIT.ok;
    }
    const options: SimulateOptions = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join("\n") : value]),
    );
    return await runSimulate({ options, positionals }, terminal);
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    return EXIT.misused;
  }
}

// npm starts it through a link
const isProgram = isMainThread && argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(import.meta.url);
if (isProgram) exit(await main(argv.slice(2)));

/** `npm run example:llm`: stand-in, controller and orchestrator on this machine, live in the terminal. `--help` tells options and exit codes. */
import { exitCodeOf, runCommand } from "@trimtab/example-demonstration";
import { Demonstration } from "./demonstration.ts";
import { COMMAND, parseOptions } from "./options.ts";

process.exitCode = await runCommand(COMMAND, parseOptions(process.argv.slice(2)), async (options) => {
  const output = options.json === "-" ? process.stderr : process.stdout;
  const { ending, summary } = await new Demonstration(options, output).run();
  return exitCodeOf(ending) ?? (summary?.isGood === true ? 0 : 1);
});

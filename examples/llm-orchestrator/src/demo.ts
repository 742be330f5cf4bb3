/** `npm run example:llm`: stand-in, controller and orchestrator on this machine, live in the terminal. `--help` tells options and exit codes. */
import { exitCodeOf, StartError } from "@trimtab/example-demonstration";
import { Demonstration } from "./demonstration.ts";
import { COMMAND, HELP, parseOptions } from "./options.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  if (parsed.kind === "wrong") {
    process.stderr.write(`${parsed.problem}\n${COMMAND} --help tells the options.\n`);
    return 2;
  }
  const output = parsed.options.json === "-" ? process.stderr : process.stdout;
  try {
    const { ending, summary } = await new Demonstration(parsed.options, output).run();
    return exitCodeOf(ending) ?? (summary?.isGood === true ? 0 : 1);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

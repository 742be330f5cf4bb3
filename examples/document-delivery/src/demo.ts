/**
 * `npm start`: service, load and controller on this machine, live in the terminal. `npm start -- --help` tells the options.
 *
 * Exit codes: 0 when the time of `--for` is over, also where nothing was learnt; 1 when a process died or nothing could be
 * measured; 2 for wrong options; 128 plus the signal's number when a signal ended it.
 */
import { exitCodeOf, StartError } from "@trimtab/example-demonstration";
import { Demonstration } from "./demonstration.ts";
import { HELP, parseOptions } from "./options.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  if (parsed.kind === "wrong") {
    process.stderr.write(`${parsed.problem}\nnpm start -- --help tells the options.\n`);
    return 2;
  }
  const demonstration = new Demonstration(
    parsed.options,
    parsed.options.json === "-" ? process.stderr : process.stdout,
  );
  try {
    const { ending, summary } = await demonstration.run();
    return exitCodeOf(ending) ?? (summary?.measured === true ? 0 : 1);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/**
 * `npm start`: service, load and controller on this machine, live in the terminal. `npm start -- --help` tells the options.
 *
 * Exit codes: 0 when the time of `--for` is over, also where nothing was learnt; 1 when a process died or nothing could be
 * measured; 2 for wrong options; 128 plus the signal's number when a signal ended it.
 */
import { exitCodeOf, runCommand } from "@trimtab/example-demonstration";
import { Demonstration } from "./demonstration.ts";
import { parseOptions } from "./options.ts";

process.exitCode = await runCommand("npm start --", parseOptions(process.argv.slice(2)), async (options) => {
  const output = options.json === "-" ? process.stderr : process.stdout;
  const { ending, summary } = await new Demonstration(options, output).run();
  return exitCodeOf(ending) ?? (summary?.measured === true ? 0 : 1);
});

/**
 * `npm start`: service, load and controller on this machine, live in the terminal. `npm start -- --help` tells the options.
 *
 * Exit codes: 0 when the time of `--for` is over, also where nothing was learnt; 1 when a process died or nothing could be
 * measured; 2 for wrong options; 128 plus the signal's number when a signal ended it.
 */
import { constants } from "node:os";
import { Demonstration } from "./demonstration.ts";
import { HELP, parseOptions } from "./options.ts";
import { StartError } from "./start-error.ts";

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
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, () => demonstration.end({ kind: "signal", signal }));
  // Whoever reads along has gone, e.g. `npm start | head`.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => demonstration.end({ kind: "signal", signal: "SIGPIPE" }));
  }
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) demonstration.end({ kind: "signal", signal: "SIGTERM" });
  }, 500);
  try {
    const { ending, summary } = await demonstration.run();
    if (ending.kind === "signal") return 128 + constants.signals[ending.signal];
    return ending.kind === "death" || summary?.measured !== true ? 1 : 0;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    clearInterval(watch);
    for (const signal of signals) process.removeAllListeners(signal);
  }
}

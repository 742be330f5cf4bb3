/** The command line of a system. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type ParsedCommand,
  type RunOptions,
  readCommand,
  readDuration,
  readNumber,
  readPort,
  readWholeNumber,
} from "../command-line.ts";
import type { System } from "./system.ts";

/** What was asked for. */
export interface SystemOptions extends Omit<RunOptions, "fresh"> {
  readonly forMilliseconds: number;
  readonly seed: number;
  readonly rate: number;
  /** Metrics go through a real Prometheus instead of the controller's embedded source. */
  readonly prometheus: boolean;
  /** The controller is killed in the middle of the run, and started again. */
  readonly kill: boolean;
  /** Suggestions are accepted in the place of a person. */
  readonly accept: boolean;
}

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const SHORTEST_MILLISECONDS = 10_000;

function help({ command, about, rate, stateName, suggestionTarget, furtherOptions = [] }: System): string {
  return `usage: ${command} [options]

${about}

  --for <duration>   so long, then the summary (2m); what was said late is waited for
  --seed <number>    of everything that is simulated (1)
  --rate <number>    things a second and kind, 1 to 60 (${rate})
  --port <port>      of the controller's HTTP API and console (4600)
  --prometheus       through a real Prometheus (found, or fetched without root) instead of the embedded source
  --kill             kill the controller in the middle of the run (kill -9) and start it again
${suggestionTarget === undefined ? "" : "  --no-accept        leave it to you to accept suggestions; the start tells how\n"}${furtherOptions.map((line) => `  ${line}\n`).join("")}  --state <folder>   where state and logs are kept (.trimtab/${stateName}); every run begins anew
  --json <file>      write the summary as JSON too; "-" is standard output
  --help             this text

Exit codes: 0 when something was learnt for every service, proven against its holdout, and all feedback was processed exactly once;
1 when not, the last lines tell what is missing; 2 for wrong options; 128 plus the signal's number when a signal ended it.
`;
}

/** Reads the arguments after the script's name. */
export function parseSystemOptions(system: System, args: readonly string[]): ParsedCommand<SystemOptions> {
  return readCommand(help(system), () => {
    const { values } = parse(args);
    if (values.help === true) return undefined;
    const tooShort = "in less than 10s nothing late has come back";
    return {
      forMilliseconds: readDuration("--for", values.for, SHORTEST_MILLISECONDS, tooShort),
      rate: values.rate === undefined ? system.rate : readNumber("--rate", values.rate, 1, 60),
      seed: readWholeNumber("--seed", values.seed, 2 ** 31),
      port: readPort("--port", values.port),
      prometheus: values.prometheus === true,
      kill: values.kill === true,
      accept: values.accept !== false,
      stateFolder: values.state ?? join(ROOT, ".trimtab", system.stateName),
      json: values.json,
    };
  });
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      for: { type: "string", default: "2m" },
      seed: { type: "string", default: "1" },
      rate: { type: "string" },
      port: { type: "string", default: "4600" },
      prometheus: { type: "boolean" },
      kill: { type: "boolean" },
      accept: { type: "boolean" },
      state: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: false,
  });
}

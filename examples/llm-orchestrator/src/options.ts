/** The command line of the example. */
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
  readPositive,
  readWholeNumber,
} from "@trimtab/example-demonstration";

/** What was asked for. */
export interface DemoOptions extends RunOptions {
  /** Of the stand-in and of the load. */
  readonly seed: number;
  /** Songs per second and genre; undefined: 20 at the stand-in, one in five seconds at a real endpoint. */
  readonly rate: number | undefined;
  /** The run ends when the songs have cost so much, in US dollars; undefined: no limit at the stand-in, 1 at a real endpoint. */
  readonly budgetUsd: number | undefined;
}

/** How a person starts the example. */
export const COMMAND = "npm run example:llm --";

/** The text of --help. */
export const HELP = `usage: ${COMMAND} [options]

An orchestrator writes songs by language models over real HTTP; Trimtab learns model, template and temperature for each genre, what to do
after each class of error, and each provider's timeout. Without a real endpoint in the environment (examples/llm-orchestrator/README.md)
the models are those of a stand-in on this machine, whose songs, delays and errors are invented.

  --for <duration>    end after this time with a summary, e.g. --for 120s; without it: until Ctrl-C
  --seed <number>     of the stand-in and the load (1)
  --rate <number>     songs per second and genre, up to 100 (20; at a real endpoint 0.2)
  --budget <usd>      end when the songs have cost so much (no limit; at a real endpoint 1)
  --port <port>       of the controller's HTTP API and console, 0: any free one (4600)
  --state <folder>    where state and logs are kept (.trimtab/llm-orchestrator)
  --fresh             forget what earlier runs have learnt
  --json <file>       write the summary as JSON too; "-" is standard output
  --help              this text

Exit codes: 0 when at least one context is better than its base values with an interval above zero and feedback was counted exactly
once; 1 when not, or when a process died; 2 for wrong options; 128 plus the signal's number after Ctrl-C and its like.
`;

const TOO_SHORT = "nothing can be measured in less than 1s";
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): ParsedCommand<DemoOptions> {
  return readCommand(HELP, () => {
    const { values } = parse(args);
    if (values.help === true) return undefined;
    return {
      forMilliseconds: values.for === undefined ? undefined : readDuration("--for", values.for, 1000, TOO_SHORT),
      seed: readWholeNumber("--seed", values.seed, 999_999_999),
      rate: values.rate === undefined ? undefined : readNumber("--rate", values.rate, 0.01, 100),
      budgetUsd: values.budget === undefined ? undefined : readPositive("--budget", values.budget),
      port: readPort("--port", values.port),
      stateFolder: values.state ?? join(ROOT, ".trimtab", "llm-orchestrator"),
      fresh: values.fresh === true,
      json: values.json,
    };
  });
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      for: { type: "string" },
      seed: { type: "string", default: "1" },
      rate: { type: "string" },
      budget: { type: "string" },
      port: { type: "string", default: "4600" },
      state: { type: "string" },
      fresh: { type: "boolean" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: false,
  });
}

/** The command line of the example. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";

/** What was asked for. */
export interface DemoOptions {
  /** Ends by itself after this time; undefined: runs until it is stopped. */
  readonly forMilliseconds: number | undefined;
  /** Of the stand-in and of the load. */
  readonly seed: number;
  /** Songs per second and genre; undefined: 20 at the stand-in, one in five seconds at a real endpoint. */
  readonly rate: number | undefined;
  /** The run ends when the songs have cost so much, in US dollars; undefined: no limit at the stand-in, 1 at a real endpoint. */
  readonly budgetUsd: number | undefined;
  /** Of the controller. */
  readonly port: number;
  readonly stateFolder: string;
  readonly fresh: boolean;
  /** Where the summary goes as JSON; `-` is standard output, and everything else then goes to standard error. */
  readonly json: string | undefined;
}

/** What to do instead, or that something is wrong with the arguments. */
export type ParsedOptions =
  | { readonly kind: "run"; readonly options: DemoOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

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

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  let values: ReturnType<typeof parse>["values"];
  try {
    values = parse(args).values;
  } catch (error) {
    return wrong((error instanceof Error ? error.message : String(error)).split(". ", 1)[0] ?? "");
  }
  if (values.help === true) return { kind: "help" };
  const forMilliseconds = values.for === undefined ? undefined : parseDuration(values.for);
  if (values.for !== undefined && forMilliseconds === undefined)
    return wrong(`--for: "${values.for}" is no duration; write ${DURATION_FORM}`);
  if (forMilliseconds !== undefined && forMilliseconds < 1000)
    return wrong(`--for: ${values.for} is too short; nothing can be measured in less than 1s`);
  if (!/^\d{1,9}$/.test(values.seed)) return wrong(`--seed: "${values.seed}" is no whole number from 0 to 999999999`);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (rate !== undefined && !(rate >= 0.01 && rate <= 100))
    return wrong(`--rate: "${values.rate}" is no number from 0.01 to 100`);
  const budgetUsd = values.budget === undefined ? undefined : Number(values.budget);
  if (budgetUsd !== undefined && !(budgetUsd > 0 && Number.isFinite(budgetUsd)))
    return wrong(`--budget: "${values.budget}" is no number above 0`);
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535))
    return wrong(`--port: "${values.port}" is no port; write a number from 0 (any free one) to 65535`);
  return {
    kind: "run",
    options: {
      forMilliseconds,
      seed: Number(values.seed),
      rate,
      budgetUsd,
      port,
      stateFolder: values.state ?? join(ROOT, ".trimtab", "llm-orchestrator"),
      fresh: values.fresh === true,
      json: values.json,
    },
  };
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

function wrong(problem: string): ParsedOptions {
  return { kind: "wrong", problem };
}

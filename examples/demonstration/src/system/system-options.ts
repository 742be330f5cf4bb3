/** The command line of a system. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";
import type { System } from "./system.ts";

/** What was asked for. */
export interface SystemOptions {
  readonly forMilliseconds: number;
  readonly seed: number;
  readonly rate: number;
  /** Of the controller; 0: any free one. */
  readonly port: number;
  /** Metrics go through a real Prometheus instead of the controller's embedded source. */
  readonly prometheus: boolean;
  /** The controller is killed in the middle of the run, and started again. */
  readonly kill: boolean;
  /** Suggestions are accepted in the place of a person. */
  readonly accept: boolean;
  readonly stateFolder: string;
  /** Where the summary goes as JSON; `-` is standard output, and everything else then goes to standard error. */
  readonly json: string | undefined;
}

/** What to do instead, or that something is wrong with the arguments. */
export type ParsedSystemOptions =
  | { readonly kind: "run"; readonly options: SystemOptions }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "wrong"; readonly problem: string };

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
export function parseSystemOptions(system: System, args: readonly string[]): ParsedSystemOptions {
  let values: ReturnType<typeof parse>["values"];
  try {
    values = parse(args).values;
  } catch (error) {
    return wrong(error instanceof Error ? (error.message.split(". ", 1)[0] ?? error.message) : String(error));
  }
  if (values.help === true) return { kind: "help", text: help(system) };
  const forMilliseconds = parseDuration(values.for);
  if (forMilliseconds === undefined) return wrong(`--for: "${values.for}" is no duration; write ${DURATION_FORM}`);
  if (forMilliseconds < SHORTEST_MILLISECONDS)
    return wrong(`--for: ${values.for} is too short; in less than 10s nothing late has come back`);
  const rate = values.rate === undefined ? system.rate : Number(values.rate);
  if (!(rate >= 1 && rate <= 60)) return wrong(`--rate: "${values.rate}" is no number from 1 to 60`);
  const seed = wholeNumber(values.seed, 2 ** 31);
  if (seed === undefined) return wrong(`--seed: "${values.seed}" is no whole number from 0 to ${2 ** 31}`);
  const port = wholeNumber(values.port, 65_535);
  if (port === undefined)
    return wrong(`--port: "${values.port}" is no port; write a number from 0 (any free one) to 65535`);
  return {
    kind: "run",
    options: {
      forMilliseconds,
      seed,
      rate,
      port,
      prometheus: values.prometheus === true,
      kill: values.kill === true,
      accept: values.accept !== false,
      stateFolder: values.state ?? join(ROOT, ".trimtab", system.stateName),
      json: values.json,
    },
  };
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

function wholeNumber(text: string, most: number): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

function wrong(problem: string): ParsedSystemOptions {
  return { kind: "wrong", problem };
}

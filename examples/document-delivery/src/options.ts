/** The command line of the demonstration. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";

/** What was asked for. */
export interface DemoOptions {
  /** Ends by itself after this time; undefined: runs until it is stopped. */
  readonly forMilliseconds: number | undefined;
  /** Metrics go through a real Prometheus instead of the controller's embedded source. */
  readonly prometheus: boolean;
  /** Of the controller. */
  readonly port: number;
  /** Of the service and of its metrics page; 0: any free one. */
  readonly servicePort: number;
  readonly metricsPort: number;
  /** Requests per second and content type. */
  readonly rate: number;
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

export const HELP = `usage: npm start -- [options]

A real HTTP service compresses real documents; Trimtab learns the best algorithm and level for each content type.

  --for <duration>      end after this time with a summary, e.g. --for 90s; without it: until Ctrl-C
  --prometheus          through a real Prometheus (found, or fetched without root) instead of the embedded source
  --port <port>         of the controller's HTTP API (4600)
  --service-port <port> of the service (any free one)
  --metrics-port <port> of the service's metrics page (any free one)
  --rate <number>       requests per second and content type, 1 to 60 (30)
  --state <folder>      where state and logs are kept (.trimtab/demo, with --prometheus .trimtab/demo-prometheus)
  --fresh               forget what earlier runs have learnt
  --json <file>         write the summary as JSON too; "-" is standard output
  --help                this text
`;

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  let values: ReturnType<typeof parse>["values"];
  try {
    values = parse(args).values;
  } catch (error) {
    return wrong(error instanceof Error ? firstSentence(error.message) : String(error));
  }
  if (values.help === true) return { kind: "help" };
  const forMilliseconds = values.for === undefined ? undefined : parseDuration(values.for);
  if (values.for !== undefined && forMilliseconds === undefined)
    return wrong(`--for: "${values.for}" is no duration; write ${DURATION_FORM}`);
  if (forMilliseconds !== undefined && forMilliseconds < 1000)
    return wrong(`--for: ${values.for} is too short; nothing can be measured in less than 1s`);
  const rate = Number(values.rate);
  if (!(rate >= 1 && rate <= 60)) return wrong(`--rate: "${values.rate}" is no number from 1 to 60`);
  const ports: number[] = [];
  for (const name of ["port", "service-port", "metrics-port"] as const) {
    const port = /^\d{1,5}$/.test(values[name]) ? Number(values[name]) : Number.NaN;
    if (!(port <= 65_535))
      return wrong(`--${name}: "${values[name]}" is no port; write a number from 0 (any free one) to 65535`);
    ports.push(port);
  }
  const [port = 0, servicePort = 0, metricsPort = 0] = ports;
  const prometheus = values.prometheus === true;
  return {
    kind: "run",
    options: {
      forMilliseconds,
      prometheus,
      port,
      servicePort,
      metricsPort,
      rate,
      stateFolder: values.state ?? join(ROOT, ".trimtab", prometheus ? "demo-prometheus" : "demo"),
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
      prometheus: { type: "boolean" },
      port: { type: "string", default: "4600" },
      "service-port": { type: "string", default: "0" },
      "metrics-port": { type: "string", default: "0" },
      rate: { type: "string", default: "30" },
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

/** Node adds advice about `--` that does not help here. */
function firstSentence(text: string): string {
  return text.split(". ", 1)[0] ?? text;
}

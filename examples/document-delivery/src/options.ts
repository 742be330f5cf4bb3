/** The command line of the demonstration. */
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
} from "@trimtab/example-demonstration";

/** What was asked for. */
export interface DemoOptions extends RunOptions {
  /** Metrics go through a real Prometheus instead of the controller's embedded source. */
  readonly prometheus: boolean;
  /** Of the service and of its metrics page; 0: any free one. */
  readonly servicePort: number;
  readonly metricsPort: number;
  /** Requests per second and content type. */
  readonly rate: number;
}

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

const TOO_SHORT = "nothing can be measured in less than 1s";
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): ParsedCommand<DemoOptions> {
  return readCommand(HELP, () => {
    const { values } = parse(args);
    if (values.help === true) return undefined;
    const prometheus = values.prometheus === true;
    return {
      forMilliseconds: values.for === undefined ? undefined : readDuration("--for", values.for, 1000, TOO_SHORT),
      rate: readNumber("--rate", values.rate, 1, 60),
      port: readPort("--port", values.port),
      servicePort: readPort("--service-port", values["service-port"]),
      metricsPort: readPort("--metrics-port", values["metrics-port"]),
      prometheus,
      stateFolder: values.state ?? join(ROOT, ".trimtab", prometheus ? "demo-prometheus" : "demo"),
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

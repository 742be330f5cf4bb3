/** `trimtab init` */
import { existsSync, writeFileSync } from "node:fs";
import { httpUrlProblem } from "../../config/http-url.ts";
import { type Command, CommandFailure, EXIT, textOption, UsageError } from "../command.ts";
import { type InitSource, initFile } from "../init-file.ts";
import { type Seen, seenInPrometheus, seenOnPages } from "../seen-operations.ts";

/** Writes a configuration from the operations that metrics show. */
export const initCommand: Command = {
  name: "init",
  summary: "writes a trimtab.yaml from the operations that metrics show",
  details: [
    "Parameters cannot be seen in metrics: the file has a place for them, and is valid without them (everything is observed).",
    "Headers for a Prometheus that wants a token: TRIMTAB_METRICS_TOKEN.",
  ].join("\n"),
  options: {
    prometheus: { type: "string", value: "URL", description: "ask this Prometheus" },
    scrape: { type: "string", value: "URL", description: "read this metrics page; several are separated by commas" },
    out: {
      type: "string",
      value: "FILE",
      description: "where to write; - is standard output",
      default: "trimtab.yaml",
    },
    force: { type: "boolean", description: "overwrite the file" },
  },
  positionals: { min: 0, max: 0 },
  async run(call, terminal) {
    const source = sourceOf(textOption(call, "prometheus"), textOption(call, "scrape"));
    const out = textOption(call, "out") ?? "trimtab.yaml";
    const isOverwriting = out !== "-" && existsSync(out);
    if (isOverwriting && call.options["force"] !== true) {
      throw new CommandFailure(
        `${out} is there already; --force overwrites it, --out names another file, --out - prints.`,
      );
    }
    const seen = await see(source, terminal.environment["TRIMTAB_METRICS_TOKEN"]);
    const operations = operationsOf(seen, source);
    const text = initFile(source, operations);
    if (out === "-") {
      terminal.print(text.trimEnd());
      return EXIT.ok;
    }
    try {
      writeFileSync(out, text, { flag: call.options["force"] === true ? "w" : "wx" });
    } catch (error) {
      throw new CommandFailure(`${out} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
    const names = operations.map(({ component, operation }) => `${component} / ${operation}`);
    terminal.print(
      [
        `${out} is written, with ${names.length} ${names.length === 1 ? "operation" : "operations"}: ${names.join(", ")}`,
        "Declare their parameters in it; trimtab check, then trimtab serve.",
      ].join("\n"),
    );
    return EXIT.ok;
  },
};

function sourceOf(prometheus: string | undefined, scrape: string | undefined): InitSource {
  if ((prometheus === undefined) === (scrape === undefined)) {
    throw new UsageError("trimtab init needs either --prometheus URL or --scrape URL.");
  }
  const urls = prometheus === undefined ? (scrape ?? "").split(",").map((url) => url.trim()) : [prometheus];
  for (const url of urls) {
    const problem = httpUrlProblem(url);
    if (problem !== undefined) throw new UsageError(problem);
  }
  return prometheus === undefined ? { scrape: urls } : { prometheus };
}

function see(source: InitSource, token: string | undefined): Promise<Seen> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return "prometheus" in source
    ? seenInPrometheus({ url: source.prometheus, headers, now: Date.now() })
    : seenOnPages(source.scrape, { headers });
}

function operationsOf(
  { operations, targets }: Seen,
  source: InitSource,
): Extract<Seen["operations"], { kind: "value" }>["value"] {
  if (operations.kind !== "value")
    throw new CommandFailure(`${"prometheus" in source ? source.prometheus : ""} gave no answer: ${operations.detail}`);
  if (operations.value.length > 0) return operations.value;
  const down = targets.filter(({ up }) => !up).map(({ target, problem }) => `${target} ${problem ?? "is not up"}`);
  if ("scrape" in source && down.length === targets.length) throw new CommandFailure(down.join("\n"));
  throw new CommandFailure(
    [
      "prometheus" in source
        ? "Prometheus has seen no tracked operation in the last hour."
        : "No tracked operation is on the metrics page.",
      "Start the service with the instrumentation (node --import @trimtab/instrumentation/register) and call an operation once.",
    ].join("\n"),
  );
}

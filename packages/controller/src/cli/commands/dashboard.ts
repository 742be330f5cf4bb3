/** `trimtab dashboard` */
import { writeFileSync } from "node:fs";
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";
import { httpUrlProblem } from "../../config/http-url.ts";
import type { Config } from "../../config.ts";
import type { NamedOperation, ReportSources } from "../../dashboard/read-report.ts";
import { didYouMean } from "../../nearest.ts";
import type { PrometheusClient } from "../../sources/prometheus/prometheus-client.ts";
import {
  type Command,
  type CommandCall,
  CommandFailure,
  EXIT,
  type Terminal,
  textOption,
  UsageError,
} from "../command.ts";
import { configFileOf } from "../config-option.ts";
import { type ControllerClient, controllerClient, controllerOptions } from "../controller-client.ts";

const LONGEST_MILLISECONDS = 400 * 86_400_000;
const SHORTEST_MILLISECONDS = 5 * 60_000;
const USUAL_TIMEOUT_MILLISECONDS = 30_000;

/** Writes the key panels as one HTML page. */
export const dashboardCommand: Command = {
  name: "dashboard",
  summary: "writes what operations did and learnt as one HTML page, for those without Grafana",
  details: [
    "Success, calls, duration, quality, lift against the holdout, shares, parameters, adaptations, breaker, feedback and cycles.",
    "From Prometheus (the configuration's, or --prometheus) and the controller; without a Prometheus from the controller's own memory, hour by hour.",
    "Exit code 1 also where a part could not be read: the page then says which and why.",
    "A token for a Prometheus that --prometheus names: TRIMTAB_METRICS_TOKEN.",
  ].join("\n"),
  options: {
    out: {
      type: "string",
      value: "FILE",
      description: "where to write; - is standard output",
      default: "trimtab-dashboard.html",
    },
    since: { type: "string", value: "DURATION", description: "how far back", default: "24h" },
    component: { type: "string", value: "NAME", description: "only operations of this component" },
    operation: { type: "string", value: "NAME", description: "only operations of this name" },
    prometheus: { type: "string", value: "URL", description: "ask this Prometheus instead of the configuration's" },
    ...controllerOptions,
  },
  positionals: { min: 0, max: 0 },
  async run(call, terminal) {
    const { readController, readOperation } = await import("../../dashboard/read-report.ts");
    const { reportPage } = await import("../../dashboard/page.ts");
    const { hasData } = await import("../../dashboard/report.ts");
    const { VERSION } = await import("../../version.ts");
    const to = Date.now();
    const span = { from: to - sinceOf(call), to };
    const { prometheus, source } = await prometheusOf(call, terminal);
    const { controller, operations } = await operationsOf(call, terminal, prometheus !== undefined);
    const sources: ReportSources = { controller, prometheus, span };
    const sections = [];
    for (const [index, each] of operations.entries()) {
      terminal.complain(`reading ${each.component} / ${each.operation} (${index + 1} of ${operations.length})`);
      sections.push(await readOperation(each, sources));
    }
    terminal.complain("reading the controller");
    const own = await readController(sources);
    if (own !== undefined) sections.push(own);
    const page = reportPage({ span, source, version: VERSION, sections });
    const out = textOption(call, "out") ?? "";
    if (out === "-") terminal.print(page.trimEnd());
    else write(out, page);
    const panels = sections.flatMap((section) => section.panels);
    const empty = panels.filter((panel) => !hasData(panel));
    terminal.complain(
      `${out === "-" ? "The page" : out} has ${operations.length} ${operations.length === 1 ? "operation" : "operations"} and ${panels.length} panels, ${empty.length} of them without data.`,
    );
    const problems = [...new Set(empty.flatMap((panel) => panel.problem ?? []))];
    for (const problem of problems) terminal.complain(`  ${problem}`);
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

function sinceOf(call: CommandCall): number {
  const text = textOption(call, "since") ?? "";
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new UsageError(`--since: "${text}" is no duration; write ${DURATION_FORM}`);
  if (milliseconds < SHORTEST_MILLISECONDS || milliseconds > LONGEST_MILLISECONDS)
    throw new UsageError(`--since: "${text}" is out of range; write 5m to 400d`);
  return milliseconds;
}

/** The Prometheus that is named, else the configuration's; none where it has another source. */
async function prometheusOf(
  call: CommandCall,
  { environment }: Terminal,
): Promise<{ readonly prometheus: PrometheusClient | undefined; readonly source: string }> {
  const { createPrometheusClient } = await import("../../sources/prometheus/prometheus-client.ts");
  const named = textOption(call, "prometheus");
  if (named !== undefined) {
    const problem = httpUrlProblem(named);
    if (problem !== undefined) throw new UsageError(`--prometheus: ${problem}`);
    const token = environment["TRIMTAB_METRICS_TOKEN"];
    const headers = token ? { headers: { authorization: `Bearer ${token}` } } : {};
    const prometheus = createPrometheusClient({
      url: named,
      ...headers,
      timeoutMilliseconds: USUAL_TIMEOUT_MILLISECONDS,
    });
    return { prometheus, source: `From Prometheus at ${new URL(named).host} and the controller.` };
  }
  const config = await configOf(call, environment);
  if (config?.metrics.source !== "prometheus")
    return { prometheus: undefined, source: "From the controller's own memory, in which an hour is one point." };
  const prometheus = createPrometheusClient({ ...config.metrics, timeoutMilliseconds: USUAL_TIMEOUT_MILLISECONDS });
  return { prometheus, source: `From Prometheus at ${new URL(config.metrics.url).host} and the controller.` };
}

/** Undefined where there is no such file: the controller may be on another machine. */
async function configOf(call: CommandCall, environment: NodeJS.ProcessEnv): Promise<Config | undefined> {
  const { existsSync } = await import("node:fs");
  const file = configFileOf(call.options, environment);
  if (!existsSync(file)) return undefined;
  const { loadConfig } = await import("../../config.ts");
  return loadConfig(file, environment);
}

/** The operations that are asked for, and the controller that knows them; without one, those that are named. */
async function operationsOf(
  call: CommandCall,
  terminal: Terminal,
  hasPrometheus: boolean,
): Promise<{ readonly controller: ControllerClient | undefined; readonly operations: readonly NamedOperation[] }> {
  const { listOperations } = await import("../../dashboard/read-report.ts");
  const component = textOption(call, "component");
  const operation = textOption(call, "operation");
  const controller = await controllerClient(call.options, terminal.environment);
  let all: readonly NamedOperation[];
  try {
    await controller.get("/livez");
  } catch (error) {
    if (!(error instanceof CommandFailure) || !hasPrometheus || component === undefined || operation === undefined)
      throw error;
    terminal.complain(`${error.message}\nPrometheus alone is asked, for what --component and --operation name.`);
    return { controller: undefined, operations: [{ component, operation }] };
  }
  all = await listOperations(controller);
  const components = [...new Set(all.map((each) => each.component))];
  if (component !== undefined && !components.includes(component))
    throw new CommandFailure(`The controller has no component "${component}"${didYouMean(component, components)}`);
  const chosen = all.filter((each) => component === undefined || each.component === component);
  const names = [...new Set(chosen.map((each) => each.operation))];
  if (operation !== undefined && !names.includes(operation))
    throw new CommandFailure(
      `The controller has no operation "${operation}"${component === undefined ? "" : ` of ${component}`}${didYouMean(operation, names)}`,
    );
  return { controller, operations: chosen.filter((each) => operation === undefined || each.operation === operation) };
}

function write(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new CommandFailure(
      `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}\n--out names another file.`,
    );
  }
}

/** `trimtab doctor` */
import { basename } from "node:path";
import type { OperationKey } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { ConfigError } from "../../config/config-error.ts";
import { isReportedComponent } from "../../config/reported-components.ts";
import type { Config } from "../../config.ts";
import { type Command, CommandFailure, EXIT, type Terminal } from "../command.ts";
import { configFileOf } from "../config-option.ts";
import { type ControllerClient, controllerClient, controllerOptions } from "../controller-client.ts";
import { type ControllerFacts, controllerFindings, diagnose } from "../diagnosis.ts";
import type { Finding } from "../finding.ts";
import type { DecisionFacts } from "../operation-diagnosis.ts";
import type { ReportFacts } from "../reported-diagnosis.ts";
import { type Seen, seenInPrometheus, seenOnPages } from "../seen-operations.ts";

/** Looks for what keeps a controller from learning. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "looks for what keeps the controller from learning, with the remedy",
  details:
    "Looks at the configuration, the controller, the metrics themselves and the last decisions. Exit code 1 where something is wrong.",
  options: controllerOptions,
  positionals: { min: 0, max: 0 },
  async run({ options }, terminal) {
    const findings = await examine(options, terminal.environment);
    terminal.print(findings.map((finding) => describe(finding, terminal)).join("\n"));
    const wrong = findings.filter(({ state }) => state === "wrong").length;
    terminal.print(
      wrong === 0 ? "\nNothing is wrong." : `\n${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong.`,
    );
    return wrong === 0 ? EXIT.ok : EXIT.failed;
  },
};

type Options = Parameters<Command["run"]>[0]["options"];

async function examine(options: Options, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { loadConfig } = await import("../../config.ts");
  const file = configFileOf(options, environment);
  let config: Config;
  try {
    config = loadConfig(file, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      {
        state: "wrong",
        subject: "configuration",
        message: error.message,
        remedy:
          'Mend the file; "trimtab check" tells when it is good. A running controller keeps what it had read before.',
      },
      ...(await examineControllerAlone(options, environment)),
    ];
  }
  const findings: Finding[] = [];
  let registered: readonly OperationKey[] = [];
  let controller: ControllerFacts | undefined;
  let decisions: DecisionFacts[] = [];
  let reported: ReportFacts[] = [];
  try {
    const client = await controllerClient(options, environment);
    controller = await askController(client);
    decisions = await askDecisions(client, config.policies);
    reported = await askReports(client, config);
    registered = await askRegistered(client);
  } catch (error) {
    findings.push(noAnswer(error));
  }
  findings.unshift({ state: "ok", subject: "configuration", message: describeConfiguration(file, config, registered) });
  const { seen, address } = await look(config);
  const source = { kind: config.metrics.source, address };
  return [
    ...findings,
    ...diagnose({
      policies: config.policies,
      source,
      targets: seen.targets,
      seen: seen.operations,
      controller,
      decisions,
      reported,
      registered,
    }),
  ];
}

/** What can be said without a configuration: a controller may be running with an older, good one. */
async function examineControllerAlone(options: Options, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  try {
    return controllerFindings(await askController(await controllerClient(options, environment)));
  } catch (error) {
    return [noAnswer(error)];
  }
}

function noAnswer(error: unknown): Finding {
  if (!(error instanceof CommandFailure)) throw error;
  const [message = "", remedy] = error.message.split("\n");
  return { state: "wrong", subject: "controller", message, ...(remedy === undefined ? {} : { remedy }) };
}

async function look({ metrics }: Config): Promise<{ seen: Seen; address: string }> {
  if (metrics.source === "reported")
    return { seen: { operations: { kind: "value", value: [] }, targets: [] }, address: "POST /v1/outcomes" };
  if (metrics.source === "embedded")
    return { seen: await seenOnPages(metrics.targets, metrics), address: metrics.targets.join(", ") };
  const { url, headers, tls, timeoutMilliseconds } = metrics;
  const asked = { url, headers, timeoutMilliseconds, ...(tls === undefined ? {} : { tls }), now: Date.now() };
  return { seen: await seenInPrometheus(asked), address: url };
}

interface Readiness {
  readonly details?: {
    readonly now: string;
    readonly source: ControllerFacts["source"];
    readonly operations: ControllerFacts["cycles"];
  };
}

async function askController(client: ControllerClient): Promise<ControllerFacts> {
  const { body } = await client.get<Readiness>("/readyz");
  if (body.details === undefined)
    throw new CommandFailure(
      "The controller does not say how it is.\nPut a token with the role read into TRIMTAB_TOKEN.",
    );
  const { now, source, operations } = body.details;
  return { url: client.url, secondsAhead: (Date.parse(now) - Date.now()) / 1000, source, cycles: operations };
}

interface OperationList {
  readonly operations: readonly {
    readonly component: string;
    readonly operation: string;
    readonly source?: "file" | "registered";
    readonly lastReportAt?: string;
  }[];
}

function describeConfiguration(file: string, { policies }: Config, registered: readonly OperationKey[]): string {
  const more = registered.length === 0 ? "" : `, and ${registered.length} more that services registered`;
  return `${basename(file)} is good; operations: ${policies.length}${more}`;
}

/** The operations that the file lacks and services have registered. */
async function askRegistered(client: ControllerClient): Promise<readonly OperationKey[]> {
  const { status, body } = await client.get<OperationList>("/v1/operations");
  if (status !== 200) return [];
  return body.operations.filter(({ source }) => source === "registered");
}

/** When the operations that are reported were reported last; one that the controller does not know has never been. */
async function askReports(client: ControllerClient, { policies, reportedComponents }: Config): Promise<ReportFacts[]> {
  const own = policies.filter(({ component }) => isReportedComponent(reportedComponents, component));
  if (own.length === 0) return [];
  const { body } = await client.get<OperationList>("/v1/operations?metrics=reported");
  return own.map(({ component, operation }) => {
    const known = body.operations.find((each) => each.component === component && each.operation === operation);
    const at = known?.lastReportAt;
    return { component, operation, ...(at === undefined ? {} : { secondsAgo: (Date.now() - Date.parse(at)) / 1000 }) };
  });
}

interface DecisionPage {
  readonly decisions: readonly {
    readonly evidence: { readonly kind: string; readonly detail?: string };
    readonly contexts: readonly { readonly reason: { readonly code: string; readonly sentence: string } }[];
  }[];
}

async function askDecisions(client: ControllerClient, policies: readonly OperationPolicy[]): Promise<DecisionFacts[]> {
  const facts: DecisionFacts[] = [];
  for (const { component, operation } of policies) {
    const query = new URLSearchParams({ component, operation, limit: "10" });
    const { status, body } = await client.get<DecisionPage>(`/v1/decisions?${query.toString()}`);
    if (status !== 200) continue; // the controller runs with another configuration and does not know it
    const reasons = Map.groupBy(body.decisions[0]?.contexts ?? [], ({ reason }) => reason.code);
    facts.push({
      component,
      operation,
      evidence: body.decisions.map(({ evidence }) => evidence),
      reasons: [...reasons].map(([code, own]) => ({
        code,
        sentence: own[0]?.reason.sentence ?? "",
        contexts: own.length,
      })),
    });
  }
  return facts;
}

function describe({ state, subject, message, remedy }: Finding, { paint }: Terminal): string {
  const mark = { ok: paint("green", "ok   "), wrong: paint("red", "wrong"), note: paint("yellow", "note ") }[state];
  const indented = message.replaceAll("\n", "\n       ");
  return `${mark}  ${subject}: ${indented}${remedy === undefined ? "" : `\n       ${paint("dim", `-> ${remedy}`)}`}`;
}

/** The document service, its load, the controller and, where asked for, a Prometheus: each a process of its own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, getJson, type RunningProcess, root, start, startNode, temporaryFolder, until } from "./processes.ts";

/** A running system. */
export interface Loop {
  readonly serviceUrl: string;
  /** The service's metrics page. */
  readonly metricsUrl: string;
  readonly controllerUrl: string;
  readonly prometheusUrl: string | undefined;
  readonly service: RunningProcess;
  readonly load: RunningProcess;
  /** The one that runs now. */
  readonly controller: RunningProcess;
  readonly processes: readonly RunningProcess[];
  /** Starts a controller with the same configuration and the same store. */
  restartController(): Promise<void>;
}

/** What a service of its own gets by the package's name. */
const register = join(root, "packages/instrumentation/src/register.ts");
const example = join(root, "examples/document-delivery/src");

/** What a system is started with. */
interface LoopOptions {
  readonly source: "prometheus" | "embedded";
  /** The share of the calls that the service sends one by one, and how many of them the controller keeps. */
  readonly records?: { readonly ratio: number; readonly keep: number };
}

/** Starts everything and waits until each part answers. */
export async function startLoop({ source, records }: LoopOptions): Promise<Loop> {
  const folder = temporaryFolder();
  const [servicePort, metricsPort, controllerPort, prometheusPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const serviceUrl = `http://127.0.0.1:${servicePort}`;
  const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  const controllerUrl = `http://127.0.0.1:${controllerPort}`;
  const prometheusUrl = source === "prometheus" ? `http://127.0.0.1:${prometheusPort}` : undefined;

  const prometheus =
    prometheusUrl === undefined ? [] : [await startPrometheus(folder, prometheusPort, `127.0.0.1:${metricsPort}`)];
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    configurationText({ controllerPort, folder, metricsUrl, prometheusUrl, keepRecords: records?.keep ?? 10_000 }),
  );
  const serve = () =>
    startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
  let controller = serve();
  await isLive(controllerUrl, controller);

  const service = startNode("service", ["--import", register, `${example}/service.ts`], {
    PORT: String(servicePort),
    OTEL_SERVICE_NAME: "document_delivery",
    OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
    TRIMTAB_CONTROLLER_URL: controllerUrl,
    TRIMTAB_POLL_INTERVAL: "1s",
    TRIMTAB_HTTP_OPERATIONS: "off",
    TRIMTAB_RECORDS_RATIO: String(records?.ratio ?? 0),
    TRIMTAB_DURATION_BOUNDARIES:
      "0.0001,0.0002,0.0004,0.0007,0.001,0.0014,0.002,0.003,0.004,0.006,0.008,0.012,0.016,0.024,0.05,0.1,0.5",
  });
  await until("the service", async () => (await fetch(`${serviceUrl}/healthz`)).ok, { watching: [service] });
  const load = startNode("load", [`${example}/load.ts`, "--url", serviceUrl, "--rate", "15", "--for", "10m"]);

  return {
    serviceUrl,
    metricsUrl,
    controllerUrl,
    prometheusUrl,
    service,
    load,
    get controller() {
      return controller;
    },
    get processes() {
      return [service, load, controller, ...prometheus];
    },
    async restartController() {
      controller = serve();
      await isLive(controllerUrl, controller);
    },
  };
}

/** What the load has counted so far; it tells once a second. */
export function loadCounts({ load }: Loop): { readonly answered: number; readonly failed: number } {
  return (load.lastMessage() as { answered: number; failed: number } | undefined) ?? { answered: 0, failed: 0 };
}

/** The adaptations in force, newest first; of one context, where it is given. */
export async function appliedAdaptations({ controllerUrl }: Loop, context?: Record<string, string>): Promise<any[]> {
  const { adaptations } = await getJson(`${controllerUrl}/v1/adaptations?status=applied&limit=1000`);
  return adaptations.filter(
    (each: any) => context === undefined || JSON.stringify(each.context) === JSON.stringify(context),
  );
}

/** Calls by variant on the service's own metrics page, over all contexts and outcomes. */
export async function callsOnThePage({ metricsUrl }: Loop): Promise<Map<string, number>> {
  const page = await (await fetch(metricsUrl)).text();
  const calls = new Map<string, number>();
  for (const [, labels, count] of page.matchAll(/^trimtab_operation_calls_total\{(.*)\} (\S+)/gm)) {
    const variant = /variant="([^"]*)"/.exec(labels ?? "")?.[1] ?? "";
    calls.set(variant, (calls.get(variant) ?? 0) + Number(count));
  }
  return calls;
}

/** Calls by variant, as the PromQL of an explained adaptation gives them when it is asked now. */
export async function calledVariants({ prometheusUrl }: Loop, explained: any): Promise<Map<string, number>> {
  const { promql } = explained.queries.find(({ question }: any) => question === "calls");
  const answer = await getJson(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(promql)}`);
  const calls = new Map<string, number>();
  for (const { metric, value } of answer.data.result)
    calls.set(metric.variant, (calls.get(metric.variant) ?? 0) + Number(value[1]));
  return calls;
}

async function isLive(url: string, controller: RunningProcess): Promise<void> {
  await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [controller] });
}

async function startPrometheus(folder: string, port: number, target: string): Promise<RunningProcess> {
  const binary = process.env["TRIMTAB_PROMETHEUS"];
  if (binary === undefined)
    throw new Error("TRIMTAB_PROMETHEUS is not set: run the tests by `npm test`, which fetches a Prometheus");
  const configuration = join(folder, "prometheus.yml");
  writeFileSync(
    configuration,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: service
    static_configs: [{ targets: ["${target}"] }]
`,
  );
  const prometheus = start("prometheus", binary, [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(folder, "prometheus")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.console.templates=/nonexistent",
    "--web.console.libraries=/nonexistent",
    "--log.level=warn",
  ]);
  await until("Prometheus", async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok, {
    watching: [prometheus],
  });
  return prometheus;
}

function configurationText(places: {
  controllerPort: number;
  folder: string;
  metricsUrl: string;
  prometheusUrl: string | undefined;
  keepRecords: number;
}): string {
  const metrics =
    places.prometheusUrl === undefined
      ? `{ source: embedded, scrape: ["${places.metricsUrl}"], scrapeInterval: 1s }`
      : `{ source: prometheus, url: "${places.prometheusUrl}", scrapeInterval: 1s }`;
  return `controller: { listen: "127.0.0.1:${places.controllerPort}", interval: 1s, records: { keep: ${places.keepRecords} }, store: { kind: sqlite, path: "${join(places.folder, "trimtab.db")}" } }
metrics: ${metrics}
components:
  document_delivery:
    operations:
      deliver_document:
        context: [content_type]
        parameters:
          algorithm: { type: choice, base: gzip, choices: [gzip, brotli, zstd] }
          level: { type: integer, base: 6, min: 1, max: 9 }
        objective: { quality: 0.5, latency: { weight: 0.4, good: 0.5ms, bad: 20ms }, success: 0.1 }
        constraints: [success_rate >= 0.95]
        mode: auto
        confidence: 0.7
        holdout: 0.1
`;
}

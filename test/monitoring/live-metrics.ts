/**
 * The metrics as they really are: a Prometheus that scrapes a real service and a real controller, until every metric of the product
 * has been seen there. What dashboards and rules may name is read from it, never from a list that somebody keeps.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  controllerInstruments,
  type Instrument,
  prometheusSeriesNames,
  serviceInstruments,
} from "@trimtab/conventions";
import { startWebhookReceiver } from "../../packages/controller/src/webhooks/webhook-receiver.test.support.ts";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";
import { startPrometheusServer } from "../../scripts/prometheus-server.mjs";
import { freePort, type RunningProcess, root, startNode, until } from "../end-to-end/processes.ts";
import { configurationText } from "./configuration.ts";
import { recordPrehistory } from "./prehistory.ts";
import { askPrometheus } from "./prometheus-api.ts";
import { useEverything } from "./use-everything.ts";

/** Everything is running, and every metric has been scraped. */
export interface LiveMetrics {
  readonly prometheusUrl: string;
  readonly controllerUrl: string;
  /** The controller's configuration file. */
  readonly configuration: string;
  readonly stop: () => Promise<void>;
}

/** Not shorter: a busy machine would miss scrapes, whose time limit it is as well. */
const SCRAPE_INTERVAL = "2s";
/** Of the job of the services and of that of the controller. */
const SERVICE_JOB = "services";
const CONTROLLER_JOB = "trimtab";

/** Every series that the product can have. */
const EXPECTED = [...Object.values(serviceInstruments), ...Object.values(controllerInstruments)].flatMap(
  (instrument: Instrument) => prometheusSeriesNames(instrument),
);

/** Starts it all. Some twenty seconds: Prometheus looks for its targets every five. */
export async function startLiveMetrics(): Promise<LiveMetrics> {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-monitoring-"));
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse()) await each();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [controllerPort, metricsPort, prometheusPort, nobody] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const controllerUrl = `http://127.0.0.1:${controllerPort}`;
    const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
    const receiver = await startWebhookReceiver();
    stops.push(() => receiver.close());
    receiver.answer(500);

    const configuration = join(folder, "trimtab.yaml");
    const store = join(folder, "trimtab.db");
    const deadHook = `http://127.0.0.1:${nobody}/hook`;
    const text = configurationText({ controllerPort, prometheusUrl, store, hook: receiver.url, deadHook });
    writeFileSync(configuration, text);
    await recordPrehistory(text, configuration, store);

    const controller = startController(configuration);
    const service = startWorkload(metricsPort, controllerUrl);
    stops.push(
      () => controller.end("SIGKILL"),
      () => service.end("SIGKILL"),
    );
    const watching = [controller, service];
    await until("the controller", async () => (await fetch(`${controllerUrl}/livez`)).ok, { watching });
    // Before there is a Prometheus, so that questions fail.
    const hasFailed = async () => (await (await fetch(`${controllerUrl}/metrics`)).text()).includes("source_errors");
    await until("a question that fails", hasFailed, { watching });

    const { prometheus: binary } = await findOrFetchPrometheus();
    const prometheus = await startPrometheusServer({
      binary,
      directory: join(folder, "prometheus"),
      port: prometheusPort,
      outOfOrderWindow: "60h",
      scrapeInterval: SCRAPE_INTERVAL,
      ruleFiles: [watchdogFile(folder)],
      jobs: {
        [SERVICE_JOB]: [`http://127.0.0.1:${metricsPort}/metrics`],
        [CONTROLLER_JOB]: [`${controllerUrl}/metrics`],
      },
    });
    stops.push(() => prometheus.stop());
    const use = await useEverything(controllerUrl, () => receiver.answer(204));
    stops.push(() => use.stop());
    await until(`every metric of the product at ${prometheusUrl}`, () => isEverythingThere(prometheusUrl), {
      seconds: 150,
      watching,
    });
    return { prometheusUrl, controllerUrl, configuration, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One alert that always fires, so that there is one to be shown; those that ship are evaluated once a minute, too late for tests. */
function watchdogFile(folder: string): string {
  const file = join(folder, "watchdog.rules.yml");
  const rule = { alert: "TrimtabWatchdog", expr: "vector(1)", labels: { severity: "none", tier: "4" } };
  writeFileSync(file, JSON.stringify({ groups: [{ name: "watchdog", interval: SCRAPE_INTERVAL, rules: [rule] }] }));
  return file;
}

function startController(configuration: string): RunningProcess {
  return startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
}

function startWorkload(metricsPort: number, controllerUrl: string): RunningProcess {
  const register = join(root, "packages/instrumentation/src/register.ts");
  return startNode("service", ["--import", register, join(root, "test/monitoring/workload.ts")], {
    OTEL_SERVICE_NAME: "studio",
    OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
    TRIMTAB_CONTROLLER_URL: controllerUrl,
    TRIMTAB_POLL_INTERVAL: "500ms",
    TRIMTAB_COLLECTION_LEVEL: "comprehensive",
    TRIMTAB_SPANS: "off",
    TRIMTAB_RECORDS_RATIO: "0.05",
    TRIMTAB_REGISTER_OPERATIONS: "on",
    TRIMTAB_MAXIMUM_CONTEXTS: "12",
  });
}

/** Throws, with the names that are missing, as long as some are. */
async function isEverythingThere(url: string): Promise<true> {
  const answer = (await askPrometheus(url, "label/__name__/values")) as string[];
  const missing = EXPECTED.filter((name) => !answer.includes(name));
  if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);
  return true;
}

/**
 * `node --import @trimtab/instrumentation/register app.js`: an OpenTelemetry SDK with a metrics page, and the connection to the
 * controller, from environment variables. Whatever goes wrong in here is one line on stderr; the application starts regardless.
 */
import { createServer, type Server } from "node:http";
import { createNoopMeter, metrics } from "@opentelemetry/api";
import { serviceInstruments } from "@trimtab/conventions";
import { configure } from "./configure.ts";
import { DEFAULT_SETTINGS } from "./options.ts";
import { describeError } from "./own-failure.ts";
import { type EnvironmentOptions, optionsFromEnvironment } from "./register-options.ts";

/** The SDK's default of 2,000 sets of labels per instrument is fewer than 250 contexts with four variants and two outcomes. */
const CARDINALITY_LIMIT = 20_000;
/** Longest wait for the last spans when the process was asked to end. */
const FLUSH_MILLISECONDS = 1000;

await register();

async function register(): Promise<void> {
  try {
    const environment = optionsFromEnvironment(process.env);
    for (const warning of environment.warnings) tell(warning);
    if (environment.options.disabled === true) return;
    if (environment.startsSdk && !hasMeterProvider()) await startSdk(environment);
    configure(environment.options);
  } catch (error) {
    tell(`the service runs untracked: ${describeError(error)}`);
  }
}

/** The API gives everybody the same meter as long as nobody has set a provider. */
function hasMeterProvider(): boolean {
  return metrics.getMeter("probe") !== createNoopMeter();
}

async function startSdk({ options, metricsPage }: EnvironmentOptions): Promise<void> {
  const packages = await loadSdk();
  if (packages === undefined) return;
  const { NodeSDK, PrometheusExporter, envDetector, serviceInstanceIdDetector } = packages;
  const asked = (name: string): boolean => (process.env[name] ?? "").trim() !== "";
  const metricsExporter = process.env["OTEL_METRICS_EXPORTER"]?.trim() || "prometheus";
  const page = metricsExporter === "prometheus" ? new PrometheusExporter({ preventServerStart: true }) : undefined;
  const sdk = new NodeSDK({
    views: Object.values(serviceInstruments).map((instrument) => ({
      instrumentName: instrument.name,
      aggregationCardinalityLimit: CARDINALITY_LIMIT,
    })),
    // Without a name the SDK would make one of the path of the program, and put it on the metrics page.
    ...(hasServiceName() ? {} : { serviceName: options.component ?? DEFAULT_SETTINGS.component }),
    ...(page === undefined ? {} : { metricReaders: [page] }),
    // Left to themselves, traces and logs would go to a collector that nobody said is there.
    ...(asked("OTEL_TRACES_EXPORTER") ? {} : { spanProcessors: [] }),
    ...(asked("OTEL_LOGS_EXPORTER") ? {} : { logRecordProcessors: [] }),
    // The detector of the process would put its command line on the metrics page.
    ...(asked("OTEL_NODE_RESOURCE_DETECTORS") ? {} : { resourceDetectors: [envDetector, serviceInstanceIdDetector] }),
  });
  sdk.start();
  if (page !== undefined) await servePage(page, metricsPage);
  const pushes = asked("OTEL_TRACES_EXPORTER") || asked("OTEL_LOGS_EXPORTER") || page === undefined;
  if (pushes) flushAtTheEnd(() => sdk.shutdown());
}

function hasServiceName(): boolean {
  const { OTEL_SERVICE_NAME: name = "", OTEL_RESOURCE_ATTRIBUTES: attributes = "" } = process.env;
  return name.trim() !== "" || /(^|,)\s*service\.name=/.test(attributes);
}

async function loadSdk() {
  try {
    const [{ NodeSDK }, { PrometheusExporter }, { envDetector, serviceInstanceIdDetector }] = await Promise.all([
      import("@opentelemetry/sdk-node"),
      import("@opentelemetry/exporter-prometheus"),
      import("@opentelemetry/resources"),
    ]);
    return { NodeSDK, PrometheusExporter, envDetector, serviceInstanceIdDetector };
  } catch (error) {
    tell(
      "no metrics, because an OpenTelemetry package is missing; install @opentelemetry/sdk-node, " +
        `@opentelemetry/exporter-prometheus and @opentelemetry/resources: ${describeError(error)}`,
    );
    return undefined;
  }
}

/** A server of our own rather than the exporter's: an error of it must have a listener for as long as it lives. */
function servePage(
  page: { getMetricsRequestHandler: (request: never, response: never) => void },
  { host, port }: EnvironmentOptions["metricsPage"],
): Promise<void> {
  const server: Server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/metrics") return page.getMetricsRequestHandler(request as never, response as never);
    response.writeHead(404).end();
  });
  server.unref();
  server.on("connection", (socket) => socket.unref()); // a scrape that is under way must not keep a service alive
  return new Promise((resolve) => {
    server.on("error", (error: NodeJS.ErrnoException) => {
      const remedy = error.code === "EADDRINUSE" ? "; set OTEL_EXPORTER_PROMETHEUS_PORT to another one" : "";
      tell(`no metrics page at ${host}:${port}${remedy}: ${error.message}`);
      resolve();
    });
    server.listen({ host, port }, () => {
      resolve();
    });
  });
}

/**
 * Sends what is still held back before the process ends. A service without a SIGTERM handler of its own must still die of
 * SIGTERM, and one with a handler decides itself: then nothing is done here until it lets the process run out.
 */
function flushAtTheEnd(flush: () => Promise<void>): void {
  let flushed: Promise<void> | undefined;
  const flushOnce = (): Promise<void> => {
    flushed ??= Promise.race([flush(), new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MILLISECONDS))]).catch(
      (error: unknown) => {
        tell(`the last spans or metrics were not sent: ${describeError(error)}`);
      },
    );
    return flushed;
  };
  process.once("beforeExit", () => void flushOnce());
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return;
      void flushOnce().then(() => {
        process.removeListener(signal, onSignal);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, onSignal);
  }
}

function tell(message: string): void {
  process.stderr.write(`[trimtab] ${message}\n`);
}

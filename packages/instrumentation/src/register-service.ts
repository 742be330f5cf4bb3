/**
 * What `@trimtab/instrumentation/register` does, as ES module and as CommonJS alike: an OpenTelemetry SDK with a metrics page, and the
 * connection to the controller, from environment variables. Whatever goes wrong in here is one line on stderr; the application
 * starts regardless. Nothing in here waits, because `--require` waits for nobody.
 */
import { isMainThread } from "node:worker_threads";
import { createNoopMeter, metrics } from "@opentelemetry/api";
import { serviceInstruments } from "@trimtab/conventions";
import { configure } from "./configure.ts";
import { flushAtEnd } from "./flush-at-end.ts";
import { instrumentation } from "./instance.ts";
import { serveMetricsPage } from "./metrics-page.ts";
import { DEFAULT_SETTINGS } from "./options.ts";
import { describeError, listenToWarnings } from "./own-failure.ts";
import { type EnvironmentOptions, optionsFromEnvironment } from "./register-options.ts";

/** The SDK's default of 2,000 sets of labels per instrument is fewer than 250 contexts with four variants and two outcomes. */
const CARDINALITY_LIMIT = 20_000;

/** Sets this process up. @param load The `require` of the entry file: it finds the packages that the service has installed. Never throws. */
export function registerService(load: NodeJS.Require): void {
  try {
    const environment = optionsFromEnvironment(process.env);
    if (environment.options.disabled === true) return;
    listenToWarnings(tell);
    // A worker thread inherits --import, and could only fight its parent for the port.
    if (environment.startsSdk && isMainThread && !isSdkDisabled() && !hasMeterProvider()) startSdk(environment, load);
    configure(); // reads the environment again, and tells what of it cannot be used
  } catch (error) {
    tell(`the service runs untracked: ${describeError(error)}`);
  }
}

/** The API gives everybody the same meter as long as nobody has set a provider. */
function hasMeterProvider(): boolean {
  return metrics.getMeter("probe") !== createNoopMeter();
}

function isSdkDisabled(): boolean {
  return process.env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true";
}

function startSdk({ options, metricsPage }: EnvironmentOptions, load: NodeJS.Require): void {
  const packages = loadSdk(load);
  if (packages === undefined) return;
  const { NodeSDK, PrometheusExporter, PrometheusSerializer, envDetector, serviceInstanceIdDetector } = packages;
  const hasPage = (process.env["OTEL_METRICS_EXPORTER"]?.trim() || "prometheus") === "prometheus";
  // With a page of our own the calls are rendered straight from where they are counted; the reader has what other meters say.
  const { metrics: calls } = instrumentation();
  const reader = hasPage && calls.take() ? new PrometheusExporter({ preventServerStart: true }) : undefined;
  const sdk = new NodeSDK({
    views: Object.values(serviceInstruments).map((instrument) => ({
      instrumentName: instrument.name,
      aggregationCardinalityLimit: CARDINALITY_LIMIT,
    })),
    // Without a name the SDK would make one of the path of the program, and put it on the metrics page.
    ...(hasServiceName() ? {} : { serviceName: options.component ?? DEFAULT_SETTINGS.component }),
    ...(reader === undefined ? {} : { metricReaders: [reader] }),
    // Left to themselves, traces and logs would go to a collector that nobody said is there.
    ...(isSet("OTEL_TRACES_EXPORTER") ? {} : { spanProcessors: [] }),
    ...(isSet("OTEL_LOGS_EXPORTER") ? {} : { logRecordProcessors: [] }),
    // The detector of the process would put its command line on the metrics page.
    ...(isSet("OTEL_NODE_RESOURCE_DETECTORS") ? {} : { resourceDetectors: [envDetector, serviceInstanceIdDetector] }),
  });
  sdk.start();
  if (reader !== undefined) {
    const serializer = new PrometheusSerializer();
    const renderOthers = async (): Promise<string> =>
      asLines(serializer.serialize((await reader.collect()).resourceMetrics));
    serveMetricsPage({ ...metricsPage, renderOthers, parts: () => calls.pageText(), onError: tell });
  }
  if (isSet("OTEL_TRACES_EXPORTER") || isSet("OTEL_LOGS_EXPORTER") || !hasPage) {
    flushAtEnd(
      () => sdk.shutdown(),
      (error) => {
        tell(`the last telemetry was not sent: ${describeError(error)}`);
      },
    );
  }
}

/** Whole lines; a reader without metrics says so in a comment that is none of Prometheus' kinds and has no end. */
function asLines(text: string): string {
  const lines = text.replace(/# no registered metrics$/, "");
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
}

function loadSdk(load: NodeJS.Require) {
  try {
    const sdkNode = load("@opentelemetry/sdk-node") as typeof import("@opentelemetry/sdk-node");
    const exporterPrometheus = load(
      "@opentelemetry/exporter-prometheus",
    ) as typeof import("@opentelemetry/exporter-prometheus");
    const resources = load("@opentelemetry/resources") as typeof import("@opentelemetry/resources");
    return { ...sdkNode, ...exporterPrometheus, ...resources };
  } catch (error) {
    tell(
      "no metrics, because an OpenTelemetry package is missing; install @opentelemetry/sdk-node, " +
        `@opentelemetry/exporter-prometheus and @opentelemetry/resources (${describeError(error)})`,
    );
    return undefined;
  }
}

function isSet(name: string): boolean {
  return (process.env[name] ?? "").trim() !== "";
}

function hasServiceName(): boolean {
  return isSet("OTEL_SERVICE_NAME") || /(^|,)\s*service\.name=/.test(process.env["OTEL_RESOURCE_ATTRIBUTES"] ?? "");
}

function tell(message: string): void {
  console.error(`[trimtab] ${message.replaceAll(/\s*\n\s*/g, " ")}`);
}

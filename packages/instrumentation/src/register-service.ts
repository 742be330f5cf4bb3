/**
 * What `@trimtab/instrumentation/register` does, as ES module and as CommonJS alike: an OpenTelemetry SDK with a metrics page, and the
 * connection to the controller, from environment variables. Whatever goes wrong in here is one line on stderr; the application
 * starts regardless. Nothing in here waits, because `--require` waits for nobody.
 */
import { isMainThread } from "node:worker_threads";
import { createNoopMeter, metrics } from "@opentelemetry/api";
import { configure } from "./configure.ts";
import { flushAtEnd } from "./flush-at-end.ts";
import { instrumentation } from "./instance.ts";
import { metricProducer } from "./metric-producer.ts";
import { serveMetricsPage } from "./metrics-page.ts";
import { startSdk } from "./open-telemetry-sdk.ts";
import { DEFAULT_SETTINGS } from "./options.ts";
import { describeError, listenToWarnings } from "./own-failure.ts";
import { type EnvironmentOptions, optionsFromEnvironment } from "./register-options.ts";
import { prepareZeroCode } from "./zero-code/start-zero-code.ts";

/** Sets this process up. @param load The `require` of the entry file: it finds the packages that the service has installed. Never throws. */
export function registerService(load: NodeJS.Require): void {
  try {
    const environment = optionsFromEnvironment(process.env);
    if (environment.options.disabled === true) return;
    listenToWarnings(tell);
    // A worker thread inherits --import: it could only fight its parent for the port, and say what its parent says of the rules.
    const zeroCode = prepareZeroCode(load, isMainThread ? tell : () => {});
    const isFirst = zeroCode !== undefined; // of those that were asked for by --import and --require
    const hasOtherSdk = !environment.startsSdk || hasMeterProvider();
    if (isFirst && !hasOtherSdk && isMainThread && !isSdkDisabled()) collect(environment, load, zeroCode.hasSpanRules);
    configure(); // reads the environment again, and tells what of it cannot be used
    zeroCode?.start(hasOtherSdk);
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

function collect({ options, metricsPage }: EnvironmentOptions, load: NodeJS.Require, hasSpanListener: boolean): void {
  const exporters = (process.env["OTEL_METRICS_EXPORTER"]?.trim() || "prometheus")
    .split(",")
    .map((name) => name.trim());
  // Calls are rendered or handed over straight from where they are counted; the SDK's own instruments cost several times as much.
  const producer = metricProducer();
  const serviceName = hasServiceName() ? undefined : (options.component ?? DEFAULT_SETTINGS.component);
  const sdk = startSdk({ load, exporters, producer, serviceName, tell, hasSpanListener });
  if (exporters.includes("prometheus")) {
    const { metrics: calls } = instrumentation();
    const renderOthers = sdk?.renderOthers ?? (() => Promise.resolve(""));
    serveMetricsPage({ ...metricsPage, renderOthers, parts: (format) => calls.pageText(format), onError: tell });
  }
  if (sdk?.sends !== true) return;
  flushAtEnd(
    () => sdk.shutdown(),
    (error) => {
      tell(`the last telemetry was not sent: ${describeError(error)}`);
    },
  );
}

function hasServiceName(): boolean {
  return (
    (process.env["OTEL_SERVICE_NAME"] ?? "").trim() !== "" ||
    /(^|,)\s*service\.name=/.test(process.env["OTEL_RESOURCE_ATTRIBUTES"] ?? "")
  );
}

function tell(message: string): void {
  console.error(`[trimtab] ${message.replaceAll(/\s*\n\s*/g, " ")}`);
}

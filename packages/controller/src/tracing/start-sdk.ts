/** Starts the OpenTelemetry SDK for spans, where the environment asks for it. Only then is anything of it loaded. */
import { DiagLogLevel, diag } from "@opentelemetry/api";
import type { Log } from "@trimtab/engine";

/** An SDK that runs. */
export interface StartedSdk {
  /** Sends what is held back. @returns False where that took too long. */
  shutdown(longestMilliseconds: number): Promise<boolean>;
}

/** The environment asks for spans, and the package that sends them is not installed; the message says what to do. */
export class SdkMissingError extends Error {
  override readonly name = "SdkMissingError";
}

const ASKING = ["OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;

/** The variable that asks for spans, if any does. */
function asksForSpans(environment: NodeJS.ProcessEnv): (typeof ASKING)[number] | undefined {
  const valueOf = (name: string): string => environment[name]?.trim() ?? "";
  if (valueOf("OTEL_SDK_DISABLED").toLowerCase() === "true" || valueOf("OTEL_TRACES_EXPORTER") === "none")
    return undefined;
  return ASKING.find((name) => valueOf(name) !== "");
}

/**
 * Starts it: exporter, sampler, propagators and resource are as the OTEL_ variables say. Metrics and logs are not sent this way: the
 * controller has a metrics page, and its log is standard error.
 *
 * @throws {SdkMissingError}
 */
export async function startSdk(environment: NodeJS.ProcessEnv, log: Log): Promise<StartedSdk | undefined> {
  const asking = asksForSpans(environment);
  if (asking === undefined) return undefined;
  const { NodeSDK } = await import("@opentelemetry/sdk-node").catch((error: unknown) => {
    throw isMissing(error) ? missing(asking) : error;
  });
  const isNamed =
    Boolean(environment["OTEL_SERVICE_NAME"]) ||
    /(^|,)\s*service\.name\s*=/.test(environment["OTEL_RESOURCE_ATTRIBUTES"] ?? "");
  const sdk = new NodeSDK({
    ...(isNamed ? {} : { serviceName: "trimtab-controller" }),
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  // With OTEL_LOG_LEVEL the SDK tells of itself in its own way.
  if (!environment["OTEL_LOG_LEVEL"]) tellInLog(log);
  sdk.start();
  log.info("spans are sent", { variable: asking });
  return {
    async shutdown(longestMilliseconds) {
      const late = Promise.withResolvers<false>();
      const timer = setTimeout(() => late.resolve(false), longestMilliseconds);
      const sent = sdk.shutdown().then(
        () => true,
        (error: unknown) => {
          log.warning("the last spans could not be sent", { error });
          return true;
        },
      );
      const inTime = await Promise.race([sent, late.promise]);
      clearTimeout(timer);
      if (!inTime) log.warning("the last spans were not sent in time", { milliseconds: longestMilliseconds });
      return inTime;
    },
  };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (
    code === "ERR_MODULE_NOT_FOUND" && error instanceof Error && error.message.includes("'@opentelemetry/sdk-node'")
  );
}

function missing(variable: string): SdkMissingError {
  return new SdkMissingError(
    `${variable} asks for spans, and the package that sends them is not installed. Install it beside the controller ` +
      "(npm install @opentelemetry/sdk-node), or set OTEL_SDK_DISABLED=true.",
  );
}

/** That spans cannot be sent must not go unseen, and must not fill the log. */
function tellInLog(log: Log): void {
  const told = new Set<string>();
  const tell = (level: "warning" | "error") => (message: string) => {
    const text = String(message).slice(0, MESSAGE_CHARACTERS);
    if (told.has(text)) return log.debug("OpenTelemetry", { problem: text });
    if (told.size < MESSAGES_TOLD) told.add(text);
    log[level]("OpenTelemetry", { problem: text });
  };
  const quiet = (): void => {};
  const logger = { error: tell("error"), warn: tell("warning"), info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

const MESSAGES_TOLD = 50;
const MESSAGE_CHARACTERS = 500;

/**
 * Starts the OpenTelemetry SDK that the service has installed, of whichever generation: 1 (sdk-node 0.57), 2 (0.200 and later) or 3
 * (0.300 and later). Everything is taken from the packages that sdk-node itself depends on, so that their versions belong together.
 */
import { createRequire } from "node:module";
import type { IMetricReader, PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { OperationMetricProducer } from "./metric-producer.ts";
import { pageReader, startMetricsOnDemand } from "./metrics-on-demand.ts";
import { describeError } from "./own-failure.ts";

/** What the SDK is to do. */
export interface SdkRequest {
  /** The `require` that finds what the service has installed. */
  readonly load: NodeJS.Require;
  /** Of `OTEL_METRICS_EXPORTER`. */
  readonly exporters: readonly string[];
  /** For readers that send: the calls of this process. */
  readonly producer: OperationMetricProducer;
  /** Undefined: the environment has one. */
  readonly serviceName: string | undefined;
  readonly tell: (message: string) => void;
  /** Somebody listens to spans, though no exporter takes them. */
  readonly hasSpanListener: boolean;
}

/** Without any processor the SDK would make no spans. */
const UNHEARD = {
  onStart: (): void => {},
  onEnd: (): void => {},
  forceFlush: (): Promise<void> => Promise.resolve(),
  shutdown: (): Promise<void> => Promise.resolve(),
};

/** An SDK that runs. */
export interface StartedSdk {
  /** What the service's own meters say, for the metrics page; whole lines. Undefined where no page was asked for. */
  readonly renderOthers: (() => Promise<string>) | undefined;
  /** Does it hold back anything that must be sent at the end? */
  readonly sends: boolean;
  shutdown(): Promise<void>;
}

/** Undefined, and told, where there is none or it does not start. */
export function startSdk(request: SdkRequest): StartedSdk | undefined {
  try {
    return start(request);
  } catch (error) {
    request.tell(
      "no OpenTelemetry SDK could be started, so the metrics page has tracked operations only, and there are no spans; install " +
        `@opentelemetry/sdk-node, on Node older than 22.15 its version 0.223 (${describeError(error)})`,
    );
    return undefined;
  }
}

function start(request: SdkRequest): StartedSdk {
  const ofSdk = createRequire(request.load.resolve("@opentelemetry/sdk-node"));
  return (sendsNothing(request) ? startMetrics(request, ofSdk) : undefined) ?? startWhole(request, ofSdk);
}

/** Everything stays in this process, and nobody asks for anything but metrics. */
function sendsNothing({ exporters, hasSpanListener }: SdkRequest): boolean {
  const isAsked = isSet("OTEL_TRACES_EXPORTER") || isSet("OTEL_LOGS_EXPORTER") || isSet("OTEL_NODE_RESOURCE_DETECTORS");
  return !isAsked && !hasSpanListener && exporters.every((name) => name === "prometheus" || name === "none");
}

/** Without most of the SDK, which loads the exporters of all protocols. Undefined for generation 1. */
function startMetrics({ exporters, serviceName, tell }: SdkRequest, ofSdk: NodeJS.Require): StartedSdk | undefined {
  const started = startMetricsOnDemand({ hasPage: exporters.includes("prometheus"), serviceName, tell }, ofSdk);
  return started && { ...started, sends: false };
}

function startWhole(request: SdkRequest, ofSdk: NodeJS.Require): StartedSdk {
  const { load, exporters, producer, serviceName, tell, hasSpanListener } = request;
  const { NodeSDK } = load("@opentelemetry/sdk-node") as typeof import("@opentelemetry/sdk-node");
  const page = exporters.includes("prometheus") ? pageReader(ofSdk) : undefined;
  const sending = exporters.flatMap((name) => sendingReader(name, ofSdk, producer, tell) ?? []);
  const metricReaders = [...(page === undefined ? [] : [page.reader]), ...sending];
  const [metricReader] = metricReaders;
  if (metricReader !== undefined && metricReaders.length > 1 && !takesSeveralReaders(ofSdk)) {
    tell("this generation of the OpenTelemetry SDK takes one metric reader: the first one is used");
  }
  const options = {
    ...(serviceName === undefined ? {} : { serviceName }),
    metricReaders,
    ...(metricReader === undefined || takesSeveralReaders(ofSdk) ? {} : { metricReader }),
    // Left to themselves, traces and logs would go to a collector that nobody said is there.
    ...(isSet("OTEL_TRACES_EXPORTER") ? {} : { spanProcessors: hasSpanListener ? [UNHEARD] : [] }),
    ...(isSet("OTEL_LOGS_EXPORTER") ? {} : { logRecordProcessors: [] }),
    // The detector of the process would put its command line on the metrics page.
    ...(isSet("OTEL_NODE_RESOURCE_DETECTORS") ? {} : { resourceDetectors: detectors(ofSdk) }),
  };
  const sdk = new NodeSDK(options);
  sdk.start();
  return {
    renderOthers: page?.render,
    sends: isSet("OTEL_TRACES_EXPORTER") || isSet("OTEL_LOGS_EXPORTER") || sending.length > 0,
    shutdown: () => sdk.shutdown(),
  };
}

/** What the SDK would make of the environment itself, with our calls handed to it. */
function sendingReader(
  name: string,
  ofSdk: NodeJS.Require,
  producer: OperationMetricProducer,
  tell: (message: string) => void,
): IMetricReader | undefined {
  if (name === "prometheus" || name === "none") return undefined;
  if (name !== "otlp" && name !== "console") {
    tell(`OTEL_METRICS_EXPORTER="${name}" is ignored; write prometheus, otlp, console or none, or several with commas`);
    return undefined;
  }
  const { ConsoleMetricExporter, PeriodicExportingMetricReader } = ofSdk(
    "@opentelemetry/sdk-metrics",
  ) as typeof import("@opentelemetry/sdk-metrics");
  const exporter = name === "console" ? new ConsoleMetricExporter() : otlpExporter(ofSdk);
  const exportIntervalMillis = millisecondsOf("OTEL_METRIC_EXPORT_INTERVAL", 60_000);
  const exportTimeoutMillis = Math.min(millisecondsOf("OTEL_METRIC_EXPORT_TIMEOUT", 30_000), exportIntervalMillis);
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis,
    metricProducers: [producer],
  });
}

/** It reads its address, headers and time-out from the environment itself. */
function otlpExporter(ofSdk: NodeJS.Require): PushMetricExporter {
  const protocol =
    text("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL") || text("OTEL_EXPORTER_OTLP_PROTOCOL") || "http/protobuf";
  const kind = { grpc: "grpc", "http/json": "http" }[protocol] ?? "proto";
  const { OTLPMetricExporter } = ofSdk(`@opentelemetry/exporter-metrics-otlp-${kind}`) as {
    OTLPMetricExporter: new () => PushMetricExporter;
  };
  return new OTLPMetricExporter();
}

/** In generation 1 those that answer at once have names of their own; the others would hold up the first collection. */
function detectors(ofSdk: NodeJS.Require) {
  type Resources = typeof import("@opentelemetry/resources");
  const resources = ofSdk("@opentelemetry/resources") as Resources & {
    readonly envDetectorSync?: Resources["envDetector"];
    readonly serviceInstanceIdDetectorSync?: Resources["serviceInstanceIdDetector"];
  };
  return [
    resources.envDetectorSync ?? resources.envDetector,
    resources.serviceInstanceIdDetectorSync ?? resources.serviceInstanceIdDetector,
  ];
}

/** Generation 1, the one whose metrics still have views as a class, takes a single `metricReader`. */
function takesSeveralReaders(ofSdk: NodeJS.Require): boolean {
  return !("View" in (ofSdk("@opentelemetry/sdk-metrics") as object));
}

function millisecondsOf(name: string, otherwise: number): number {
  const value = Number(text(name) || Number.NaN);
  return value > 0 ? value : otherwise;
}

function isSet(name: string): boolean {
  return text(name) !== "";
}

function text(name: string): string {
  return (process.env[name] ?? "").trim();
}

/**
 * The metrics of the OpenTelemetry SDK for a service that sends nothing. Most services have no meters of their own, and tracked calls
 * need none: the SDK's part is loaded when somebody asks for the first meter, and until then costs neither time nor memory.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ContextManager, context, createNoopMeter, type MeterProvider, metrics } from "@opentelemetry/api";
import type { IMetricReader } from "@opentelemetry/sdk-metrics";
import { nodeCrypto } from "./node-on-demand.ts";
import { describeError } from "./own-failure.ts";
import { type ResourceAttributes, resourceAttributes, targetInfo } from "./resource-attributes.ts";

/** What is asked of the metrics. */
export interface MetricsOnDemandRequest {
  /** Is there a page to render? */
  readonly hasPage: boolean;
  /** Undefined: the environment has one. */
  readonly serviceName: string | undefined;
  readonly tell: (message: string) => void;
}

/** Metrics that are there for whoever asks. */
export interface MetricsOnDemand {
  /** Whole lines for the page: the process itself, and what its meters say. */
  readonly renderOthers: () => Promise<string>;
  shutdown(): Promise<void>;
}

interface LoadedMetrics {
  readonly provider: MeterProvider;
  readonly render: () => Promise<string>;
  shutdown(): Promise<void>;
}

/**
 * Takes the place of the global MeterProvider, and of the context manager. Undefined for generation 1, whose parts are others.
 *
 * @param ofSdk The `require` of the SDK that is installed.
 * @throws {Error} where a part of it is not there: that is told at the start, not at the first meter.
 */
export function startMetricsOnDemand(
  request: MetricsOnDemandRequest,
  ofSdk: NodeJS.Require,
): MetricsOnDemand | undefined {
  const sdkVersion = versionOf("@opentelemetry/resources", ofSdk);
  if (sdkVersion.startsWith("1.")) return undefined;
  for (const name of ["@opentelemetry/sdk-metrics", "@opentelemetry/exporter-prometheus"]) ofSdk.resolve(name);
  const { AsyncLocalStorageContextManager } = ofSdk("@opentelemetry/context-async-hooks") as {
    AsyncLocalStorageContextManager: new () => ContextManager;
  };
  const { serviceName, tell } = request;
  let known: ResourceAttributes | undefined;
  const attributes = (): ResourceAttributes =>
    (known ??= resourceAttributes(process.env, { serviceName, sdkVersion, instanceId: nodeCrypto().randomUUID() }));
  let loaded: LoadedMetrics | undefined;
  const provider = (): MeterProvider => {
    try {
      loaded ??= loadMetrics(request, attributes(), ofSdk);
    } catch (error) {
      tell(`the metrics of the OpenTelemetry SDK cannot be loaded: meters count nothing (${describeError(error)})`);
      loaded = NO_METRICS;
    }
    return loaded.provider;
  };
  metrics.setGlobalMeterProvider({ getMeter: (...asked) => provider().getMeter(...asked) });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    renderOthers: async () => targetInfo(attributes()) + ((await loaded?.render()) ?? "").replace(SDKS_TARGET_INFO, ""),
    shutdown: () => loaded?.shutdown() ?? Promise.resolve(),
  };
}

/** At the head of what the SDK says; not all versions can be asked to leave it out. */
const SDKS_TARGET_INFO = /^# HELP target_info .*\n(?:# (?:UNIT|TYPE) target_info .*\n)*(?:target_info\{.*\n)?/;

const NO_METRICS: LoadedMetrics = {
  provider: { getMeter: () => createNoopMeter() },
  render: () => Promise.resolve(""),
  shutdown: () => Promise.resolve(),
};

function loadMetrics(
  { hasPage }: MetricsOnDemandRequest,
  attributes: ResourceAttributes,
  ofSdk: NodeJS.Require,
): LoadedMetrics {
  const { resourceFromAttributes } = ofSdk("@opentelemetry/resources") as typeof import("@opentelemetry/resources");
  const { MeterProvider: Provider } = ofSdk(
    "@opentelemetry/sdk-metrics",
  ) as typeof import("@opentelemetry/sdk-metrics");
  const page = hasPage ? pageReader(ofSdk) : undefined;
  const provider = new Provider({
    resource: resourceFromAttributes(attributes),
    readers: page === undefined ? [] : [page.reader],
  });
  return { provider, render: page?.render ?? NO_METRICS.render, shutdown: () => provider.shutdown() };
}

/** A reader that is asked and never serves: the page is ours. It is not given our calls, which the page renders itself. */
export function pageReader(ofSdk: NodeJS.Require): { reader: IMetricReader; render: () => Promise<string> } {
  const { PrometheusExporter, PrometheusSerializer } = ofSdk(
    "@opentelemetry/exporter-prometheus",
  ) as typeof import("@opentelemetry/exporter-prometheus");
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer();
  return { reader, render: async () => asLines(serializer.serialize((await reader.collect()).resourceMetrics)) };
}

/** Whole lines; a reader without metrics says so in a comment that is none of Prometheus' kinds and has no end. */
function asLines(text: string): string {
  const lines = text.replace(/# no registered metrics$/, "");
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
}

/** From its manifest, which a package need not export. */
function versionOf(name: string, ofSdk: NodeJS.Require): string {
  for (let folder = dirname(ofSdk.resolve(name)); ; folder = dirname(folder)) {
    if (folder === dirname(folder)) throw new Error(`${name} has no manifest`);
    const manifest = manifestIn(folder);
    if (manifest?.name === name && manifest.version !== undefined) return manifest.version;
  }
}

function manifestIn(folder: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string; version?: string };
  } catch {
    return undefined; // no manifest here: it is further up
  }
}

/**
 * For a service that brings its own OpenTelemetry SDK: hands what is counted in this process to a reader of that SDK.
 *
 *     new PrometheusExporter({ metricProducers: [metricProducer()] })
 *     new PeriodicExportingMetricReader({ exporter, metricProducers: [metricProducer()] })
 */
import { instrumentation } from "./instance.ts";
import { SCOPE } from "./metrics/instruments.ts";
import type { CollectedMetric } from "./metrics/metric-data.ts";
import { reportOwnFailure } from "./own-failure.ts";

/** A resource without attributes; the reader takes its own. */
interface EmptyResource {
  readonly attributes: Record<string, never>;
  merge<Other>(other: Other | null): Other | EmptyResource;
  getRawAttributes(): [];
}

/** What a reader of the OpenTelemetry SDK collects from: its `MetricProducer`, of generation 1.9 and later. */
export interface OperationMetricProducer {
  /** Cumulative, whatever temporality the reader prefers. Never rejects. */
  collect(): Promise<CollectedOperations>;
}

/** What was collected. */
interface CollectedOperations {
  readonly resourceMetrics: {
    readonly resource: EmptyResource;
    readonly scopeMetrics: { readonly scope: { readonly name: string }; readonly metrics: CollectedMetric[] }[];
  };
  readonly errors: unknown[];
}

/**
 * The metrics of tracked operations for readers of the service's own SDK: several times cheaper per call than its instruments, with
 * series that end when their variant is retired. Take it before that SDK starts, and hand the same one to every reader.
 *
 * From then on nothing is written to instruments, so that nothing is counted twice. Where calls were written to a MeterProvider
 * already, they stay there: the producer is then empty, and a warning says so.
 */
export function metricProducer(): OperationMetricProducer {
  const isTaken = take();
  return {
    collect: () => {
      const errors: unknown[] = [];
      let metrics: CollectedMetric[] = [];
      try {
        if (isTaken) metrics = instrumentation().metrics.collect();
      } catch (error) {
        errors.push(error);
        reportOwnFailure("collecting metrics", error);
      }
      return Promise.resolve({
        resourceMetrics: { resource: EMPTY_RESOURCE, scopeMetrics: [{ scope: { name: SCOPE }, metrics }] },
        errors,
      });
    },
  };
}

const EMPTY_RESOURCE: EmptyResource = {
  attributes: {},
  merge: (other) => other ?? EMPTY_RESOURCE,
  getRawAttributes: () => [],
};

function take(): boolean {
  try {
    return instrumentation().metrics.take();
  } catch (error) {
    reportOwnFailure("taking the metric producer", error);
    return false;
  }
}

/** From the configuration to the metric source. */
import type { Log, MetricSource, QuestionObserver, RollupStore } from "@trimtab/engine";
import type { Adaptation, EvidenceQuery } from "@trimtab/learning";
import type { Config } from "./config.ts";
import { createEmbeddedSource } from "./sources/embedded-source.ts";
import { evidenceQueries } from "./sources/prometheus/prometheus-queries.ts";
import { createPrometheusSource } from "./sources/prometheus/prometheus-source.ts";
import type { SourceLog } from "./sources/source-log.ts";

/** What a source is built with beside its configuration. */
export interface SourceParts {
  readonly rollups: RollupStore;
  readonly observer: QuestionObserver;
  readonly log: Log;
}

/** The source that a configuration names; not started. */
export function createSource(metrics: Config["metrics"], { rollups, observer, log }: SourceParts): MetricSource {
  const sourceLog: SourceLog = {
    info: (message, fields = {}) => log.info(message, fields),
    warn: (message, fields = {}) => log.warning(message, fields),
  };
  const { headers } = metrics;
  if (metrics.source === "embedded") {
    const { targets, scrapeIntervalMilliseconds } = metrics;
    return createEmbeddedSource({ targets, scrapeIntervalMilliseconds, headers, rollups, observer, log: sourceLog });
  }
  const { url, timeoutMilliseconds, scrapeIntervalMilliseconds } = metrics;
  return createPrometheusSource({
    url,
    timeoutMilliseconds,
    scrapeIntervalMilliseconds,
    headers,
    observer,
    log: sourceLog,
  });
}

/**
 * PromQL that gives the numbers an adaptation rests on, in a Prometheus that scrapes the services; also where the embedded source
 * measured them.
 */
export function adaptationQueries(
  { component, operation, context, basis }: Pick<Adaptation, "component" | "operation" | "context" | "basis">,
  contextKeys: readonly string[],
  scrapeIntervalMilliseconds: number,
): readonly EvidenceQuery[] {
  const request = { component, operation, context: contextKeys, window: basis.window };
  return evidenceQueries(request, { scrapeIntervalMilliseconds, filter: context });
}

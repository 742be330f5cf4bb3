/** From the configuration to the metric source. */
import type { Log, MetricSource, QuestionObserver, RollupStore } from "@trimtab/engine";
import type { Config } from "./config.ts";
import { createEmbeddedSource } from "./sources/embedded-source.ts";
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
  if (metrics.source === "embedded") {
    const { targets, scrapeIntervalMilliseconds } = metrics;
    return createEmbeddedSource({ targets, scrapeIntervalMilliseconds, rollups, observer, log: sourceLog });
  }
  throw new Error("not yet");
}

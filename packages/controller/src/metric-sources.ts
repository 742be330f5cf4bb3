/** From the configuration to the metric source. */
import type { EvidenceRequest, Log, MetricSource, OutcomeStore, QuestionObserver, RollupStore } from "@trimtab/engine";
import type { Adaptation, Evidence, EvidenceQuery, OperationPolicy } from "@trimtab/learning";
import type { Config } from "./config.ts";
import { createEmbeddedSource } from "./sources/embedded-source.ts";
import { evidenceQueries } from "./sources/prometheus/prometheus-queries.ts";
import { createPrometheusSource } from "./sources/prometheus/prometheus-source.ts";
import { createReportedSource } from "./sources/reported/reported-source.ts";
import { createRoutedSource } from "./sources/routed-source.ts";
import type { SourceLog } from "./sources/source-log.ts";

/** What a source is built with beside its configuration. */
export interface SourceParts {
  readonly rollups: RollupStore;
  readonly outcomes: OutcomeStore;
  /** Asked at each reading, because a reload may change it. */
  readonly isReported: (component: string) => boolean;
  readonly outcomeLatenessMilliseconds: () => number;
  /** The time between two cycles: while Prometheus fails it is asked at least twice in it. */
  readonly intervalMilliseconds: number;
  readonly observer: QuestionObserver;
  readonly log: Log;
}

/** The source that a configuration names, with what is reported beside it; not started. */
export function createSource(metrics: Config["metrics"], parts: SourceParts): MetricSource {
  const { outcomes, isReported, outcomeLatenessMilliseconds, observer, log } = parts;
  const reporting = { outcomes, latenessMilliseconds: outcomeLatenessMilliseconds, observer, log: toSourceLog(log) };
  if (metrics.source === "reported") {
    const { gridMilliseconds } = metrics;
    return createReportedSource({ ...reporting, gridMilliseconds: () => gridMilliseconds });
  }
  const scraped = createScrapedSource(metrics, parts);
  const reported = createReportedSource({
    ...reporting,
    gridMilliseconds: () => scraped.scrapeIntervalMilliseconds(),
  });
  return createRoutedSource({ scraped, reported, isReported });
}

function toSourceLog(log: Log): SourceLog {
  return {
    info: (message, fields = {}) => log.info(message, fields),
    warn: (message, fields = {}) => log.warning(message, fields),
  };
}

/** The source of what is scraped, alone. */
export function createScrapedSource(
  metrics: Exclude<Config["metrics"], { readonly source: "reported" }>,
  {
    rollups,
    intervalMilliseconds,
    observer,
    log,
  }: Omit<SourceParts, "outcomes" | "isReported" | "outcomeLatenessMilliseconds">,
): MetricSource {
  const sourceLog = toSourceLog(log);
  const { headers, tls } = metrics;
  if (tls?.insecure === true)
    log.warning(
      "metrics.tls.insecure: certificates are not checked; whoever sits between can read and change every number",
      {},
    );
  const secure = tls === undefined ? {} : { tls };
  if (metrics.source === "embedded") {
    const { targets, scrapeIntervalMilliseconds } = metrics;
    return createEmbeddedSource({
      targets,
      scrapeIntervalMilliseconds,
      headers,
      ...secure,
      rollups,
      observer,
      log: sourceLog,
    });
  }
  const { url, timeoutMilliseconds, scrapeIntervalMilliseconds, maximumInFlight } = metrics;
  return createPrometheusSource({
    url,
    timeoutMilliseconds,
    scrapeIntervalMilliseconds,
    longestPauseMilliseconds: intervalMilliseconds / 2,
    headers,
    ...secure,
    maximumInFlight,
    observer,
    log: sourceLog,
  });
}

/** An adaptation as far as it says what was measured. */
type Measured = Pick<Adaptation, "component" | "operation" | "context" | "basis">;

/**
 * PromQL that gives what was counted in the window an adaptation rests on, in a Prometheus that scrapes the services; also where
 * the embedded source measured it.
 */
export function adaptationQueries(
  adaptation: Measured,
  policies: readonly OperationPolicy[],
  scrapeIntervalMilliseconds: number,
): readonly EvidenceQuery[] {
  const request = requestFor(adaptation, policies);
  return evidenceQueries(request, { scrapeIntervalMilliseconds, filter: adaptation.context });
}

/** What the source counts in that window, in every context. */
export async function adaptationEvidence(
  adaptation: Measured,
  policies: readonly OperationPolicy[],
  source: MetricSource,
): Promise<Evidence["cells"]> {
  return (await source.readEvidence(requestFor(adaptation, policies))).cells;
}

function requestFor(
  { component, operation, context, basis }: Measured,
  policies: readonly OperationPolicy[],
): EvidenceRequest {
  const policy = policies.find((each) => each.component === component && each.operation === operation);
  return { component, operation, context: policy?.context ?? Object.keys(context), window: basis.window };
}

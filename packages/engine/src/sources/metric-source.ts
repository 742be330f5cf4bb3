/** The port to whatever holds the services' metrics: Prometheus, or the embedded source that scrapes them itself. */
import type { Evidence, EvidenceWindow, Reading } from "@trimtab/learning";

/** Which evidence is wanted. */
export interface EvidenceRequest {
  readonly component: string;
  readonly operation: string;
  /** Declared context keys: the evidence is grouped by these and by nothing else. */
  readonly context: readonly string[];
  /** Both ends on the source's grid (see `latestWindowEnd`). At most 31 days long. */
  readonly window: EvidenceWindow;
}

/** A tracked operation as its metrics show it. */
export interface DiscoveredOperation {
  readonly component: string;
  readonly operation: string;
  /** Context keys and the values seen, each list sorted and cut at 20 values. */
  readonly context: Readonly<Record<string, readonly string[]>>;
  /** Variant ids seen, sorted. */
  readonly variants: readonly string[];
  /** Calls counted in the look-back. */
  readonly calls: number;
  /** Which optional measurements exist. */
  readonly hasQuality: boolean;
  readonly costUnits: readonly string[];
}

/** A metrics page (or an OTLP resource) that the source reads. */
export interface SourceTarget {
  /** Address of the page, or `job/instance`. */
  readonly target: string;
  readonly up: boolean;
  /** What went wrong at the last try. */
  readonly problem?: string;
  /** Milliseconds since 1970. */
  readonly lastScrapeAt?: number;
  /** Does the page hold series of ours? Undefined where that is unknown. */
  readonly hasOurSeries?: boolean;
}

/** The source's own state, for `doctor` and for readiness. */
export interface SourceInspection {
  /** Can the source answer at all? */
  readonly reachable: Reading<true>;
  readonly targets: readonly SourceTarget[];
  readonly scrapeIntervalMilliseconds: number;
}

/** What a question cost the server that answered it, as far as it says so. */
export interface QueryCost {
  /** Samples that it read. */
  readonly samples?: number;
  readonly serverSeconds?: number;
}

/** One question was asked: for metrics and logs. */
export interface QuestionObserver {
  onQuestion(question: string, seconds: number, reading: Reading<unknown>["kind"], cost?: QueryCost): void;
}

/** Where evidence comes from: a Prometheus, the services' own metrics pages, or reports that services send. */
export type MetricSourceKind = "prometheus" | "embedded" | "reported";

/**
 * A metric source. No method throws for a source that fails: evidence then holds a reading that is no value.
 */
export interface MetricSource {
  readonly kind: MetricSourceKind;
  /** Connects, or starts scraping. Resolves without waiting for the source to be reachable, and never rejects. */
  start(): Promise<void>;
  /** Ends at once what is still asked: its evidence then holds a reading that is no value. */
  close(): Promise<void>;
  /**
   * The end of the newest window that is complete: on the scrape grid, two scrapes before `now` (milliseconds since 1970), so
   * that windows tile and nothing arrives later.
   */
  latestWindowEnd(now: number): number;
  /** The grid's step: windows are multiples of it. */
  scrapeIntervalMilliseconds(): number;
  /** The newest round of reading metrics pages (milliseconds since 1970), where the source reads them itself and has begun to. */
  readUntil?(): number | undefined;
  /**
   * What was counted in the window, per declared context and variant: the same numbers whatever births, restarts, scrape gaps
   * and retired series lie in it. The number of questions to the source does not depend on the number of contexts.
   */
  readEvidence(request: EvidenceRequest): Promise<Evidence>;
  /** The operations whose series the source holds, with calls over the look-back (milliseconds). */
  discoverOperations(now: number, lookBackMilliseconds: number): Promise<Reading<readonly DiscoveredOperation[]>>;
  inspect(now: number): Promise<SourceInspection>;
}

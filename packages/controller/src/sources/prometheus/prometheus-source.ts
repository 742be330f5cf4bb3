/** The metric source that asks a Prometheus (or whatever speaks its HTTP API) that scrapes the services. */

import { parseDuration } from "@trimtab/conventions";
import type { EvidenceRequest, MetricSource, QuestionObserver, SourceInspection, SourceTarget } from "@trimtab/engine";
import type { Evidence, EvidenceQuery, Reading } from "@trimtab/learning";
import { windowEnd } from "../look-back.ts";
import type { TlsSettings } from "../secure-fetch.ts";
import { type SourceLog, silentLog } from "../source-log.ts";
import { createGuardedClient, type GuardedClient } from "./guarded-client.ts";
import type { ActiveTarget, VectorRow } from "./prometheus-client.ts";
import { discoveryQueries, evidenceQueries, ourTargetsQuery, targetsQuery } from "./prometheus-queries.ts";
import { cellsOf, discoveredOperations, type EvidenceAnswers, targetsAnswer } from "./prometheus-response.ts";

/** Where Prometheus is and how it is asked. */
export interface PrometheusSourceOptions {
  /** E.g. `http://127.0.0.1:9090`; a path, a name and a password may be in it. */
  readonly url: string;
  /** Sent with every request, e.g. `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsSettings;
  /** Default 4. */
  readonly maximumInFlight?: number;
  /** For one question. Default 10 s. */
  readonly timeoutMilliseconds?: number;
  /** The longest time without a question while Prometheus fails. Default a minute. */
  readonly longestPauseMilliseconds?: number;
  /** Default: what Prometheus says of the targets that carry our series, and 15 s until it has said so. */
  readonly scrapeIntervalMilliseconds?: number | undefined;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  readonly observer?: QuestionObserver;
  readonly log?: SourceLog;
}

const DEFAULT_TIMEOUT_MILLISECONDS = 10_000;
const UNKNOWN_SCRAPE_INTERVAL_MILLISECONDS = 15_000;
const REFRESH_EVERY_MILLISECONDS = 60_000;
/** Longer windows are always counted in the guarded form: series may come and go in them without a restart. */
const LONGEST_CALM_WINDOW_MILLISECONDS = 15 * 60_000;
/** The longest window that a cycle reads; over longer ones people look back. */
const LONGEST_CYCLE_WINDOW_MILLISECONDS = 60 * 60_000;

/** Builds the source. `start` looks up the scrape interval in the background, and again every minute. */
export function createPrometheusSource(options: PrometheusSourceOptions): MetricSource {
  return new PrometheusSource(options);
}

class PrometheusSource implements MetricSource {
  readonly kind = "prometheus";
  readonly #options: PrometheusSourceOptions;
  readonly #closing = new AbortController();
  readonly #forCycles: GuardedClient;
  /** A dashboard over 30 days may be slow, or too much for Prometheus: that must not hold up what is learnt. */
  readonly #forPeople: GuardedClient;
  readonly #now: () => number;
  readonly #log: SourceLog;
  #interval: number;
  #refreshing: NodeJS.Timeout | undefined;

  constructor(options: PrometheusSourceOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? silentLog;
    this.#interval = options.scrapeIntervalMilliseconds ?? UNKNOWN_SCRAPE_INTERVAL_MILLISECONDS;
    const client = {
      url: options.url,
      timeoutMilliseconds: options.timeoutMilliseconds ?? DEFAULT_TIMEOUT_MILLISECONDS,
      signal: this.#closing.signal,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.maximumInFlight === undefined ? {} : { maximumInFlight: options.maximumInFlight }),
    };
    const { longestPauseMilliseconds } = options;
    this.#forCycles = createGuardedClient(client, this.#now, {
      ...(longestPauseMilliseconds === undefined ? {} : { longestPauseMilliseconds }),
      listener: {
        onStopped: (detail) =>
          this.#log.warn("Prometheus does not answer; nothing is learnt until it does", { detail }),
        onBack: () => this.#log.info("Prometheus answers again"),
      },
    });
    this.#forPeople = createGuardedClient(client, this.#now);
  }

  async start(): Promise<void> {
    void this.inspect(this.#now());
    this.#refreshing = setInterval(() => void this.inspect(this.#now()), REFRESH_EVERY_MILLISECONDS);
    this.#refreshing.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#refreshing);
    this.#closing.abort();
  }

  scrapeIntervalMilliseconds(): number {
    return this.#interval;
  }

  latestWindowEnd(now: number): number {
    return windowEnd(now, this.#interval);
  }

  async readEvidence(request: EvidenceRequest): Promise<Evidence> {
    const { window } = request;
    const client = window.to - window.from > LONGEST_CYCLE_WINDOW_MILLISECONDS ? this.#forPeople : this.#forCycles;
    const targets = targetsQuery(request, this.#interval);
    const state = await this.#ask(client, targets);
    const guarded = evidenceQueries(request, { scrapeIntervalMilliseconds: this.#interval });
    if (state.kind !== "value") return { window, queries: [targets, ...guarded], cells: state };
    const { isDisturbed, disturbedInstances, newestSampleAt, clock, dialect } = targetsAnswer(state.value);
    if (clock !== undefined && window.to > clock) {
      const seconds = Math.ceil((window.to - clock) / 1000);
      const detail = `the window ends ${seconds} s after the time that Prometheus has: this machine's clock is ahead, or that one's behind`;
      return { window, queries: [targets, ...guarded], cells: { kind: "stale", detail } };
    }
    const isLong = window.to - window.from > LONGEST_CALM_WINDOW_MILLISECONDS;
    const form = isDisturbed || isLong ? "guarded" : "calm";
    // VictoriaMetrics takes no questions as long as that makes them.
    const areNamed = !isLong && dialect === "prometheus" && disturbedInstances !== undefined;
    const asked = evidenceQueries(request, {
      scrapeIntervalMilliseconds: this.#interval,
      form,
      dialect,
      ...(areNamed ? { guardedInstances: disturbedInstances } : {}),
    });
    const queries = [targets, ...asked];
    if (newestSampleAt !== undefined && window.to - newestSampleAt > 2 * this.#interval) {
      const seconds = Math.round((window.to - newestSampleAt) / 100) / 10;
      const detail = `the newest sample is ${seconds} s older than the window's end, at a scrape interval of ${this.#interval / 1000} s`;
      return { window, queries, cells: { kind: "stale", detail } };
    }
    const readings = await Promise.all(asked.map((query) => this.#ask(client, query)));
    const answers: Record<string, readonly VectorRow[]> = {};
    for (const [index, reading] of readings.entries()) {
      const question = asked[index]?.question ?? "";
      // One part without the others would compare what was measured with what was not.
      if (reading.kind !== "value")
        return { window, queries, cells: { ...reading, detail: `${question}: ${reading.detail}` } };
      answers[question] = reading.value;
    }
    return { window, queries, cells: cellsOf(answers as EvidenceAnswers, request.context) };
  }

  async discoverOperations(now: number, lookBack: number): ReturnType<MetricSource["discoverOperations"]> {
    const queries = discoveryQueries({ from: now - lookBack, to: now }, this.#interval);
    const readings = await Promise.all(queries.map((query) => this.#ask(this.#forPeople, query)));
    const missing = readings.find((reading) => reading.kind !== "value");
    if (missing !== undefined) return missing as Exclude<typeof missing, { kind: "value" }>;
    const rows = readings.map((reading) => (reading.kind === "value" ? reading.value : []));
    return { kind: "value", value: discoveredOperations(rows) };
  }

  async inspect(now: number): Promise<SourceInspection> {
    const ours = await this.#ask(this.#forCycles, ourTargetsQuery(now));
    const targets = await this.#forPeople.targets();
    if (ours.kind === "value" && targets.kind === "value") this.#takeInterval(targets.value, ours.value);
    const scrapeIntervalMilliseconds = this.#interval;
    if (ours.kind !== "value") return { reachable: ours, targets: [], scrapeIntervalMilliseconds };
    const names = new Set(ours.value.map(({ labels }) => targetName(labels["job"], labels["instance"])));
    const described = targets.kind === "value" ? targets.value.map((target) => describe(target, names)) : [];
    const scraped = new Set(described.map(({ target }) => target));
    for (const name of names) if (!scraped.has(name)) described.push({ target: name, up: true, hasOurSeries: true });
    return { reachable: { kind: "value", value: true }, targets: described, scrapeIntervalMilliseconds };
  }

  /** The grid must suit the slowest of our targets: a window of fewer scrapes than it thinks would miss counts. */
  #takeInterval(targets: readonly ActiveTarget[], ours: readonly VectorRow[]): void {
    if (this.#options.scrapeIntervalMilliseconds !== undefined) return;
    const names = new Set(ours.map(({ labels }) => targetName(labels["job"], labels["instance"])));
    const intervals = targets
      .filter(({ job, instance }) => names.has(targetName(job, instance)))
      .map(({ scrapeInterval }) => milliseconds(scrapeInterval ?? ""));
    const slowest = Math.max(0, ...intervals);
    if (slowest === 0 || slowest === this.#interval) return;
    this.#log.info(`Prometheus scrapes the services every ${slowest / 1000} s`, {
      before: this.#interval,
      now: slowest,
    });
    this.#interval = slowest;
  }

  async #ask(client: GuardedClient, { question, promql }: EvidenceQuery): Promise<Reading<readonly VectorRow[]>> {
    const startedAt = performance.now();
    const { reading, cost } = await client.query(promql);
    this.#options.observer?.onQuestion(question, (performance.now() - startedAt) / 1000, reading.kind, cost);
    return reading;
  }
}

function targetName(job = "", instance = ""): string {
  return `${job}/${instance}`;
}

function describe(target: ActiveTarget, ours: ReadonlySet<string>): SourceTarget {
  const name = targetName(target.job, target.instance);
  return {
    target: name,
    up: target.isUp,
    hasOurSeries: ours.has(name),
    ...(target.lastError === "" ? {} : { problem: target.lastError }),
    ...(target.lastScrapeAt === undefined ? {} : { lastScrapeAt: target.lastScrapeAt }),
  };
}

/** Prometheus writes durations in several units: `1m30s`. */
function milliseconds(duration: string): number {
  return (duration.match(/\d+[a-z]+/g) ?? []).reduce((sum, part) => sum + (parseDuration(part) ?? 0), 0);
}

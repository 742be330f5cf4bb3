/** The HTTP API of Prometheus, as much of it as is needed: instant and range queries, and the list of targets. */
import type { QueryCost } from "@trimtab/engine";
import type { Reading } from "@trimtab/learning";
import { readText, takeCredentials } from "../fetched-answer.ts";
import { createFetch, type Fetch, type TlsSettings } from "../secure-fetch.ts";

/** One series of an instant query's answer. */
export interface VectorRow {
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite. */
  readonly value: number;
}

/** One series of a range query's answer. */
export interface MatrixRow {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first; steps without a sample are absent. */
  readonly points: readonly { readonly time: number; readonly value: number }[];
}

/** Which times are asked for, in milliseconds. */
export interface QueriedRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** A target that Prometheus scrapes. */
export interface ActiveTarget {
  readonly job: string;
  readonly instance: string;
  readonly isUp: boolean;
  readonly lastError: string;
  /** Milliseconds since 1970; undefined before the first scrape. */
  readonly lastScrapeAt: number | undefined;
  /** As Prometheus writes it: `15s`. Undefined before 2.34. */
  readonly scrapeInterval: string | undefined;
}

/** Where Prometheus is and how it is asked. */
export interface PrometheusClientOptions {
  /** With or without a slash at the end; may hold a path. */
  readonly url: string;
  /** E.g. `authorization`. A name and password in the url are sent as basic authentication. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsSettings;
  readonly timeoutMilliseconds: number;
  /** Requests under way at once; the others wait. Default 4. */
  readonly maximumInFlight?: number;
  /** Once it is aborted, requests end at once with an error. */
  readonly signal?: AbortSignal;
}

/** A client without retries: the next cycle asks again. */
export interface PrometheusClient {
  /** An answer that is no value also says whether Prometheus itself failed (and not only this query). */
  readonly query: (promql: string) => Promise<Answer<readonly VectorRow[]>>;
  readonly queryRange: (promql: string, range: QueriedRange) => Promise<Answer<readonly MatrixRow[]>>;
  readonly targets: () => Promise<Answer<readonly ActiveTarget[]>>;
}

/** A reading, and whether the server could be reached and worked. */
export interface Answer<Value> {
  readonly reading: Reading<Value>;
  readonly isServerFault: boolean;
  /** What the server says that the question cost it; absent where it does not say. */
  readonly cost?: QueryCost;
}

/** The largest answer that is read, in bytes; 10,000 rows are about 1.2 MB. */
const MAXIMUM_ANSWER_BYTES = 64 * 1024 * 1024;

/** @param options.url Must parse as a URL; the configuration has checked it. */
export function createPrometheusClient(options: PrometheusClientOptions): PrometheusClient {
  const base = new URL(options.url.endsWith("/") ? options.url : `${options.url}/`);
  const headers: Record<string, string> = { ...takeCredentials(base), ...options.headers };
  const fetch = createFetch(options.tls);
  const place = createQueue(options.maximumInFlight ?? 4);
  // Prometheus gives up a little before we do, so that its own message arrives.
  const timeout = `${Math.max(1, Math.floor(options.timeoutMilliseconds * 0.95))}ms`;
  const ask = (path: string, body?: URLSearchParams): Promise<Answer<unknown>> =>
    place(() => request(new URL(path, base), { fetch, headers, ...(body === undefined ? {} : { body }) }, options));
  return {
    async query(promql) {
      return mapAnswer(await ask("api/v1/query", new URLSearchParams({ query: promql, timeout, ...FRESH })), asVector);
    },
    async queryRange(query, { from, to, step }) {
      const times = { start: String(from / 1000), end: String(to / 1000), step: String(step / 1000) };
      return mapAnswer(
        await ask("api/v1/query_range", new URLSearchParams({ query, timeout, ...times, ...FRESH })),
        asMatrix,
      );
    },
    async targets() {
      return mapAnswer(await ask("api/v1/targets?state=active"), asTargets);
    },
  };
}

/**
 * What makes an answer whole and new; who does not know a word leaves it aside. VictoriaMetrics would answer for half a minute ago,
 * and from its cache; Thanos may be set to count the replicas of a Prometheus each by itself, or to read what was downsampled.
 */
const FRESH = { stats: "true", nocache: "1", dedup: "true", max_source_resolution: "0s" };

/**
 * Warnings make an answer partial: a part of the data could not be read, or a part of the query means something else than it
 * seems. Notes on style (`infos`; up to 2.5x they stood among the warnings, with this prefix) change no number.
 */
const NOTE_PREFIX = "PromQL info:";

async function request(
  url: URL,
  { fetch, headers, body }: { fetch: Fetch; headers: Record<string, string>; body?: URLSearchParams },
  { timeoutMilliseconds, signal: closing }: Pick<PrometheusClientOptions, "timeoutMilliseconds" | "signal">,
): Promise<Answer<unknown>> {
  const timeout = AbortSignal.timeout(timeoutMilliseconds);
  const signal = closing === undefined ? timeout : AbortSignal.any([timeout, closing]);
  const failed = (kind: "error" | "timeout", detail: string, isServerFault = true): Answer<unknown> => ({
    reading: { kind, detail },
    isServerFault,
  });
  try {
    const method = body === undefined ? "GET" : "POST";
    const response = await fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
    const text = await readText(response, MAXIMUM_ANSWER_BYTES);
    if (text === undefined)
      return failed("error", `the answer is larger than ${MAXIMUM_ANSWER_BYTES / 1024 / 1024} MB`, false);
    const answer = parseAnswer(text);
    if (answer === undefined) {
      const detail = `${url.origin} answered HTTP ${response.status}, and not as Prometheus does: is the address right?`;
      return failed("error", detail, response.status !== 404);
    }
    if (answer.status !== "success") {
      const isTimeout = answer.errorType === "timeout" || answer.errorType === "canceled";
      const detail = `Prometheus: ${answer.error ?? `HTTP ${response.status}`}`;
      return failed(isTimeout ? "timeout" : "error", detail, isTimeout || response.status >= 500);
    }
    const warnings = (answer.warnings ?? []).filter((warning) => !warning.startsWith(NOTE_PREFIX));
    if (warnings.length > 0) return { reading: { kind: "partial", detail: warnings.join("; ") }, isServerFault: false };
    return { reading: { kind: "value", value: answer.data }, isServerFault: false };
  } catch (error) {
    if (timeout.aborted) return failed("timeout", `${url.origin} gave no answer within ${timeoutMilliseconds} ms`);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return failed(
      "error",
      `${url.origin} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

interface RawAnswer {
  readonly status: string;
  readonly data?: unknown;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
}

function parseAnswer(text: string): RawAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isRecord(answer) && typeof answer["status"] === "string" ? (answer as unknown as RawAnswer) : undefined;
  } catch {
    return undefined;
  }
}

/** Prometheus tells samples and seconds (since 2.35), VictoriaMetrics (since 1.93) seconds. */
function costOf(data: unknown): QueryCost | undefined {
  const stats = isRecord(data) ? data["stats"] : undefined;
  if (!isRecord(stats)) return undefined;
  const samples = isRecord(stats["samples"]) ? stats["samples"]["totalQueryableSamples"] : undefined;
  const evaluated = isRecord(stats["timings"]) ? stats["timings"]["execTotalTime"] : undefined;
  const milliseconds = Number(stats["executionTimeMsec"]);
  const seconds = typeof evaluated === "number" ? evaluated : milliseconds / 1000;
  return {
    ...(typeof samples === "number" ? { samples } : {}),
    ...(Number.isFinite(seconds) ? { serverSeconds: seconds } : {}),
  };
}

function mapAnswer<Value>(
  { reading, isServerFault }: Answer<unknown>,
  read: (data: unknown) => Value | undefined,
): Answer<Value> {
  if (reading.kind !== "value") return { reading, isServerFault };
  const value = read(reading.value);
  const cost = costOf(reading.value);
  if (value !== undefined)
    return { reading: { kind: "value", value }, isServerFault, ...(cost === undefined ? {} : { cost }) };
  return {
    reading: { kind: "error", detail: "Prometheus answered in a form that this program does not know" },
    isServerFault,
  };
}

function asVector(data: unknown): readonly VectorRow[] | undefined {
  if (!isRecord(data) || data["resultType"] !== "vector" || !Array.isArray(data["result"])) return undefined;
  const rows: VectorRow[] = [];
  for (const row of data["result"] as unknown[]) {
    if (!isRecord(row) || !isRecord(row["metric"]) || !Array.isArray(row["value"])) return undefined;
    rows.push({
      labels: row["metric"] as Record<string, string>,
      value: asNumber(asText((row["value"] as unknown[])[1])),
    });
  }
  return rows;
}

function asMatrix(data: unknown): readonly MatrixRow[] | undefined {
  if (!isRecord(data) || data["resultType"] !== "matrix" || !Array.isArray(data["result"])) return undefined;
  const rows: MatrixRow[] = [];
  for (const row of data["result"] as unknown[]) {
    if (!isRecord(row) || !isRecord(row["metric"]) || !Array.isArray(row["values"])) return undefined;
    const points = (row["values"] as unknown[][]).map(([seconds, text]) => ({
      time: Number(seconds) * 1000,
      value: asNumber(asText(text)),
    }));
    rows.push({ labels: row["metric"] as Record<string, string>, points });
  }
  return rows;
}

function asNumber(text: string): number {
  if (text.trim() === "") return Number.NaN; // JavaScript reads nothing as 0
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function asTargets(data: unknown): readonly ActiveTarget[] | undefined {
  if (!isRecord(data) || !Array.isArray(data["activeTargets"])) return undefined;
  return (data["activeTargets"] as unknown[]).filter(isRecord).map((target) => {
    const labels = isRecord(target["labels"]) ? target["labels"] : {};
    const lastScrapeAt = Date.parse(asText(target["lastScrape"]));
    return {
      job: asText(labels["job"]),
      instance: asText(labels["instance"]),
      isUp: target["health"] === "up",
      lastError: asText(target["lastError"]),
      lastScrapeAt: lastScrapeAt > 0 ? lastScrapeAt : undefined, // the year 1 stands for never
      scrapeInterval: typeof target["scrapeInterval"] === "string" ? target["scrapeInterval"] : undefined,
    };
  });
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** At most `places` at once, first come, first served. */
function createQueue(places: number): <Value>(run: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (run) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

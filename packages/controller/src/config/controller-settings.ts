/** The settings of the controller itself: completed with defaults, and checked for what their values mean together. */
import type { Problem } from "@trimtab/conventions";
import type { RateLimits } from "../http/rate-limit.ts";
import { type AccessToken, resolveTokens } from "./access-tokens.ts";
import type { ConfigFile, RateLimitSection } from "./config-file.ts";
import { type ConnectionSettings, connectionSettings } from "./connection-settings.ts";
import {
  DEFAULTS,
  LONGEST_INTERVAL_MILLISECONDS,
  LONGEST_LATENESS_MILLISECONDS,
  LONGEST_REPORTED_GRID_MILLISECONDS,
  LONGEST_TIMEOUT_MILLISECONDS,
  SHORTEST_INTERVAL_MILLISECONDS,
} from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";
import { isLoopback, type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { isRecord, member } from "./plain-values.ts";
import { type StoreSettings, storeSettings } from "./store-settings.ts";
import { type TrendSettings, trendSettings } from "./trend-settings.ts";

/** The metrics are in a Prometheus. */
interface PrometheusMetrics extends ConnectionSettings {
  readonly source: "prometheus";
  /** Without a slash at the end. */
  readonly url: string;
  readonly timeoutMilliseconds: number;
  /** Undefined: the source reads it from Prometheus. */
  readonly scrapeIntervalMilliseconds: number | undefined;
  readonly maximumInFlight: number;
}

/** The controller scrapes the services itself. */
interface EmbeddedMetrics extends ConnectionSettings {
  readonly source: "embedded";
  readonly targets: readonly string[];
  readonly scrapeIntervalMilliseconds: number;
}

/** Nothing is scraped: all components report. */
interface ReportedMetrics {
  readonly source: "reported";
  readonly gridMilliseconds: number;
}

/** The settings of the controller itself. */
export interface ControllerSettings {
  readonly listen: ListenAddress;
  readonly intervalMilliseconds: number;
  readonly store: StoreSettings;
  /** So many scored entries of feedback on one operation start a pass out of turn. */
  readonly learnAfterFeedback: number;
  /** So many individual operations of each component are kept. */
  readonly keepRecords: number;
  /** So many streams may be open at once. */
  readonly mostStreams: number;
  /** How often one caller may ask. */
  readonly rateLimits: RateLimits;
  /** None: everybody who reaches the port may do everything. */
  readonly tokens: readonly AccessToken[];
  /** How long after its end an operation may be reported. */
  readonly outcomeLatenessMilliseconds: number;
  readonly trends: TrendSettings;
  readonly metrics: PrometheusMetrics | EmbeddedMetrics | ReportedMetrics;
}

/** The two sections as they are written. */
type Settings = Pick<ConfigFile, "controller"> & Partial<Pick<ConfigFile, "metrics">>;

/** The sections `controller` and `metrics` as far as they fit the schema. */
export function withoutBrokenSettings(value: unknown, structural: readonly Problem[]): Settings {
  const broken = structural.map(({ path }) => path);
  const isBroken = (...place: readonly (string | number)[]): boolean =>
    broken.some((path) => place.every((segment, index) => path[index] === segment));
  const controller = Object.entries(recordAt(value, "controller")).flatMap(([key, section]): [string, unknown][] => {
    if (key === "tokens" && Array.isArray(section)) {
      return [
        [key, section.map((token: unknown, index) => (isBroken("controller", "tokens", index) ? undefined : token))],
      ];
    }
    return isBroken("controller", key) ? [] : [[key, section]];
  });
  const metrics = member(value, "metrics");
  return {
    controller: Object.fromEntries(controller),
    ...(isRecord(metrics) && !isBroken("metrics") ? { metrics: metrics as unknown as ConfigFile["metrics"] } : {}),
  };
}

function recordAt(value: unknown, key: string): Record<string, unknown> {
  const section = member(value, key);
  return isRecord(section) ? section : {};
}

/** The settings of the controller itself, completed; what is wrong with them is added to `problems`. */
export function controllerSettings(
  { controller = {}, metrics }: Settings,
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): ControllerSettings | undefined {
  const listen = parseListenAddress(controller.listen ?? DEFAULTS.listen);
  if ("problem" in listen) return undefined; // the schema has said so
  const interval = checkedDuration(controller.interval ?? DEFAULTS.interval);
  checkInterval(controller.interval, ["controller", "interval"], problems);
  const tokens = resolveTokens(controller.tokens ?? [], folder, environment, problems);
  const tokensAreBroken = problems.some(({ path }) => path[0] === "controller" && path[1] === "tokens");
  if (!isLoopback(listen.host) && tokens.length === 0 && !tokensAreBroken) {
    problems.push({
      path: ["controller", "listen"],
      message: `${listen.host} can be reached from other machines, and there are no tokens; add controller.tokens or TRIMTAB_OPERATE_TOKEN, or listen on 127.0.0.1`,
    });
  }
  const lateness = checkedDuration(controller.outcomes?.lateness ?? DEFAULTS.outcomeLateness);
  if (lateness > LONGEST_LATENESS_MILLISECONDS)
    problems.push({
      path: ["controller", "outcomes", "lateness"],
      message: `"${controller.outcomes?.lateness}" is too long; the longest is 7d, because so long every key is kept`,
    });
  const trends = trendSettings(controller.trends, problems);
  if (metrics === undefined) return undefined;
  const store = storeSettings(controller.store, folder, environment, problems);
  if (store.kind === "postgres" && metrics.source === "embedded") {
    problems.push({
      path: ["metrics", "source"],
      message:
        "embedded keeps what one controller has scraped, and several share this store; let a Prometheus scrape, and write prometheus",
    });
  }
  return {
    listen,
    intervalMilliseconds: interval,
    store,
    learnAfterFeedback: controller.feedback?.learnAfter ?? DEFAULTS.learnAfterFeedback,
    keepRecords: controller.records?.keep ?? DEFAULTS.keepRecords,
    mostStreams: controller.streams?.most ?? DEFAULTS.mostStreams,
    outcomeLatenessMilliseconds: lateness,
    trends,
    tokens,
    rateLimits: { ...DEFAULTS.rateLimits, ...withoutUndefined(controller.rateLimits ?? {}) },
    metrics:
      metrics.source === "reported"
        ? { source: "reported", gridMilliseconds: Math.min(interval, LONGEST_REPORTED_GRID_MILLISECONDS) }
        : toMetrics(metrics, folder, environment, problems),
  };
}

function toMetrics(
  section: Exclude<ConfigFile["metrics"], { readonly source: "reported" }>,
  folder: string,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): PrometheusMetrics | EmbeddedMetrics {
  const scrapeInterval = section.scrapeInterval === undefined ? undefined : checkedDuration(section.scrapeInterval);
  checkInterval(section.scrapeInterval, ["metrics", "scrapeInterval"], problems);
  const connection = connectionSettings(section, ["metrics"], folder, environment, problems);
  if (section.source === "embedded") {
    const twice = section.scrape.findIndex((url, index) => section.scrape.indexOf(url) < index);
    if (twice >= 0)
      problems.push({
        path: ["metrics", "scrape", twice],
        message: `"${section.scrape[twice]}" stands there twice; everything would be counted twice`,
      });
    return {
      source: "embedded",
      targets: section.scrape,
      scrapeIntervalMilliseconds: scrapeInterval ?? checkedDuration(DEFAULTS.embeddedScrapeInterval),
      ...connection,
    };
  }
  const timeout = checkedDuration(section.timeout ?? DEFAULTS.prometheusTimeout);
  if (timeout > LONGEST_TIMEOUT_MILLISECONDS)
    problems.push({ path: ["metrics", "timeout"], message: `"${section.timeout}" is too long; the longest is 1m` });
  return {
    source: "prometheus",
    url: section.url.replace(/\/+$/, ""),
    timeoutMilliseconds: timeout,
    scrapeIntervalMilliseconds: scrapeInterval,
    maximumInFlight: section.maximumInFlight ?? DEFAULTS.maximumInFlight,
    ...connection,
  };
}

function withoutUndefined(section: RateLimitSection): Partial<RateLimits> {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined));
}

function checkInterval(text: string | undefined, path: Problem["path"], problems: Problem[]): void {
  if (text === undefined) return;
  const milliseconds = checkedDuration(text);
  if (milliseconds < SHORTEST_INTERVAL_MILLISECONDS)
    problems.push({ path, message: `"${text}" is too short; the shortest is 1s` });
  if (milliseconds > LONGEST_INTERVAL_MILLISECONDS)
    problems.push({ path, message: `"${text}" is too long; the longest is 1h` });
}

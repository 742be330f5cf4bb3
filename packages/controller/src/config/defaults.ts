/** What holds where the configuration says nothing. */
export const DEFAULTS = {
  listen: "127.0.0.1:4600",
  interval: "30s",
  storePath: "./trimtab.db",
  keepDecisions: "7d",
  lease: "10s",
  maximumConnections: 10,
  maximumInFlight: 4,
  prometheusTimeout: "10s",
  embeddedScrapeInterval: "5s",
  rateLimits: { evaluate: 10_000, read: 200, write: 200 },
  mode: "observe",
  confidence: 0.7,
  holdout: 0.05,
  strategy: "default",
  experimentShare: 0.5,
  objective: { success: 1 },
  attribution: "7d",
  learnAfterFeedback: 20,
  keepRecords: 10_000,
  mostStreams: 1000,
  outcomeLateness: "1h",
  keepTrendHours: "90d",
  keepTrendDays: "800d",
  timeZone: "UTC",
  registration: "deny",
  alertWithin: "1h",
  alertUnfreeze: true,
  webhookTimeout: "10s",
  webhookRetryFor: "1d",
  moreThan: 5,
  within: "30d",
  suggestions: [{ id: "low-engagement", type: "low_engagement", suggest: "increase_uniqueness" }],
} as const;

/** The shortest cycle and scrape interval, in milliseconds. */
export const SHORTEST_INTERVAL_MILLISECONDS = 1000;

/** The longest cycle and scrape interval, in milliseconds. */
export const LONGEST_INTERVAL_MILLISECONDS = 3_600_000;

/** The longest time for one question: a cycle asks several, and must end. Milliseconds. */
export const LONGEST_TIMEOUT_MILLISECONDS = 60_000;

/** The longest grid of what is reported where nothing is scraped, in milliseconds. */
export const LONGEST_REPORTED_GRID_MILLISECONDS = 5_000;

/** The longest time after which an outcome may be reported: so long its key is kept. Milliseconds. */
export const LONGEST_LATENESS_MILLISECONDS: number = 7 * 24 * 3_600_000;

/** The most streams that may be open at once. */
export const MOST_STREAMS = 20_000;

/** The most records of a component that may be kept: a list looks through all of them. */
export const MOST_RECORDS = 100_000;

/** The most webhooks: each is looked after by itself. */
export const MOST_WEBHOOKS = 20;
/** The shortest time for which the hours of trends are kept, in milliseconds: learned baselines need two weeks of them. */
export const SHORTEST_TREND_HOURS_MILLISECONDS: number = 15 * 24 * 3_600_000;

/** The most rules for alerts: each alert is held against them. */
export const MOST_ALERT_RULES = 100;

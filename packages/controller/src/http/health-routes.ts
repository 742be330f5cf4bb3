/** Probes, the controller's metrics, and the page at the root. */
import type { MetricSourceKind, SourceInspection } from "@trimtab/engine";
import { z } from "zod";
import type { ReloadState } from "../config/reload-state.ts";
import type { ReplicaStatus } from "../replica.ts";
import type { Credentials } from "./authentication.ts";
import { type Route, sendJson } from "./route.ts";
import { timeSchema, wireTime } from "./wire/learning-wire.ts";

/** What the controller can say about itself. */
export interface Health {
  /** Is the store open and every document built? Once true it stays true until the shutdown. */
  readonly isReady: boolean;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly operations: readonly {
    readonly component: string;
    readonly operation: string;
    readonly lastSuccessAt?: number;
    readonly failuresInARow: number;
    readonly problem?: string;
    readonly skipped?: string;
    /** What the last decision found instead of evidence. */
    readonly evidence?: { readonly kind: string; readonly detail: string };
    readonly nextDueAt: number;
  }[];
  readonly source: { readonly kind: MetricSourceKind; readonly inspection: SourceInspection };
  readonly store: "sqlite" | "postgres";
  readonly replica: ReplicaStatus;
  readonly configuration: ReloadState;
}

/** What the routes need. */
export interface HealthRouteDependencies {
  readonly health: () => Promise<Health>;
  /** May the bearer of these credentials see more than whether the controller is ready? */
  readonly mayRead: (credentials: Credentials) => boolean;
  readonly metricsPage: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** The body of /readyz. With tokens configured, only whoever may read sees more than the status. */
export interface WireHealth {
  readonly status: "ready" | "not ready";
  readonly details?: WireDetails | undefined;
}

interface WireDetails {
  readonly version: string;
  readonly store: {
    readonly kind: "sqlite" | "postgres";
    readonly reachable: boolean;
    readonly problem?: string | undefined;
  };
  readonly replica: {
    readonly name: string;
    readonly role: "leader" | "follower";
    /** Since when it leads or follows. */
    readonly since: string;
    /** Who leads, as far as is known. */
    readonly leader?: string | undefined;
    readonly term?: number | undefined;
  };
  readonly configuration: {
    /** Is the configuration in force the last one that was to be taken over? */
    readonly current: boolean;
    readonly inForceSince: string;
    /** When the last one was refused, and why; absent while none is. */
    readonly refusedAt?: string | undefined;
    readonly problems?: readonly string[] | undefined;
  };
  readonly startedAt: string;
  /** The controller's clock. */
  readonly now: string;
  readonly source: {
    readonly kind: MetricSourceKind;
    readonly reachable: boolean;
    readonly detail?: string | undefined;
    readonly scrapeIntervalSeconds: number;
    readonly targets: readonly {
      readonly target: string;
      readonly up: boolean;
      readonly problem?: string | undefined;
      readonly lastScrapeAt?: string | undefined;
      readonly hasOurSeries?: boolean | undefined;
    }[];
  };
  readonly operations: readonly {
    readonly component: string;
    readonly operation: string;
    readonly lastSuccessAt?: string | undefined;
    readonly failuresInARow: number;
    readonly problem?: string | undefined;
    /** Why the last cycle read nothing. */
    readonly skipped?: string | undefined;
    /** What the last decision found instead of evidence, and held everything for; absent where it was a value. */
    readonly evidence?: { readonly kind: string; readonly detail: string } | undefined;
    readonly nextCycleAt: string;
  }[];
}

const detailsSchema: z.ZodType<WireDetails> = z.strictObject({
  version: z.string(),
  store: z.strictObject({
    kind: z.enum(["sqlite", "postgres"]),
    reachable: z.boolean(),
    problem: z.string().optional(),
  }),
  replica: z.strictObject({
    name: z.string(),
    role: z.enum(["leader", "follower"]),
    since: timeSchema,
    leader: z.string().optional(),
    term: z.int().optional(),
  }),
  configuration: z.strictObject({
    current: z.boolean(),
    inForceSince: timeSchema,
    refusedAt: timeSchema.optional(),
    problems: z.array(z.string()).optional(),
  }),
  startedAt: timeSchema,
  now: timeSchema,
  source: z.strictObject({
    kind: z.enum(["prometheus", "embedded", "reported"]),
    reachable: z.boolean(),
    detail: z.string().optional(),
    scrapeIntervalSeconds: z.number(),
    targets: z.array(
      z.strictObject({
        target: z.string(),
        up: z.boolean(),
        problem: z.string().optional(),
        lastScrapeAt: timeSchema.optional(),
        hasOurSeries: z.boolean().optional(),
      }),
    ),
  }),
  operations: z.array(
    z.strictObject({
      component: z.string(),
      operation: z.string(),
      lastSuccessAt: timeSchema.optional(),
      failuresInARow: z.int(),
      problem: z.string().optional(),
      skipped: z.string().optional(),
      evidence: z.strictObject({ kind: z.string(), detail: z.string() }).optional(),
      nextCycleAt: timeSchema,
    }),
  ),
});

const healthSchema: z.ZodType<WireHealth> = z.strictObject({
  status: z.enum(["ready", "not ready"]),
  details: detailsSchema.optional(),
});

/** The most problems of a refused configuration that /readyz lists; the log has all. */
const MOST_PROBLEMS = 50;

/** The most targets that /readyz lists. */
const MOST_TARGETS = 100;

/** The routes that look at the controller itself. */
export function healthRoutes({ health, mayRead, metricsPage }: HealthRouteDependencies): readonly Route[] {
  const live: Route = {
    method: "get",
    path: "/livez",
    summary: "Does the process answer?",
    role: "open",
    answers: {
      200: {
        description: "It does.",
        body: { name: "Liveness", schema: z.strictObject({ status: z.literal("alive") }) },
      },
    },
    errors: [],
    handle(_, response) {
      sendJson(response, { status: "alive" });
    },
  };
  const ready: Route = {
    method: "get",
    path: "/readyz",
    summary:
      "Is the store open and is every document built? A metric source that is away does not change the answer; it is shown.",
    role: "open",
    answers: {
      200: { description: "It is.", body: { name: "Health", schema: healthSchema } },
      503: { description: "Not yet, or not any more.", body: { name: "Health", schema: healthSchema } },
    },
    errors: [],
    async handle({ credentials }, response) {
      const state = await health();
      if (!state.isReady) response.status(503);
      const wire: WireHealth = {
        status: state.isReady ? "ready" : "not ready",
        details: mayRead(credentials) ? wireDetails(state) : undefined,
      };
      sendJson(response, wire);
    },
  };
  const metrics: Route = {
    method: "get",
    path: "/metrics",
    summary: "The controller's own metrics, for Prometheus.",
    role: "read",
    answers: { 200: { description: "The page.", body: "text/plain" } },
    errors: [],
    async handle(_, response) {
      const { contentType, text } = await metricsPage();
      response.set({ "Content-Type": contentType, "Cache-Control": "no-store" }).send(text);
    },
  };
  return [live, ready, metrics];
}

function wireDetails({
  version,
  startedAt,
  now,
  operations,
  source,
  store,
  replica,
  configuration,
}: Health): WireDetails {
  const { reachable, targets, scrapeIntervalMilliseconds } = source.inspection;
  const { name, leads, since, leader, term, storeProblem } = replica;
  return {
    version,
    store: { kind: store, reachable: storeProblem === undefined, problem: storeProblem },
    replica: { name, role: leads ? "leader" : "follower", since: wireTime(since), leader, term },
    configuration: {
      current: configuration.refusedAt === undefined,
      inForceSince: wireTime(configuration.inForceSince),
      ...(configuration.refusedAt === undefined
        ? {}
        : { refusedAt: wireTime(configuration.refusedAt), problems: configuration.problems.slice(0, MOST_PROBLEMS) }),
    },
    startedAt: wireTime(startedAt),
    now: wireTime(now),
    source: {
      kind: source.kind,
      reachable: reachable.kind === "value",
      detail: reachable.kind === "value" ? undefined : reachable.detail,
      scrapeIntervalSeconds: scrapeIntervalMilliseconds / 1000,
      targets: targets.slice(0, MOST_TARGETS).map(({ target, up, problem, lastScrapeAt, hasOurSeries }) => ({
        target,
        up,
        problem,
        lastScrapeAt: lastScrapeAt === undefined ? undefined : wireTime(lastScrapeAt),
        hasOurSeries,
      })),
    },
    operations: operations.map(({ lastSuccessAt, nextDueAt, ...operation }) => ({
      component: operation.component,
      operation: operation.operation,
      lastSuccessAt: lastSuccessAt === undefined ? undefined : wireTime(lastSuccessAt),
      failuresInARow: operation.failuresInARow,
      problem: operation.problem,
      skipped: operation.skipped,
      evidence: operation.evidence,
      nextCycleAt: wireTime(nextDueAt),
    })),
  };
}

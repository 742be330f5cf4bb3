/** For tests: the HTTP interface on a free port, with a real store in memory and a metric source that answers as it is told. */
import { type Allocation, variantId } from "@trimtab/conventions";
import {
  type AllocationBoard,
  createActStore,
  createDeclarationStore,
  createDeliveryStore,
  createFeedbackStore,
  createOutcomeStore,
  createRecordStore,
  createSqlStore,
  createSuggestionStore,
  createTrendStore,
  type EvidenceRequest,
  type FinishedPass,
  type Log,
  type MetricSource,
  openSqliteDatabase,
  policyHash,
  type SourceInspection,
  type SqlDatabase,
  type Store,
  type SuggestionStore,
  silentLog,
  type TrendStore,
} from "@trimtab/engine";
import type { Adaptation, Decision, Evidence, EvidenceCell, Measurements, OperationPolicy } from "@trimtab/learning";
import { createBaselineReader } from "../baseline-reader.ts";
import { type AccessToken, accessToken } from "../config/access-tokens.ts";
import { isReportedComponent } from "../config/reported-components.ts";
import { type Config, parseConfig } from "../config.ts";
import { declaredStates, withRegistered } from "../declared-operations.ts";
import { createLearningLoop, type LearningLoop } from "../learning-loop.ts";
import { adaptationEvidence, adaptationQueries } from "../metric-sources.ts";
import { planConfiguration } from "../plan/plan-configuration.ts";
import { createRegistrations } from "../registrations.ts";
import { streamSecretOf } from "../serving/stream-capability.ts";
import { createSuggestionDelivery, type SuggestionDelivery } from "../suggestion-delivery.ts";
import { createControllerMetrics } from "../telemetry.ts";
import { authorizer } from "./authentication.ts";
import { createApp } from "./create-app.ts";
import { listen } from "./listen.ts";
import { createPerformanceReader } from "./performance-reader.ts";
import { type LimitFailures, type RateLimits, rateLimiter } from "./rate-limit.ts";
import { createServing } from "./serving.ts";

/** Two operations of one component; `checkout` may be tuned, `browse` is only measured. */
const FILE = `
controller: { interval: 30s }
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components:
  shop:
    operations:
      checkout:
        context: [genre]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        constraints: [success_rate >= 0.9]
        mode: auto
      browse: {}
`;

/** When the first recorded cycle ran, in milliseconds since 1970: long ago, so that the time to explore is over on any clock. */
export const FIRST_CYCLE_AT: number = Date.UTC(2025, 10, 20, 10, 0, 0);

/** A source that answers what `answer` says, and remembers what it was asked. */
interface ScriptedSource extends MetricSource {
  answer: (request: EvidenceRequest) => Evidence["cells"];
  inspection: SourceInspection;
  readonly asked: EvidenceRequest[];
}

/** An interface under test. */
export interface AppUnderTest {
  readonly url: string;
  readonly store: Store;
  readonly suggestions: SuggestionStore;
  readonly suggestionDelivery: SuggestionDelivery;
  readonly board: () => AllocationBoard;
  readonly trends: TrendStore;
  readonly source: ScriptedSource;
  readonly config: Config;
  /** Requests a path; redirects are not followed. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The body of an answer with this status. */
  json<Body>(path: string, status?: number): Promise<Body>;
  /** Serves what a cycle decided; nothing is recorded. */
  decide(decision: Decision, cycle: number): void;
  /** As a reload of the configuration does: another board, perhaps other tokens or operations. */
  reload(next: { readonly tokens?: readonly TokenText[]; readonly file?: string }): Promise<void>;
  beginShutdown(): void;
  close(): Promise<void>;
}

/** A token with its text, as a test knows it. */
type TokenText = Parameters<typeof accessToken>[0];

/** What may differ from the usual. */
export interface AppOptions {
  readonly tokens?: readonly TokenText[];
  /** Recorded before the interface starts. */
  readonly decisions?: readonly Decision[];
  readonly now?: () => number;
  /** The configuration as YAML. */
  readonly file?: string;
  readonly mostStreams?: number;
  /** Default: none that a test could meet. */
  readonly rateLimits?: RateLimits;
  /** Default: none. */
  readonly limitFailures?: LimitFailures;
  /** Empty; closed with the app. Otherwise SQLite in memory. */
  readonly database?: SqlDatabase;
  /** The webhooks that are told of what happens. */
  readonly hooks?: readonly string[];
  readonly log?: Log;
}

/** Starts one. */
export async function startApp({
  tokens = [],
  decisions = [],
  now = Date.now,
  file = FILE,
  mostStreams = 100,
  rateLimits = { evaluate: 1e9, read: 1e9, write: 1e9 },
  limitFailures = () => {},
  database: given,
  hooks = [],
  log = silentLog,
}: AppOptions = {}): Promise<AppUnderTest> {
  let config = parseConfig(file, "/trimtab.yaml", {});
  const database = given ?? (await openSqliteDatabase(":memory:"));
  const store = createSqlStore(database, undefined, () => hooks);
  const feedback = createFeedbackStore(database);
  const acts = createActStore(database);
  const suggestions = createSuggestionStore(database);
  const records = createRecordStore(database);
  for (const [index, decision] of decisions.entries()) await recordDecision(store, config, decision, index + 1);
  const trends = createTrendStore(database);
  const timeZone = (): string => config.trends.timeZone;
  const registrations = createRegistrations({
    store: createDeclarationStore(database),
    adopt: async () => {
      config = withRegistered(config, registrations.all());
      loop = await createLoop();
    },
    now,
    log,
  });
  const source = scriptedSource();
  const metrics = createControllerMetrics(
    () => loop.views(),
    feedback,
    () => declaredStates(config.policies, registrations.all()),
  );
  const performance = createPerformanceReader({
    source: () => source,
    now,
    freshMilliseconds: () => config.intervalMilliseconds,
    onAsked: metrics.onSummary,
  });
  const onPass = (pass: FinishedPass): void => {
    metrics.onPass(pass);
    performance.forget(pass);
  };
  const createLoop = (): Promise<LearningLoop> =>
    createLearningLoop(config, { store, source, acts, feedback, log, onPass });
  let loop = await createLoop();
  let tokensInForce: readonly AccessToken[] = tokens.map(accessToken);
  let authorize = authorizer(tokensInForce);
  let isShuttingDown = false;
  const serving = createServing({
    board: () => loop.board,
    now,
    chance: () => 0.5,
    streamSecret: () => streamSecretOf(tokensInForce),
    mostStreams: () => mostStreams,
    onStream: metrics.onStream,
    onStreamEvent: metrics.onStreamEvent,
  });
  const suggestionDelivery = createSuggestionDelivery({
    store: suggestions,
    acts,
    policies: () => config.policies,
    decide: (policy) => loop.run(policy, false),
    now,
    log: silentLog,
  });
  const app = createApp({
    version: "1.2.3",
    serving,
    policies: () => config.policies,
    store,
    feedback,
    suggestions,
    suggestionDelivery,
    records,
    onRecords: () => {},
    outcomes: {
      store: createOutcomeStore(database),
      isReported: (component) => isReportedComponent(config.reportedComponents, component),
      latenessMilliseconds: () => config.outcomeLatenessMilliseconds,
      gridMilliseconds: () => source.scrapeIntervalMilliseconds(),
      latestWindowEnd: (time) => source.latestWindowEnd(time),
      onOutcomes: metrics.onOutcomes,
    },
    declarations: {
      registrations,
      allowsRegistration: () => config.allowsRegistration,
      registered: () => config.registered ?? [],
    },
    acts,
    lastDecision: (policy) => loop.lastDecision(policy),
    plan: (text) =>
      planConfiguration({
        current: config,
        next: parseConfig(text, config.file, {}),
        dryRun: (policy) => loop.plan(policy),
        needsRestart: () => [],
      }),
    alertRules: () => config.alerts,
    webhooks: { store: createDeliveryStore(database), onWaiting: () => {} },
    onFeedback: metrics.onFeedback,
    now,
    board: () => loop.board,
    performance,
    longMemory: {
      trends,
      baselines: createBaselineReader({ trends, timeZone }),
      timeZone,
      intervalMilliseconds: () => config.intervalMilliseconds,
    },
    queriesFor: (adaptation) => adaptationQueries(adaptation, config.policies, source.scrapeIntervalMilliseconds()),
    countedFor: (adaptation) => adaptationEvidence(adaptation, config.policies, source),
    runCycle: (policy, dry) => loop.run(policy, dry),
    decideAct: (policy) => loop.run(policy, false),
    otherLeader: () => undefined,
    health: async () => ({
      isReady: true,
      version: "1.2.3",
      startedAt: FIRST_CYCLE_AT,
      now: FIRST_CYCLE_AT + 1000,
      operations: loop.scheduler.status(),
      source: { kind: source.kind, inspection: await source.inspect(now()) },
      store: "sqlite",
      configuration: { inForceSince: FIRST_CYCLE_AT, problems: [] },
      replica: { leads: true, name: "test-1", leader: "test-1", since: FIRST_CYCLE_AT },
    }),
    metricsPage: metrics.page,
    onRequest: metrics.onRequest,
    authorize: (credentials, role) => authorize(credentials, role),
    limitRate: rateLimiter(() => rateLimits),
    limitFailures,
    isOpen: () => tokensInForce.length === 0,
    isShuttingDown: () => isShuttingDown,
    log,
  });
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  const request = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { redirect: "manual", ...init });
  return {
    url: server.url,
    store,
    suggestions,
    suggestionDelivery,
    board: () => loop.board,
    trends,
    source,
    config,
    fetch: request,
    async json<Body>(path: string, status = 200) {
      const response = await request(path);
      const text = await response.text();
      if (response.status !== status) throw new Error(`${path} was answered with ${response.status}: ${text}`);
      return JSON.parse(text) as Body;
    },
    decide(decision, cycle) {
      const { at, mayExplore } = decision;
      const exploredAt = mayExplore ? at : 0;
      loop.board.update(decision, { cycle, decision, allocationsSince: cycle, allocationsAt: at, exploredAt });
    },
    async reload(next) {
      tokensInForce = next.tokens?.map(accessToken) ?? tokensInForce;
      authorize = authorizer(tokensInForce);
      if (next.file !== undefined) config = parseConfig(next.file, "/trimtab.yaml", {});
      loop = await createLoop();
      serving.streams.recheck();
    },
    beginShutdown() {
      isShuttingDown = true;
      serving.streams.close();
    },
    async close() {
      serving.streams.close();
      await loop.scheduler.stop(0);
      await server.close(0);
      await store.close();
    },
  };
}

/** What one variant did: successes, failures, and a duration of 0.1 s for each call. */
export function cell(genre: string | undefined, level: number, success: number, failure: number): EvidenceCell {
  const count = success + failure;
  const value: Measurements = {
    success,
    failure,
    partial: 0,
    duration: { bounds: [0.05, 0.2], counts: [0, count, 0], sum: count * 0.1, count },
  };
  return {
    context: genre === undefined ? {} : { genre },
    variant: variantId({ level }),
    reading: { kind: "value", value },
  };
}

/** The decision of a cycle; the first is cycle 1. */
export function decisionOf(cycle: number, changes: Partial<Decision> = {}): Decision {
  const at = FIRST_CYCLE_AT + (cycle - 1) * 30_000;
  return {
    component: "shop",
    operation: "checkout",
    id: `d-${cycle}`,
    at,
    window: { from: at - 60_000, to: at - 30_000 },
    contexts: [
      {
        context: { genre: "rock" },
        kind: "hold",
        reason: { code: "COLLECTING", sentence: "The window is not full yet." },
        refused: [],
      },
    ],
    adaptations: [],
    transitions: [],
    allocations: [allocationOf("rock")],
    mayExplore: true,
    ...changes,
  };
}

/** What is served for one genre: 10 % baseline, 70 % level 5, 20 % level 7. */
export function allocationOf(genre: string): Allocation {
  const learnt = (level: number): { id: string; parameters: { level: number } } => ({
    id: variantId({ level }),
    parameters: { level },
  });
  return {
    context: { genre },
    salt: "b7",
    decision: "d-1",
    variants: [
      { id: variantId({ level: 3 }, "baseline"), role: "baseline", weight: 0.1, parameters: { level: 3 } },
      { ...learnt(5), role: "incumbent", weight: 0.7 },
      { ...learnt(7), role: "challenger", weight: 0.2 },
    ],
  };
}

/** An adaptation of `level` from 3 to 5 for rock. */
export function adaptationOf(id: string, at: number, changes: Partial<Adaptation> = {}): Adaptation {
  const side = (level: number, successRate: number) => ({
    variant: variantId({ level }),
    parameters: { level },
    calls: 900,
    successRate,
  });
  return {
    id,
    changeId: `c-${id}`,
    at,
    component: "shop",
    operation: "checkout",
    context: { genre: "rock" },
    parameter: "level",
    oldValue: 3,
    newValue: 5,
    confidence: 0.93,
    reason: { code: "PROVEN_BETTER", sentence: "Level 5 succeeds more often." },
    basis: {
      window: { from: at - 90_000, to: at - 30_000 },
      windows: 2,
      from: side(3, 0.91),
      to: side(5, 0.96),
      difference: { estimate: 0.05, lower: 0.01, upper: 0.09, level: 0.95 },
      test: { name: "e-value", value: 41.2, threshold: 20 },
    },
    status: "applied",
    ...changes,
  };
}

async function recordDecision(store: Store, config: Config, decision: Decision, cycle: number): Promise<void> {
  const { component, operation, window } = decision;
  const policy = config.policies.find(
    (each) => each.component === component && each.operation === operation,
  ) as OperationPolicy;
  await store.recordCycle({
    component,
    operation,
    cycle,
    policy,
    policyHash: policyHash(policy),
    seed: `seed-${cycle}`,
    evidence: {
      window,
      queries: [{ question: "calls", promql: "vector(1)" }],
      cells: { kind: "value", value: [cell("rock", 5, 90, 10)] },
    },
    decision,
    state: { schema: 1 },
  });
}

function scriptedSource(): ScriptedSource {
  const asked: EvidenceRequest[] = [];
  return {
    kind: "embedded",
    asked,
    answer: () => ({ kind: "no-data", detail: "no series" }),
    inspection: { reachable: { kind: "value", value: true }, targets: [], scrapeIntervalMilliseconds: 1000 },
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    latestWindowEnd: (now) => Math.floor(now / 1000) * 1000 - 2000,
    scrapeIntervalMilliseconds: () => 1000,
    readEvidence(request) {
      asked.push(request);
      return Promise.resolve({ window: request.window, queries: [], cells: this.answer(request) });
    },
    discoverOperations: () => Promise.resolve({ kind: "value", value: [] }),
    inspect() {
      return Promise.resolve(this.inspection);
    },
  };
}

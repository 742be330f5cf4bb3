/** The composition root: from a configuration to a running controller. The only file that knows every part. */
import {
  createActStore,
  createDeclarationStore,
  createDeliveryStore,
  createFeedbackStore,
  createOutcomeStore,
  createRecordStore,
  createRollupStore,
  createSqlStore,
  createSuggestionStore,
  createTrendStore,
  describePostgres,
  type FinishedPass,
  type Log,
  learnFromScores,
  type MetricSource,
  type NoticeType,
  type OperationKey,
  type QuestionObserver,
  type Store,
} from "@trimtab/engine";

import type { OperationPolicy } from "@trimtab/learning";
import { createBaselineMetrics } from "./baseline-metrics.ts";
import { createBaselineReader } from "./baseline-reader.ts";
import { changeTargets, servedVariants } from "./change-target.ts";
import { refused, reloaded } from "./config/reload-state.ts";
import { isReportedComponent } from "./config/reported-components.ts";
import { isInMemory, type StoreSettings } from "./config/store-settings.ts";
import { loadStrategyModules } from "./config/strategy-modules.ts";
import { type Config, parseConfig } from "./config.ts";
import { declaredStates, withRegistered } from "./declared-operations.ts";
import { createFeedbackProcessing } from "./feedback-processing.ts";
import { createFeedbackTrigger, operationsOf } from "./feedback-trigger.ts";
import { type Authorize, authorizer } from "./http/authentication.ts";
import { createApp } from "./http/create-app.ts";
import type { Health } from "./http/health-routes.ts";
import { type ListeningServer, listen } from "./http/listen.ts";
import { createPerformanceReader } from "./http/performance-reader.ts";
import { failureLimiter, rateLimiter } from "./http/rate-limit.ts";
import { createServing } from "./http/serving.ts";
import { passThreadSettings } from "./large-operations/pass-messages.ts";
import { createPassThread } from "./large-operations/pass-thread.ts";
import { createLearningLoop, type LearningLoop } from "./learning-loop.ts";
import { adaptationEvidence, adaptationQueries, createSource } from "./metric-sources.ts";
import { createCycleWaiters } from "./next-cycle.ts";
import { createPeriodicJob } from "./periodic-job.ts";
import { planConfiguration, withLoadedModules } from "./plan/plan-configuration.ts";
import { createRecordBounding } from "./record-bounding.ts";
import { createRegistrations } from "./registrations.ts";
import { rememberedInspection } from "./remembered-inspection.ts";
import { streamSecretOf } from "./serving/stream-capability.ts";
import { openStoreDatabase } from "./store-database.ts";
import { createSuggestionDelivery } from "./suggestion-delivery.ts";
import { createControllerMetrics } from "./telemetry.ts";
import { questionSpans } from "./tracing/work-spans.ts";
import { createTrendUpkeep } from "./trend-upkeep.ts";
import { VERSION } from "./version.ts";
import { createWebhookSender } from "./webhooks/webhook-sender.ts";

/** What a controller is started with beside its configuration. */
export interface ControllerOptions {
  readonly log: Log;
}

/** A controller that runs. */
export interface RunningController {
  /** Where its HTTP interface is. */
  readonly url: string;
  /**
   * Takes over another configuration, whole or not at all. How it went is shown by /readyz and /metrics.
   *
   * @param config The configuration, or what reads it: what that throws counts as refused, too.
   * @throws {ReloadError} when it asks for something that only a restart can change, {ConfigError} where a module of a strategy
   *   cannot be used; the old one goes on.
   */
  reload(config: Config | (() => Config)): Promise<void>;
  /** Accepts nothing any more, finishes the passes that run, closes the store. Takes less than 5 s. */
  stop(): Promise<void>;
}

/** The new configuration needs a restart; nothing was taken over. */
export class ReloadError extends Error {
  override readonly name = "ReloadError";
}

const REQUEST_GRACE_MILLISECONDS = 1_500;
const PASS_GRACE_MILLISECONDS = 2_500;
const LONGEST_WAIT_FOR_LEADER_MILLISECONDS = 6_000;
const BETWEEN_LOOKS_MILLISECONDS = 500;
const GRID_WATCH_INTERVAL_MILLISECONDS = 1_000;
/** How often the scores of entities are compared, where any have come. */
const LEARN_SUGGESTIONS_INTERVAL_MILLISECONDS = 60_000;
/** How soon an accepted suggestion is delivered that a crash has left behind. */
const DELIVER_INTERVAL_MILLISECONDS = 10_000;
const HOUSEKEEPING_INTERVAL_MILLISECONDS = 600_000;

/** Everything that a configuration decides, in force together. */
interface InForce {
  readonly config: Config;
  readonly source: MetricSource;
  readonly loop: LearningLoop;
  readonly authorize: Authorize;
  readonly streamSecret: string;
}

/**
 * Starts a controller: opens the store, serves what it remembers, begins to read and to decide.
 *
 * @throws {ConfigError} where a module of a strategy cannot be used, {StoreOpenError} or {ListenError}, with what to do about it; everything that was opened is closed again.
 */
export async function startController(given: Config, { log }: ControllerOptions): Promise<RunningController> {
  const fromFile = await loadStrategyModules(given);
  const startedAt = Date.now();
  let reloadState = reloaded(startedAt);
  const { database, replica } = await openStoreDatabase(fromFile.store, log);
  const { lease } = replica;
  const leads = (): boolean => replica.status().leads;
  /** The hooks that are to be told: as the configuration in force says at the moment of the write. */
  const addressees = (type: NoticeType): string[] =>
    (inForce?.config ?? fromFile).webhooks.flatMap(({ name, events }) => (events.has(type) ? [name] : []));
  const store = createSqlStore(database, lease, addressees);
  const deliveries = createDeliveryStore(database);
  const rollups = createRollupStore(database);
  const feedback = createFeedbackStore(database);
  const acts = createActStore(database);
  const suggestions = createSuggestionStore(database, lease, addressees);
  const records = createRecordStore(database);
  const outcomes = createOutcomeStore(database);
  const trends = createTrendStore(database, lease);
  const timeZone = (): string => current().config.trends.timeZone;
  const baselines = createBaselineReader({ trends, timeZone });
  const baselineMetrics = createBaselineMetrics(baselines);
  const metrics = createControllerMetrics(
    () => inForce?.loop.views() ?? [],
    feedback,
    () => declaredStates(inForce?.config.policies ?? [], registrations.all()),
    leads,
    deliveries,
    baselineMetrics,
  );
  const summaries = createPerformanceReader({
    source: () => current().source,
    now: Date.now,
    freshMilliseconds: () => current().config.intervalMilliseconds,
    onAsked: metrics.onSummary,
  });
  metrics.onReload(reloadState);
  let inForce: InForce | undefined;
  const onQuestion: QuestionObserver["onQuestion"] = (...asked) => {
    metrics.observer.onQuestion(...asked);
    questionSpans.onQuestion(...asked);
  };
  const parts = {
    rollups,
    outcomes,
    isReported: (component: string) => isReportedComponent((inForce?.config ?? fromFile).reportedComponents, component),
    outcomeLatenessMilliseconds: () => (inForce?.config ?? fromFile).outcomeLatenessMilliseconds,
    observer: { onQuestion },
    log,
  };
  let server: ListeningServer | undefined;
  let isShuttingDown = false;
  const current = (): InForce => {
    if (inForce === undefined) throw new Error("the controller is not built yet");
    return inForce;
  };
  const webhooks = createWebhookSender({
    store: deliveries,
    hooks: () => current().config.webhooks,
    now: Date.now,
    chance: Math.random,
    onAttempt: metrics.onWebhookAttempt,
    log,
  });
  const onPass = (pass: FinishedPass): void => {
    metrics.onPass(pass);
    summaries.forget(pass);
    webhooks.wake();
  };
  const passParts = { database, lease, addressees, isReported: parts.isReported, onQuestion, log };
  const createLoop = (next: Config, source: MetricSource): Promise<LearningLoop> =>
    createLearningLoop(next, {
      store,
      source,
      acts,
      feedback,
      log,
      onPass,
      ...(isInMemory(next.store)
        ? {}
        : { passThread: createPassThread(passThreadSettings(next, log), { ...passParts, source }) }),
    });

  const serving = createServing({
    board: () => current().loop.board,
    now: Date.now,
    chance: Math.random,
    streamSecret: () => current().streamSecret,
    mostStreams: () => current().config.mostStreams,
    onStream: metrics.onStream,
    onStreamEvent: metrics.onStreamEvent,
  });

  let onStarted: () => void = () => {};
  let changing = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  /** One change after the other: the start, a reload, another reload, the stop. */
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const done = changing.then(change);
    changing = done.catch(() => {});
    return done;
  };

  /** Does this process lead, as far as `takeTheLead` was told? A lease may lapse and be renewed without a word. */
  let leadsInTurn = false;
  /** Replaces what is in force; on a failure it goes on as before. No pass runs meanwhile. */
  const replace = async (change: (before: InForce) => Promise<InForce>): Promise<void> => {
    const before = current();
    await before.loop.scheduler.stop(PASS_GRACE_MILLISECONDS);
    try {
      inForce = await change(before);
      serving.streams.recheck();
      await before.loop.close();
    } finally {
      if (leadsInTurn) current().loop.scheduler.start();
    }
  };

  const registrations = createRegistrations({
    store: createDeclarationStore(database),
    now: Date.now,
    log,
    adopt: () =>
      inTurn(async () => {
        const next = withRegistered(current().config, registrations.all());
        if (isShuttingDown || JSON.stringify(next.policies) === JSON.stringify(current().config.policies)) return;
        await replace(async (before) => ({ ...before, config: next, loop: await createLoop(next, before.source) }));
        log.info("registered operations taken over", { operations: next.policies.length });
      }),
  });

  const learnWhenEnough = createFeedbackTrigger({
    feedback,
    learnAfter: () => current().config.learnAfterFeedback,
    learn: (key) => current().loop.scheduler.runNow(key),
    log,
  });

  const processing = createFeedbackProcessing({
    store: suggestions,
    rules: () => current().config.suggestions,
    findTarget: changeTargets(
      () => current().config.policies,
      () => current().loop.board,
    ),
    now: Date.now,
    log,
  });

  /** Resolves when a person's act is decided, whoever decides it. */
  const waiters = createCycleWaiters();
  const decideAct = async (policy: OperationPolicy, act: string): Promise<void> => {
    const giveUpAt = performance.now() + LONGEST_WAIT_FOR_LEADER_MILLISECONDS;
    while (performance.now() < giveUpAt) {
      if (leads()) {
        await current().loop.run(policy, false);
        return;
      }
      const next = waiters.wait(policy, BETWEEN_LOOKS_MILLISECONDS);
      if ((await acts.getAct(act))?.outcome !== undefined) return;
      await next;
    }
  };

  const suggestionDelivery = createSuggestionDelivery({
    store: suggestions,
    acts,
    policies: () => current().config.policies,
    decide: decideAct,
    now: Date.now,
    log,
  });
  /** Is there feedback about entities that nobody has compared yet? A process before this one may have left some. */
  let areScoresNew = true;
  const learningSuggestions = createPeriodicJob({
    everyMilliseconds: LEARN_SUGGESTIONS_INTERVAL_MILLISECONDS,
    async run() {
      if (!leads() || !areScoresNew) return;
      areScoresNew = false;
      const findVariant = servedVariants(() => current().loop.board);
      const made = await learnFromScores({ store: suggestions, findVariant, now: Date.now() }).catch(
        (error: unknown) => {
          areScoresNew = true; // for the next run
          throw error;
        },
      );
      for (const { id, entity, target, suggestion, confidence, reasoning } of made)
        log.info("improvement suggested", { id, entity, target, suggestion, confidence, reasoning });
    },
    failure: "scores could not be compared",
    log,
  });
  const deliveringSuggestions = createPeriodicJob({
    everyMilliseconds: DELIVER_INTERVAL_MILLISECONDS,
    run: (signal) => (leads() ? suggestionDelivery.deliverWaiting(signal) : Promise.resolve()),
    failure: "accepted suggestions could not be delivered",
    log,
  });

  const trendUpkeep = createTrendUpkeep({
    trends,
    baselines: baselineMetrics,
    settings: () => current().config.trends,
    operations: () => current().config.policies,
    leads,
    now: Date.now,
    log,
  });

  const bounding = createRecordBounding({ store: records, keep: () => current().config.keepRecords, log });

  /** Begins or ends all that is done by the leader alone. */
  const takeTheLead = async (leadsNow: boolean): Promise<void> => {
    leadsInTurn = leadsNow;
    const { loop } = current();
    if (!leadsNow) {
      await Promise.all([webhooks.stop(), loop.scheduler.stop(PASS_GRACE_MILLISECONDS)]);
      return;
    }
    // What the leader before this one recorded last; where that fails now, each pass reads it by itself.
    await loop.follow().catch((error: unknown) => log.warning("the last cycles could not be read", { error }));
    loop.scheduler.start();
    webhooks.start();
    processing.start(); // what a process before this one took in and did not come to
    const waiting = await acts.listWaitingOperations();
    for (const key of waiting) void runConfigured(key); // not awaited: passes must not hold up a reload
  };

  /** The pass of an operation whose acts wait; those of one that is not configured wait on. */
  const runConfigured = async ({ component, operation }: OperationKey): Promise<void> => {
    const { loop, config: now } = current();
    const policy = now.policies.find((each) => each.component === component && each.operation === operation);
    if (policy === undefined) return;
    await loop.run(policy, false).catch(() => {}); // the scheduler has told it, and tries again
  };

  try {
    await registrations.load();
    const config = withRegistered(fromFile, registrations.all());
    const source = createSource(config.metrics, { ...parts, intervalMilliseconds: config.intervalMilliseconds });
    inForce = { config, source, loop: await createLoop(config, source), ...accessOf(config) };
    const inspect = rememberedInspection(() => current().source);
    const app = createApp({
      version: VERSION,
      serving,
      policies: () => current().config.policies,
      store,
      feedback,
      suggestions,
      suggestionDelivery,
      records,
      onRecords: (components) => bounding.start(components),
      outcomes: {
        store: outcomes,
        isReported: parts.isReported,
        latenessMilliseconds: parts.outcomeLatenessMilliseconds,
        gridMilliseconds: () => current().source.scrapeIntervalMilliseconds(),
        latestWindowEnd: (now) => current().source.latestWindowEnd(now),
        onOutcomes: metrics.onOutcomes,
      },
      declarations: {
        registrations,
        allowsRegistration: () => current().config.allowsRegistration,
        registered: () => current().config.registered ?? [],
      },
      acts,
      lastDecision: (policy) => current().loop.lastDecision(policy),
      plan: (text) => {
        const { config: now, loop } = current();
        const next = withRegistered(
          withLoadedModules(parseConfig(text, now.file, process.env), now),
          registrations.all(),
        );
        return planConfiguration({ current: now, next, dryRun: (policy) => loop.plan(policy), needsRestart });
      },
      alertRules: () => current().config.alerts,
      webhooks: { store: deliveries, onWaiting: () => webhooks.wake() },
      onFeedback: (kept) => {
        metrics.onFeedback(kept);
        if (kept.some(({ entity, score }) => entity !== undefined && score !== undefined)) areScoresNew = true;
        if (!leads()) return; // the leader hears of it by the store
        learnWhenEnough(operationsOf(kept));
        if (kept.some(({ entity }) => entity !== undefined)) processing.start();
      },
      now: Date.now,
      board: () => current().loop.board,
      performance: summaries,
      longMemory: {
        trends,
        baselines,
        timeZone,
        intervalMilliseconds: () => current().config.intervalMilliseconds,
      },
      queriesFor: (adaptation) =>
        adaptationQueries(adaptation, current().config.policies, current().source.scrapeIntervalMilliseconds()),
      countedFor: (adaptation) => adaptationEvidence(adaptation, current().config.policies, current().source),
      runCycle: (policy, dry) => current().loop.run(policy, dry),
      decideAct,
      otherLeader: () => (leads() ? undefined : (replica.status().leader ?? "nobody yet")),
      health: async (): Promise<Health> => ({
        isReady: !isShuttingDown,
        version: VERSION,
        startedAt,
        now: Date.now(),
        operations: current().loop.status(),
        source: { kind: current().source.kind, inspection: await inspect() },
        store: config.store.kind,
        replica: replica.status(),
        configuration: reloadState,
      }),
      metricsPage: metrics.page,
      onRequest: metrics.onRequest,
      authorize: (credentials, role) => current().authorize(credentials, role),
      limitRate: rateLimiter(() => current().config.rateLimits),
      limitFailures: failureLimiter(),
      isOpen: () => current().config.tokens.length === 0,
      isShuttingDown: () => isShuttingDown,
      log,
    });
    server = await listen(app, config.listen);
    await source.start();
    onStarted();
    await replica.start({
      onLeadershipChange: (leadsNow) => (isShuttingDown ? Promise.resolve() : inTurn(() => takeTheLead(leadsNow))),
      follow: async () => {
        for (const policy of await current().loop.follow()) waiters.tell(policy);
      },
      onActs: async () => {
        for (const key of await acts.listWaitingOperations()) await runConfigured(key);
      },
      onFeedback: async () => {
        areScoresNew = true;
        processing.start();
        learnWhenEnough(await feedback.countWaitingFeedback());
      },
    });
    bounding.startAll();
    registrations.start();
    trendUpkeep.start();
    deliveringSuggestions.start();
    learningSuggestions.start();
  } catch (error) {
    isShuttingDown = true;
    await replica.stop();
    await inForce?.source.close();
    await server?.close(0);
    await store.close();
    throw error;
  }
  const { url, close } = server;
  const keepMilliseconds = (): number => current().config.store.keepDecisionsMilliseconds;
  const housekeeping = startHousekeeping(store, { keepMilliseconds, leads, log });
  warnOfTokens(fromFile, log);
  log.info("controller started", {
    url,
    version: VERSION,
    store: placeOf(fromFile.store),
    source: fromFile.metrics.source,
    operations: inForce.config.policies.length,
  });

  const takeOver = async (given: Config): Promise<void> => {
    if (isShuttingDown) return;
    const next = withRegistered(await loadStrategyModules(given), registrations.all());
    refuseWhatNeedsRestart(current().config, next);
    await replace(async (before) => {
      const { intervalMilliseconds } = next;
      const isSameSource =
        JSON.stringify(before.config.metrics) === JSON.stringify(next.metrics) &&
        before.config.intervalMilliseconds === intervalMilliseconds;
      const source = isSameSource ? before.source : createSource(next.metrics, { ...parts, intervalMilliseconds });
      const loop = await createLoop(next, source);
      if (!isSameSource) {
        // Two sources over one store would count the same calls twice, so the old one ends first.
        await before.source.close();
        await source.start();
      }
      return { config: next, source, loop, ...accessOf(next) };
    });
    bounding.startAll();
    if (leadsInTurn) webhooks.start();
    warnOfTokens(next, log);
    log.info("configuration taken over", { file: next.file, operations: next.policies.length });
  };

  /** A source may learn its grid later than it starts; the schedule is then made anew. */
  const followGrid = async (): Promise<void> => {
    const { loop, source } = current();
    if (isShuttingDown || loop.gridMilliseconds === source.scrapeIntervalMilliseconds()) return;
    await replace(async (before) => ({ ...before, loop: await createLoop(before.config, before.source) }));
    log.info("scrape interval changed", { milliseconds: source.scrapeIntervalMilliseconds() });
  };
  const gridWatch = setInterval(() => {
    inTurn(followGrid).catch((error: unknown) => log.error("the schedule could not be made anew", { error }));
  }, GRID_WATCH_INTERVAL_MILLISECONDS);
  gridWatch.unref();

  const shutDown = async (): Promise<void> => {
    housekeeping.stop();
    clearInterval(gridWatch);
    const { loop, source } = current();
    serving.streams.close();
    await Promise.all([
      processing.stop(),
      bounding.stop(),
      registrations.stop(),
      webhooks.stop(),
      trendUpkeep.stop(),
      deliveringSuggestions.stop(),
      learningSuggestions.stop(),
      close(REQUEST_GRACE_MILLISECONDS),
      loop.scheduler.stop(PASS_GRACE_MILLISECONDS),
    ]);
    await replica.stop();
    await source.close();
    await loop.close();
    await store.close();
    log.info("controller stopped", {});
  };
  let stopping: Promise<void> | undefined;
  return {
    url,
    reload: (next) =>
      inTurn(async () => {
        try {
          await takeOver(typeof next === "function" ? next() : next);
          reloadState = reloaded(Date.now());
        } catch (error) {
          reloadState = refused(reloadState, error, Date.now());
          throw error;
        } finally {
          metrics.onReload(reloadState);
        }
      }),
    stop() {
      isShuttingDown = true; // also for a reload that has begun
      return (stopping ??= inTurn(shutDown));
    },
  };
}

/** Whoever reaches the port may try tokens for as long as he likes. */
function warnOfTokens({ tokens }: Config, log: Log): void {
  const guessable = tokens.filter(({ isGuessable }) => isGuessable === true).map(({ name }) => name);
  if (guessable.length > 0) log.warning("tokens can be guessed; trimtab token makes good ones", { tokens: guessable });
}

function accessOf({ tokens }: Config): Pick<InForce, "authorize" | "streamSecret"> {
  return { authorize: authorizer(tokens), streamSecret: streamSecretOf(tokens) };
}

/** What of a configuration only a restart takes over. */
function needsRestart(before: Config, next: Config): string[] {
  const changed: string[] = [];
  if (before.listen.host !== next.listen.host || before.listen.port !== next.listen.port)
    changed.push("controller.listen");
  const { keepDecisionsMilliseconds: _before, ...storeBefore } = before.store;
  const { keepDecisionsMilliseconds: _next, ...storeNext } = next.store;
  if (JSON.stringify(storeBefore) !== JSON.stringify(storeNext)) changed.push("controller.store");
  return changed;
}

function refuseWhatNeedsRestart(before: Config, next: Config): void {
  const changed = needsRestart(before, next);
  if (changed.length === 0) return;
  throw new ReloadError(
    `${changed.join(" and ")} cannot change while the controller runs; restart it to take over the new configuration`,
  );
}

function placeOf(store: StoreSettings): string {
  return store.kind === "sqlite" ? store.path : describePostgres(store.url);
}

function startHousekeeping(
  store: Store,
  { keepMilliseconds, leads, log }: { keepMilliseconds: () => number; leads: () => boolean; log: Log },
): { stop(): void } {
  const timer = setInterval(() => {
    if (!leads()) return;
    store.dropCyclesBefore(Date.now() - keepMilliseconds()).then(
      (dropped) => log.debug("old decisions dropped", { dropped }),
      (error: unknown) => log.error("old decisions could not be dropped", { error }),
    );
  }, HOUSEKEEPING_INTERVAL_MILLISECONDS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

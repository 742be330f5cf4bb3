/** The HTTP interface without a port: `main.ts` listens, a test sends requests. */
import type { RequestListener } from "node:http";
import type {
  ActStore,
  AllocationBoard,
  CycleOutcome,
  Feedback,
  FeedbackStore,
  Log,
  RecordStore,
  Store,
  StoredAdaptation,
  SuggestionStore,
} from "@trimtab/engine";
import type { Evidence, EvidenceQuery, OperationPolicy } from "@trimtab/learning";
import compression from "compression";
import express, { type NextFunction, type Request, type Response } from "express";
import type { AlertRule } from "../config/alert-settings.ts";
import { ControllerError } from "../errors.ts";
import type { SuggestionDelivery } from "../suggestion-delivery.ts";
import { actRoutes } from "./act-routes.ts";
import { adaptationRoutes } from "./adaptation-routes.ts";
import { alertRoutes } from "./alert-routes.ts";
import { type Authorize, isAllowed } from "./authentication.ts";
import { configuredOperations } from "./configured-operations.ts";
import { consoleRoutes } from "./console-routes.ts";
import { decisionRoutes } from "./decision-routes.ts";
import { type DeclarationIntake, declarationRoutes } from "./declaration-routes.ts";
import { feedbackRoutes } from "./feedback-routes.ts";
import { type Health, healthRoutes } from "./health-routes.ts";
import { learningCycleRoutes } from "./learning-cycle-routes.ts";
import { type LongMemory, longMemoryRoutes } from "./long-memory-routes.ts";
import { OFREP_ROUTES } from "./ofrep-routes.ts";
import { openApiDocument } from "./openapi.ts";
import { operationRoutes } from "./operation-routes.ts";
import { type OutcomeIntake, outcomeRoutes } from "./outcome-routes.ts";
import { parameterRoutes } from "./parameter-routes.ts";
import type { PerformanceReader } from "./performance-reader.ts";
import { performanceRoutes } from "./performance-routes.ts";
import { type PlanRouteDependencies, planRoutes } from "./plan-routes.ts";
import { problemHandler } from "./problem.ts";
import type { LimitFailures, LimitRate } from "./rate-limit.ts";
import { recordRoutes } from "./record-routes.ts";
import { recordedCycleRoutes } from "./recorded-cycle-routes.ts";
import { admit, type GateDependencies, identify, observe } from "./request-gate.ts";
import { type ReviewRouteDependencies, reviewRoutes } from "./review-routes.ts";
import { mountRoutes, type Route, sendJson } from "./route.ts";
import type { Serving } from "./serving.ts";
import { servingFront } from "./serving-front.ts";
import { suggestionRoutes } from "./suggestion-routes.ts";
import { type WebhookRouteDependencies, webhookRoutes } from "./webhook-routes.ts";

/** Everything that the routes work with. All of it may change while the app lives, so it is asked for at each request. */
export interface AppDependencies {
  readonly version: string;
  readonly policies: () => readonly OperationPolicy[];
  readonly store: Store;
  readonly feedback: FeedbackStore;
  /** Told of feedback after it was kept. */
  readonly onFeedback: (kept: readonly Feedback[]) => void;
  readonly suggestions: SuggestionStore;
  readonly suggestionDelivery: SuggestionDelivery;
  readonly records: RecordStore;
  /** Told of the components whose records were kept; it must not wait. */
  readonly onRecords: (components: readonly string[]) => void;
  readonly outcomes: OutcomeIntake;
  readonly declarations: DeclarationIntake;
  readonly acts: ActStore;
  /** What was decided last for an operation. */
  readonly lastDecision: ReviewRouteDependencies["lastDecision"];
  /** What a configuration would do. @throws {ConfigError} */
  readonly plan: PlanRouteDependencies["plan"];
  /** What alerts do. */
  readonly alertRules: () => readonly AlertRule[];
  readonly webhooks: Omit<WebhookRouteDependencies, "now">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly board: () => AllocationBoard;
  readonly serving: Serving;
  readonly performance: PerformanceReader;
  readonly longMemory: LongMemory;
  readonly queriesFor: (adaptation: StoredAdaptation) => readonly EvidenceQuery[];
  readonly countedFor: (adaptation: StoredAdaptation) => Promise<Evidence["cells"]>;
  readonly runCycle: (policy: OperationPolicy, dry: boolean) => Promise<CycleOutcome>;
  /** Resolves when a person's act that was kept is decided, by whichever replica leads. */
  readonly decideAct: (policy: OperationPolicy, act: string) => Promise<unknown>;
  /** Who leads where this process does not. */
  readonly otherLeader: () => string | undefined;
  readonly health: () => Promise<Health>;
  readonly metricsPage: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly onRequest: (request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }) => void;
  readonly authorize: Authorize;
  readonly limitRate: LimitRate;
  readonly limitFailures: LimitFailures;
  /** Is there no token, so that whoever reaches the port may do everything? */
  readonly isOpen: () => boolean;
  readonly isShuttingDown: () => boolean;
  readonly log: Log;
}

/** The listener of every request: what services ask again and again is answered ahead of express. */
export function createApp(dependencies: AppDependencies): RequestListener {
  const { store, log, version, authorize } = dependencies;
  const operations = configuredOperations(dependencies.policies);
  const routes: readonly Route[] = [
    ...parameterRoutes({ operations, serving: dependencies.serving, authorize }),
    ...operationRoutes({
      operations,
      store,
      outcomes: dependencies.outcomes,
      declarations: dependencies.declarations,
      board: dependencies.board,
    }),
    ...declarationRoutes({ operations, ...dependencies.declarations }),
    ...performanceRoutes({ operations, reader: dependencies.performance }),
    ...longMemoryRoutes({ operations, store, now: dependencies.now, ...dependencies.longMemory }),
    ...adaptationRoutes({ store, queriesFor: dependencies.queriesFor, countedFor: dependencies.countedFor }),
    ...feedbackRoutes({
      operations,
      store: dependencies.feedback,
      now: dependencies.now,
      onFeedback: dependencies.onFeedback,
    }),
    ...recordRoutes({
      operations,
      store: dependencies.records,
      now: dependencies.now,
      onRecords: dependencies.onRecords,
    }),
    ...outcomeRoutes({ operations, now: dependencies.now, ...dependencies.outcomes }),
    ...suggestionRoutes({
      store: dependencies.suggestions,
      delivery: dependencies.suggestionDelivery,
      now: dependencies.now,
      onDecided: ({ id, status, entity, target, suggestion }) => {
        log.info("suggestion decided", { id, status, entity, target, suggestion });
        dependencies.webhooks.onWaiting();
      },
    }),
    ...actRoutes({
      operations,
      store,
      acts: dependencies.acts,
      decide: dependencies.decideAct,
      now: dependencies.now,
    }),
    ...reviewRoutes({ operations, store, lastDecision: dependencies.lastDecision, now: dependencies.now }),
    ...planRoutes({ plan: dependencies.plan }),
    ...alertRoutes({
      policies: dependencies.policies,
      rules: dependencies.alertRules,
      store,
      acts: dependencies.acts,
      decide: dependencies.decideAct,
      now: dependencies.now,
    }),
    ...webhookRoutes({ ...dependencies.webhooks, now: dependencies.now }),
    ...decisionRoutes({ store, operations }),
    ...recordedCycleRoutes({ store, operations }),
    ...learningCycleRoutes({ operations, run: dependencies.runCycle, otherLeader: dependencies.otherLeader }),
    ...healthRoutes({
      health: dependencies.health,
      metricsPage: dependencies.metricsPage,
      mayRead: (credentials) => isAllowed(authorize, credentials, "read"),
    }),
    ...descriptionRoutes(() => document),
    ...consoleRoutes(),
  ];
  const document = openApiDocument([...routes, ...OFREP_ROUTES], version);

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // the allocation document has its own; the others change with every cycle
  app.set("query parser", "simple");
  app.use(gate(dependencies));
  app.use(compression({ filter: mayBeCompressed }));
  mountRoutes(app, routes, dependencies);
  app.use((request) => {
    throw new ControllerError("ROUTE_UNKNOWN", `There is nothing at ${request.path}.`);
  });
  app.use(problemHandler((error, requestId) => log.error("request failed", { requestId, error })));
  return servingFront(dependencies, app);
}

/** Documents with a tag are sent as they are: equal tags mean equal bytes. Streams must arrive event by event. */
function mayBeCompressed(request: Request, response: Response): boolean {
  const isStream = String(response.getHeader("Content-Type")).startsWith("text/event-stream");
  const isServedAhead = request.path.startsWith("/v1/parameters/"); // small, and sent so by the front that is ahead of express
  return !isStream && !isServedAhead && !response.hasHeader("ETag") && compression.filter(request, response);
}

function gate(dependencies: GateDependencies): (request: Request, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    const id = identify(request, response);
    response.locals["requestId"] = id;
    const span = observe(request, response, id, dependencies, () => {
      const template: unknown = response.locals["route"];
      return typeof template === "string" ? template : "unknown";
    });
    admit(request, dependencies);
    span.run({ requestId: id }, next);
  };
}

function descriptionRoutes(document: () => Record<string, unknown>): readonly Route[] {
  return [
    {
      method: "get",
      path: "/openapi.json",
      summary: "This description (OpenAPI 3.1).",
      role: "open",
      answers: { 200: { description: "The description.", body: "application/json" } },
      errors: [],
      handle(_, response) {
        sendJson(response, document());
      },
    },
  ];
}

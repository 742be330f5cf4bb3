/** Operations: what is configured, what is served per context, and what it brings. */
import { type Allocation, contextId, variantInForce } from "@trimtab/conventions";
import {
  type AllocationBoard,
  decodeCursor,
  type Page,
  pageOf,
  type ReportedOperation,
  type ServedCycle,
  type Store,
} from "@trimtab/engine";
import { type ContextDecision, describeConstraint, type OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { formatPath } from "../config/problem-list.ts";
import { isIn, type ShownDeclaration, shownDeclaration } from "../declared-operations.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import type { DeclarationIntake } from "./declaration-routes.ts";
import type { OutcomeIntake } from "./outcome-routes.ts";
import { type Route, sendJson } from "./route.ts";
import { wirePeople } from "./wire/act-wire.ts";
import { type WireAdaptation, wireAdaptation } from "./wire/adaptation-wire.ts";
import { wireExperiment } from "./wire/experiment-wire.ts";
import { wireLift, wireReason, wireTime, wireVariant } from "./wire/learning-wire.ts";
import {
  operationListSchema,
  operationSchema,
  type WireOperation,
  type WireOperationContext,
  type WireOperationSummary,
} from "./wire/operation-wire.ts";
import { LARGEST_PAGE, linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";
import { wireStanding } from "./wire/standing-wire.ts";

/** What the routes need. */
export interface OperationRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: Store;
  readonly outcomes: Pick<OutcomeIntake, "store" | "isReported">;
  readonly declarations: Pick<DeclarationIntake, "registrations" | "registered">;
  /** What is served. */
  readonly board: () => AllocationBoard;
}

interface ListQuery {
  readonly component?: string | undefined;
  readonly mode?: OperationPolicy["mode"] | undefined;
  readonly metrics?: "scraped" | "reported" | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

const listQuery: z.ZodType<ListQuery> = z.strictObject({
  component: z.string().min(1).optional(),
  mode: z.enum(["observe", "suggest", "auto"]).optional(),
  metrics: z
    .enum(["scraped", "reported"])
    .optional()
    .meta({ description: "Whether its metrics are scraped, or its outcomes reported." }),
  ...pagingParameters,
});

/** So many contexts are looked up between two turns of the loop. */
const CONTEXTS_AT_ONCE = 20;

/** The routes under /v1/operations. */
export function operationRoutes({
  operations,
  store,
  outcomes,
  declarations,
  board,
}: OperationRouteDependencies): readonly Route[] {
  const allocationsOf = (policy: OperationPolicy): readonly Allocation[] =>
    board().document(policy.component)?.document.operations[policy.operation]?.allocations ?? [];
  const summaryOf = (
    policy: OperationPolicy,
    stored: ServedCycle | undefined,
    reported: readonly ReportedOperation[],
    awaiting: WireOperation["awaiting"],
  ): WireOperationSummary => {
    const { component, operation } = policy;
    const report = reported.find((each) => each.component === component && each.operation === operation);
    return {
      component,
      operation,
      mode: policy.mode,
      strategy: policy.strategy.kind,
      source: isIn(declarations.registered(), policy) ? "registered" : "file",
      metrics: outcomes.isReported(component) ? "reported" : "scraped",
      cycles: stored?.cycle ?? 0,
      contexts: allocationsOf(policy).length,
      lastDecisionAt: stored && wireTime(stored.decision.at),
      lastReportAt: report && wireTime(report.reportedAt),
      standing: wireStanding(stored?.decision, new Set(awaiting.map(({ changeId }) => changeId)).size),
    };
  };
  const list: Route<ListQuery> = {
    method: "get",
    path: "/v1/operations",
    summary: "The configured operations, by component and name, and how each stands.",
    role: "read",
    query: listQuery,
    answers: {
      200: { description: "A page of operations.", body: { name: "OperationList", schema: operationListSchema } },
    },
    errors: ["COMPONENT_UNKNOWN", "CURSOR_INVALID"],
    async handle({ query, path }, response) {
      const { component, mode, metrics } = query;
      const wanted = component === undefined ? operations.all() : operations.ofComponent(component);
      const filtered = wanted.filter(
        (policy) =>
          (mode === undefined || policy.mode === mode) &&
          (metrics === undefined || (metrics === "reported") === outcomes.isReported(policy.component)),
      );
      const { items, nextCursor } = pageOfPolicies(filtered, query);
      const reported = await outcomes.store.listReported();
      const summaries = items.map(async (policy) =>
        summaryOf(policy, await store.loadServed(policy), reported, await awaitingOf(policy)),
      );
      linkNextPage(response, path, { ...query }, nextCursor);
      sendJson(response, { operations: await Promise.all(summaries), nextCursor });
    },
  };
  const one: Route = {
    method: "get",
    path: "/v1/operations/{component}/{operation}",
    summary:
      "One operation: specification, and per context what is served, its lift against the holdout, the last decision and adaptation.",
    role: "read",
    answers: { 200: { description: "The operation.", body: { name: "Operation", schema: operationSchema } } },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN"],
    async handle({ parameters }, response) {
      const policy = operations.find(parameters["component"] ?? "", parameters["operation"] ?? "");
      const stored = await store.loadServed(policy);
      const allocations = allocationsOf(policy);
      const awaiting = await awaitingOf(policy);
      const operation: WireOperation = {
        ...summaryOf(policy, stored, await outcomes.store.listReported(), awaiting),
        specification: specificationOf(policy),
        declared: wireDeclaration(shownDeclaration(policy, declarations.registrations.all())),
        experiment: stored?.decision.experiment && wireExperiment(stored.decision.experiment),
        decision: stored && {
          id: stored.decision.id,
          at: wireTime(stored.decision.at),
          windowEnd: wireTime(stored.decision.window.to),
          mayExplore: stored.decision.mayExplore,
        },
        people: wirePeople(stored?.decision.people),
        awaiting,
        states: await statesOf(policy, allocations, stored),
      };
      sendJson(response, operation);
    },
  };
  async function awaitingOf({ component, operation }: OperationPolicy): Promise<WireOperation["awaiting"]> {
    const { items } = await store.listAdaptations({ component, operation, status: "suggested" }, { limit: 100 });
    return items.map(({ id, changeId, context, parameter, oldValue, newValue, confidence }) => ({
      id,
      changeId,
      context,
      parameter,
      oldValue,
      newValue,
      confidence,
    }));
  }
  /** Of thousands of contexts in parts: between two of them others are answered. */
  async function statesOf(
    policy: OperationPolicy,
    allocations: readonly Allocation[],
    stored: ServedCycle | undefined,
  ): Promise<WireOperationContext[]> {
    const decisions = Map.groupBy(stored?.decision.contexts ?? [], ({ context }) => contextId(context));
    const states: WireOperationContext[] = [];
    for (let start = 0; start < allocations.length; start += CONTEXTS_AT_ONCE) {
      if (start > 0) await new Promise((resolve) => setImmediate(resolve));
      const part = allocations.slice(start, start + CONTEXTS_AT_ONCE);
      const found = part.map((each) => stateOf(policy, each, decisions.get(contextId(each.context)) ?? []));
      states.push(...(await Promise.all(found)));
    }
    return states;
  }
  async function stateOf(
    policy: OperationPolicy,
    { context, variants }: Allocation,
    decisions: readonly ContextDecision[],
  ): Promise<WireOperationContext> {
    const id = contextId(context);
    const decided = decisions.find(({ arm }) => arm !== "treatment");
    const treated = decisions.find(({ arm }) => arm === "treatment");
    const { component, operation } = policy;
    const [last] = (await store.listAdaptations({ component, operation, contextId: id }, { limit: 1 })).items;
    const best = variantInForce(variants) ?? variants[0];
    return {
      context,
      variants: variants.map(wireVariant),
      parameters: best?.parameters ?? {},
      lift: decided?.lift && wireLift(decided.lift),
      treatment: treated && {
        lift: treated.lift && wireLift(treated.lift),
        lastDecision: { kind: treated.kind, reason: wireReason(treated.reason) },
      },
      lastDecision: decided && { kind: decided.kind, reason: wireReason(decided.reason) },
      lastAdaptation: last && lastAdaptationOf(wireAdaptation(last)),
    };
  }
  return [list, one] as readonly Route[];
}

/** A configuration may change between two pages: so a page begins after a name, and not at a place. */
function pageOfPolicies(policies: readonly OperationPolicy[], query: ListQuery): Page<OperationPolicy> {
  // Whoever asks for no page wants them all: there are few, as far as people write them down.
  const request = pageRequest({ ...query, limit: query.limit ?? String(LARGEST_PAGE) });
  const { component = null, mode = null, metrics = null } = query;
  const list = ["operations", component, mode, metrics];
  const sorted = [...policies].sort((left, right) => (isAfter(left, positionOf(right)) ? 1 : -1));
  const after = request.cursor === undefined ? undefined : decodeCursor(list, request.cursor);
  const rest = after === undefined ? sorted : sorted.filter((policy) => isAfter(policy, after));
  return pageOf(rest.slice(0, request.limit + 1), request, list, { item: (policy) => policy, position: positionOf });
}

function positionOf({ component, operation }: OperationPolicy): readonly [string, string] {
  return [component, operation];
}

function isAfter({ component, operation }: OperationPolicy, [first, second]: readonly (string | number)[]): boolean {
  return component === first ? operation > String(second) : component > String(first);
}

function lastAdaptationOf({
  id,
  at,
  parameter,
  oldValue,
  newValue,
  status,
  confidence,
  reason,
  experiment,
}: WireAdaptation): WireOperationContext["lastAdaptation"] {
  return { id, at, parameter, oldValue, newValue, status, confidence, reason, experiment };
}

function wireDeclaration(shown: ShownDeclaration | undefined): WireOperation["declared"] {
  if (shown === undefined) return undefined;
  const { declaredAt, context, parameters, section, differences } = shown;
  return {
    at: wireTime(declaredAt),
    context,
    parameters,
    section,
    differences: differences.map(({ path, message }) => ({ path: formatPath(path), message })),
  };
}

function specificationOf(policy: OperationPolicy): WireOperation["specification"] {
  const { context, parameters, objective, constraints, confidence, holdout, strategy, experiment, reset } = policy;
  return {
    context,
    parameters,
    objective,
    constraints: constraints.map(describeConstraint),
    confidence,
    holdout,
    strategy,
    experiment,
    reset,
  };
}

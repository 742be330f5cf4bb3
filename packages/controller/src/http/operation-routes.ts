/** Operations: what is configured, what is served per context, and what it brings. */
import { type Allocation, contextId } from "@trimtab/conventions";
import type { AllocationBoard, Store, StoredOperation } from "@trimtab/engine";
import { describeConstraint, type OperationPolicy } from "@trimtab/learning";
import type { ConfiguredOperations } from "./configured-operations.ts";
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

/** What the routes need. */
export interface OperationRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: Store;
  /** What is served. */
  readonly board: () => AllocationBoard;
}

/** The routes under /v1/operations. */
export function operationRoutes({ operations, store, board }: OperationRouteDependencies): readonly Route[] {
  const allocationsOf = (policy: OperationPolicy): readonly Allocation[] =>
    board().document(policy.component)?.document.operations[policy.operation]?.allocations ?? [];
  const summaryOf = (policy: OperationPolicy, stored: StoredOperation | undefined): WireOperationSummary => ({
    component: policy.component,
    operation: policy.operation,
    mode: policy.mode,
    strategy: policy.strategy.kind,
    cycles: stored?.cycle ?? 0,
    contexts: allocationsOf(policy).length,
    lastDecisionAt: stored && wireTime(stored.decision.at),
  });
  const list: Route = {
    method: "get",
    path: "/v1/operations",
    summary: "The configured operations.",
    role: "read",
    answers: { 200: { description: "The operations.", body: { name: "OperationList", schema: operationListSchema } } },
    errors: [],
    async handle(_, response) {
      const policies = operations.all();
      const stored = await Promise.all(policies.map((policy) => store.loadOperation(policy)));
      sendJson(response, { operations: policies.map((policy, index) => summaryOf(policy, stored[index])) });
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
      const stored = await store.loadOperation(policy);
      const allocations = allocationsOf(policy);
      const operation: WireOperation = {
        ...summaryOf(policy, stored),
        specification: specificationOf(policy),
        experiment: stored?.decision.experiment && wireExperiment(stored.decision.experiment),
        decision: stored && {
          id: stored.decision.id,
          at: wireTime(stored.decision.at),
          windowEnd: wireTime(stored.windowEnd),
          mayExplore: stored.decision.mayExplore,
        },
        people: wirePeople(stored?.decision.people),
        awaiting: await awaitingOf(policy),
        states: await Promise.all(allocations.map((allocation) => stateOf(policy, allocation, stored))),
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
  async function stateOf(
    policy: OperationPolicy,
    { context, variants }: Allocation,
    stored: StoredOperation | undefined,
  ): Promise<WireOperationContext> {
    const id = contextId(context);
    const decisions = stored?.decision.contexts.filter((each) => contextId(each.context) === id) ?? [];
    const decided = decisions.find(({ arm }) => arm !== "treatment");
    const treated = decisions.find(({ arm }) => arm === "treatment");
    const { component, operation } = policy;
    const [last] = (await store.listAdaptations({ component, operation, contextId: id }, { limit: 1 })).items;
    const best =
      variants.find(({ role }) => role === "incumbent") ??
      variants.find(({ role }) => role === "baseline") ??
      variants[0];
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

function specificationOf(policy: OperationPolicy): WireOperation["specification"] {
  const { context, parameters, objective, constraints, confidence, holdout, strategy, experiment } = policy;
  return {
    context,
    parameters,
    objective,
    constraints: constraints.map(describeConstraint),
    confidence,
    holdout,
    strategy,
    experiment,
  };
}

/** Operations: what is configured, what is served per context, and what it brings. */
import { type Allocation, type Context, contextId, type ParameterSpace } from "@trimtab/conventions";
import type { AllocationBoard, Store, StoredOperation } from "@trimtab/engine";
import { type ContextDecision, describeConstraint, type OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { type WireAdaptation, wireAdaptation } from "./wire/adaptation-wire.ts";
import {
  contextSchema,
  liftSchema,
  parameterValueSchema,
  reasonSchema,
  timeSchema,
  variantSchema,
  type WireLift,
  type WireReason,
  type WireVariant,
  wireLift,
  wireReason,
  wireTime,
  wireVariant,
} from "./wire/learning-wire.ts";

/** What the routes need. */
export interface OperationRouteDependencies {
  readonly operations: ConfiguredOperations;
  readonly store: Store;
  /** What is served. */
  readonly board: () => AllocationBoard;
}

/** One operation in the list. */
interface WireOperationSummary {
  readonly component: string;
  readonly operation: string;
  readonly mode: OperationPolicy["mode"];
  readonly strategy: string;
  /** How many cycles were recorded. */
  readonly cycles: number;
  /** How many contexts have an allocation of their own. */
  readonly contexts: number;
  readonly lastDecisionAt?: string | undefined;
}

/** One context of an operation. */
interface WireOperationContext {
  readonly context: Context;
  readonly variants: readonly WireVariant[];
  /** The values in force: the incumbent's, or the baseline's. */
  readonly parameters: WireVariant["parameters"];
  readonly lift?: WireLift | undefined;
  readonly lastDecision?: { readonly kind: ContextDecision["kind"]; readonly reason: WireReason } | undefined;
  readonly lastAdaptation?:
    | (Pick<WireAdaptation, "id" | "at" | "parameter" | "oldValue" | "newValue" | "status" | "confidence"> & {
        readonly reason: WireReason;
      })
    | undefined;
}

/** One operation whole. */
interface WireOperation extends WireOperationSummary {
  readonly specification: {
    readonly context: readonly string[];
    readonly parameters: ParameterSpace;
    /** Parts of the objective with their weight, which sum to 1. */
    readonly objective: OperationPolicy["objective"];
    readonly constraints: readonly string[];
    readonly confidence: number;
    readonly holdout: number;
    readonly strategy: { readonly kind: string; readonly options: Readonly<Record<string, unknown>> };
  };
  readonly decision?:
    | { readonly id: string; readonly at: string; readonly windowEnd: string; readonly mayExplore: boolean }
    | undefined;
  readonly states: readonly WireOperationContext[];
}

const modeSchema = z.enum(["observe", "suggest", "auto"]);
const operationSummary = {
  component: z.string(),
  operation: z.string(),
  mode: modeSchema,
  strategy: z.string(),
  cycles: z.int(),
  contexts: z.int(),
  lastDecisionAt: timeSchema.optional(),
};
const operationListSchema: z.ZodType<{ readonly operations: readonly WireOperationSummary[] }> = z.strictObject({
  operations: z.array(z.strictObject(operationSummary)),
});
const numeric = {
  base: z.number(),
  min: z.number(),
  max: z.number(),
  step: z.number().optional(),
  scale: z.enum(["linear", "log"]).optional(),
  largestStep: z.number().optional(),
};
const spaceSchema = z.record(
  z.string(),
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.enum(["number", "integer"]), ...numeric }),
    z.strictObject({ type: z.literal("choice"), base: z.string(), choices: z.array(z.string()) }),
    z.strictObject({ type: z.literal("boolean"), base: z.boolean() }),
  ]),
);
const ratio = z.strictObject({ weight: z.number() });
const operationSchema: z.ZodType = z.strictObject({
  ...operationSummary,
  specification: z.strictObject({
    context: z.array(z.string()),
    parameters: spaceSchema,
    objective: z.strictObject({
      quality: ratio.optional(),
      success: ratio.optional(),
      latency: z.strictObject({ weight: z.number(), goodSeconds: z.number(), badSeconds: z.number() }).optional(),
      cost: z.strictObject({ weight: z.number(), unit: z.string(), reference: z.number() }).optional(),
    }),
    constraints: z.array(z.string()),
    confidence: z.number(),
    holdout: z.number(),
    strategy: z.strictObject({ kind: z.string(), options: z.record(z.string(), z.unknown()) }),
  }),
  decision: z
    .strictObject({ id: z.string(), at: timeSchema, windowEnd: timeSchema, mayExplore: z.boolean() })
    .optional(),
  states: z.array(
    z.strictObject({
      context: contextSchema,
      variants: z.array(variantSchema),
      parameters: z.record(z.string(), parameterValueSchema),
      lift: liftSchema.optional(),
      lastDecision: z
        .strictObject({ kind: z.enum(["hold", "shift", "adapt", "suggest", "roll-back"]), reason: reasonSchema })
        .optional(),
      lastAdaptation: z
        .strictObject({
          id: z.string(),
          at: timeSchema,
          parameter: z.string(),
          oldValue: parameterValueSchema,
          newValue: parameterValueSchema,
          status: z.string(),
          confidence: z.number(),
          reason: reasonSchema,
        })
        .optional(),
    }),
  ),
});

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
        decision: stored && {
          id: stored.decision.id,
          at: wireTime(stored.decision.at),
          windowEnd: wireTime(stored.windowEnd),
          mayExplore: stored.decision.mayExplore,
        },
        states: await Promise.all(allocations.map((allocation) => stateOf(policy, allocation, stored))),
      };
      sendJson(response, operation);
    },
  };
  async function stateOf(
    policy: OperationPolicy,
    { context, variants }: Allocation,
    stored: StoredOperation | undefined,
  ): Promise<WireOperationContext> {
    const id = contextId(context);
    const decided = stored?.decision.contexts.find((each) => contextId(each.context) === id);
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
}: WireAdaptation): WireOperationContext["lastAdaptation"] {
  return { id, at, parameter, oldValue, newValue, status, confidence, reason };
}

function specificationOf(policy: OperationPolicy): WireOperation["specification"] {
  const { context, parameters, objective, constraints, confidence, holdout, strategy } = policy;
  return {
    context,
    parameters,
    objective,
    constraints: constraints.map(describeConstraint),
    confidence,
    holdout,
    strategy,
  };
}

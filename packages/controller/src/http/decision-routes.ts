/** Every decision of an operation, the holds too. */
import { type Context, contextId } from "@trimtab/conventions";
import type { RecordedCycle, Store } from "@trimtab/engine";
import type { ActOutcome, Arm, ContextDecision } from "@trimtab/learning";
import { z } from "zod";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import {
  armSchema,
  experimentEndSchema,
  experimentSchema,
  type WireExperiment,
  type WireExperimentEnd,
  wireExperiment,
  wireExperimentEnd,
} from "./wire/experiment-wire.ts";
import {
  contextSchema,
  liftSchema,
  reasonSchema,
  timeSchema,
  type WireLift,
  type WireReason,
  type WireWindow,
  windowSchema,
  wireLift,
  wireReason,
  wireTime,
  wireWindow,
} from "./wire/learning-wire.ts";
import { linkNextPage, type OperationListQuery, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What was decided for one context. */
interface WireContextDecision {
  readonly context: Context;
  /** Whose decision it is while an experiment runs. */
  readonly arm?: Arm | undefined;
  readonly kind: ContextDecision["kind"];
  readonly reason: WireReason;
  readonly refused: readonly { readonly variant: string; readonly reason: WireReason }[];
  readonly lift?: WireLift | undefined;
  /** Absent while the breaker is closed. */
  readonly breaker?: ContextDecision["breaker"];
  readonly isSampleMismatched?: true | undefined;
}

/** One decision. */
export interface WireDecision {
  readonly id: string;
  readonly cycle: number;
  readonly at: string;
  readonly window: WireWindow;
  /** Could the evidence be read? `value`, or why not. */
  readonly evidence: { readonly kind: string; readonly detail?: string | undefined };
  readonly contexts: readonly WireContextDecision[];
  /** Ids of the adaptations that it made. */
  readonly adaptations: readonly string[];
  /** What happened to earlier adaptations. */
  readonly transitions: readonly { readonly id: string; readonly status: string; readonly reason: WireReason }[];
  readonly mayExplore: boolean;
  /** What became of people's acts, and of what they had set; with the id of the act, or `schedule` for a reset that was due. */
  readonly acts?:
    | readonly { readonly act: string; readonly result: ActOutcome["result"]; readonly reason: WireReason }[]
    | undefined;
  readonly queries: readonly { readonly question: string; readonly promql: string }[];
  readonly experiment?: WireExperiment | undefined;
  readonly experimentEnded?: WireExperimentEnd | undefined;
}

const decisionPageSchema: z.ZodType<{
  readonly decisions: readonly WireDecision[];
  readonly nextCursor?: string | undefined;
}> = z.strictObject({
  decisions: z.array(
    z.strictObject({
      id: z.string(),
      cycle: z.int(),
      at: timeSchema,
      window: windowSchema,
      evidence: z.strictObject({ kind: z.string(), detail: z.string().optional() }),
      contexts: z.array(
        z.strictObject({
          context: contextSchema,
          arm: armSchema.optional(),
          kind: z.enum(["hold", "shift", "adapt", "suggest", "roll-back"]),
          reason: reasonSchema,
          refused: z.array(z.strictObject({ variant: z.string(), reason: reasonSchema })),
          lift: liftSchema.optional(),
          breaker: z.enum(["open", "half-open"]).optional(),
          isSampleMismatched: z.literal(true).optional(),
        }),
      ),
      adaptations: z.array(z.string()),
      transitions: z.array(z.strictObject({ id: z.string(), status: z.string(), reason: reasonSchema })),
      mayExplore: z.boolean(),
      acts: z
        .array(z.strictObject({ act: z.string(), result: z.enum(["done", "refused", "ended"]), reason: reasonSchema }))
        .optional(),
      queries: z.array(z.strictObject({ question: z.string(), promql: z.string() })),
      experiment: experimentSchema.optional(),
      experimentEnded: experimentEndSchema.optional(),
    }),
  ),
  nextCursor: z.string().optional(),
});

interface DecisionListQuery extends OperationListQuery {
  readonly queries?: "true" | "false" | undefined;
}

const listQuery: z.ZodType<DecisionListQuery> = z.strictObject({
  component: z.string().min(1),
  operation: z.string().min(1),
  queries: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: "`false` leaves the PromQL out, which is most of a decision; `queries` is then empty." }),
  ...pagingParameters,
});

/** The route /v1/decisions. */
export function decisionRoutes({
  store,
  operations,
}: {
  readonly store: Store;
  readonly operations: ConfiguredOperations;
}): readonly Route[] {
  const list: Route<DecisionListQuery> = {
    method: "get",
    path: "/v1/decisions",
    summary:
      "Every decision of one operation, newest first: also the ones that changed nothing, with the reason. With ctx.genre=rock what was decided for exactly this context.",
    role: "read",
    query: listQuery,
    takesContext: true,
    answers: {
      200: { description: "A page of decisions.", body: { name: "DecisionPage", schema: decisionPageSchema } },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN", "CURSOR_INVALID"],
    async handle({ query, context, path }, response) {
      const { component, operation } = operations.find(query.component, query.operation);
      const { items, nextCursor } = await store.listCycles({ component, operation }, pageRequest(query));
      const contextQuery = Object.fromEntries(Object.entries(context).map(([key, value]) => [`ctx.${key}`, value]));
      linkNextPage(response, path, { ...query, ...contextQuery }, nextCursor);
      const only = Object.keys(context).length === 0 ? undefined : contextId(context);
      const decisions = items.map(wireDecision).map((decision) => ({
        ...decision,
        contexts: decision.contexts.filter((each) => only === undefined || contextId(each.context) === only),
        queries: query.queries === "false" ? [] : decision.queries,
      }));
      sendJson(response, { decisions, nextCursor });
    },
  };
  return [list] as readonly Route[];
}

function wireDecision({ cycle, decision, evidence }: RecordedCycle): WireDecision {
  return {
    id: decision.id,
    cycle,
    at: wireTime(decision.at),
    window: wireWindow(decision.window),
    evidence:
      evidence.cells.kind === "value"
        ? { kind: "value" }
        : { kind: evidence.cells.kind, detail: evidence.cells.detail },
    contexts: decision.contexts.map(({ context, arm, kind, reason, refused, lift, breaker, isSampleMismatched }) => ({
      context,
      arm,
      kind,
      reason: wireReason(reason),
      refused: refused.map((each) => ({ variant: each.variant, reason: wireReason(each.reason) })),
      lift: lift && wireLift(lift),
      breaker,
      isSampleMismatched,
    })),
    adaptations: decision.adaptations.map(({ id }) => id),
    transitions: decision.transitions.map(({ id, status, reason }) => ({ id, status, reason: wireReason(reason) })),
    mayExplore: decision.mayExplore,
    acts: decision.acts?.map(({ act, result, reason }) => ({ act, result, reason: wireReason(reason) })),
    queries: evidence.queries.map(({ question, promql }) => ({ question, promql })),
    experiment: decision.experiment && wireExperiment(decision.experiment),
    experimentEnded: decision.experimentEnded && wireExperimentEnd(decision.experimentEnded),
  };
}

/** Adaptations: the list, and one explained. */
import { contextId } from "@trimtab/conventions";
import type { AdaptationFilter, Store, StoredAdaptation } from "@trimtab/engine";
import type { AdaptationStatus, Evidence, EvidenceQuery } from "@trimtab/learning";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import { type Route, sendJson } from "./route.ts";
import {
  ADAPTATION_STATUSES,
  adaptationPageSchema,
  explainedAdaptationSchema,
  type WireExplainedAdaptation,
  wireAdaptation,
  wireCounted,
  wireHistory,
} from "./wire/adaptation-wire.ts";
import { wireLift } from "./wire/learning-wire.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What the routes need. */
export interface AdaptationRouteDependencies {
  readonly store: Store;
  /** The questions about all calls in the window of an adaptation's basis. */
  readonly queriesFor: (adaptation: StoredAdaptation) => readonly EvidenceQuery[];
  /** What the source answers to them. */
  readonly countedFor: (adaptation: StoredAdaptation) => Promise<Evidence["cells"]>;
}

interface ListQuery {
  readonly component?: string | undefined;
  readonly operation?: string | undefined;
  readonly parameter?: string | undefined;
  readonly status?: AdaptationStatus | undefined;
  readonly change?: string | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

const listQuery: z.ZodType<ListQuery> = z.strictObject({
  component: z.string().min(1).optional(),
  operation: z.string().min(1).optional(),
  parameter: z.string().min(1).optional(),
  status: z.enum(ADAPTATION_STATUSES).optional(),
  change: z.string().min(1).optional().meta({ description: "The id that parameters share which changed together." }),
  ...pagingParameters,
});

/** The routes under /v1/adaptations. */
export function adaptationRoutes({ store, queriesFor, countedFor }: AdaptationRouteDependencies): readonly Route[] {
  const list: Route<ListQuery> = {
    method: "get",
    path: "/v1/adaptations",
    summary: "Adaptations, newest first. With ctx.genre=rock those of exactly this context.",
    role: "read",
    query: listQuery,
    takesContext: true,
    answers: {
      200: { description: "A page of adaptations.", body: { name: "AdaptationPage", schema: adaptationPageSchema } },
    },
    errors: ["CURSOR_INVALID"],
    async handle({ query, context, path }, response) {
      const { component, operation, parameter, status, change } = query;
      const hasContext = Object.keys(context).length > 0;
      const filter: AdaptationFilter = {
        ...(component === undefined ? {} : { component }),
        ...(operation === undefined ? {} : { operation }),
        ...(parameter === undefined ? {} : { parameter }),
        ...(status === undefined ? {} : { status }),
        ...(change === undefined ? {} : { changeId: change }),
        ...(hasContext ? { contextId: contextId(context) } : {}),
      };
      const { items, nextCursor } = await store.listAdaptations(filter, pageRequest(query));
      const contextQuery = Object.fromEntries(Object.entries(context).map(([key, value]) => [`ctx.${key}`, value]));
      linkNextPage(response, path, { ...query, ...contextQuery }, nextCursor);
      sendJson(response, { adaptations: items.map(wireAdaptation), nextCursor });
    },
  };
  const one: Route = {
    method: "get",
    path: "/v1/adaptations/{id}",
    summary:
      "One adaptation explained: both sides' numbers, the test, PromQL that gives them, what happened to it, what came of it.",
    role: "read",
    answers: {
      200: { description: "The adaptation.", body: { name: "ExplainedAdaptation", schema: explainedAdaptationSchema } },
    },
    errors: ["ADAPTATION_UNKNOWN"],
    async handle({ parameters }, response) {
      const id = parameters["id"] ?? "";
      const adaptation = await store.getAdaptation(id);
      if (adaptation === undefined) throw new ControllerError("ADAPTATION_UNKNOWN", `There is no adaptation "${id}".`);
      sendJson(response, await explain(adaptation));
    },
  };
  async function explain(adaptation: StoredAdaptation): Promise<WireExplainedAdaptation> {
    const together = await store.listAdaptations({ changeId: adaptation.changeId }, { limit: 1000 });
    const stored = await store.loadServed(adaptation);
    const ownContext = contextId(adaptation.context);
    const { experiment: place } = adaptation;
    const isRunning = place !== undefined && place.startedAt === stored?.decision.experiment?.startedAt;
    const ownArm = isRunning ? place.arm : "control";
    const lift = stored?.decision.contexts.find(
      ({ context, arm = ownArm }) => contextId(context) === ownContext && arm === ownArm,
    )?.lift;
    return {
      ...wireAdaptation(adaptation),
      history: wireHistory(adaptation),
      changedTogether: together.items
        .filter(({ id }) => id !== adaptation.id)
        .map(({ id, parameter, oldValue, newValue }) => ({ id, parameter, oldValue, newValue })),
      counted: wireCounted(await countedFor(adaptation), adaptation.context),
      queries: queriesFor(adaptation).map(({ question, promql }) => ({ question, promql })),
      liftNow: lift && wireLift(lift),
    };
  }
  return [list, one] as readonly Route[];
}

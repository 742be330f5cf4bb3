/** Improvement suggestions: the list, and a person's word on one. */
import type { Context, ParameterValue } from "@trimtab/conventions";
import type { Suggestion, SuggestionFilter, SuggestionStatus, SuggestionStore } from "@trimtab/engine";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import type { SuggestionDelivery } from "../suggestion-delivery.ts";
import { type Route, sendJson } from "./route.ts";
import { contextSchema, parameterValueSchema, timeSchema, wireTime } from "./wire/learning-wire.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What the routes need. */
export interface SuggestionRouteDependencies {
  readonly store: SuggestionStore;
  readonly now: () => number;
  /** Delivers what was accepted and names a change. */
  readonly delivery: SuggestionDelivery;
  /** Told of a decision after it was kept. */
  readonly onDecided: (suggestion: Suggestion) => void;
}

/** One suggestion. */
export interface WireSuggestion {
  readonly id: string;
  readonly rule: string;
  readonly entity: string;
  readonly target?: string | undefined;
  readonly suggestion: string;
  readonly confidence: number;
  readonly reasoning: string;
  readonly feedback: readonly string[];
  readonly createdAt: string;
  readonly status: SuggestionStatus;
  readonly decidedAt?: string | undefined;
  readonly decidedBy?: string | undefined;
  readonly why?: string | undefined;
  readonly change?:
    | {
        readonly operation: string;
        readonly parameter: string;
        readonly context: Context;
        readonly from: ParameterValue;
        readonly to: ParameterValue;
      }
    | undefined;
  readonly act?: string | undefined;
  readonly deliveredAt?: string | undefined;
  readonly deliveredTo?: string | undefined;
}

const STATUSES = ["open", "accepted", "delivered", "dismissed"] as const;

const suggestionSchema: z.ZodType<WireSuggestion> = z.strictObject({
  id: z.string(),
  rule: z.string(),
  entity: z.string(),
  target: z.string().optional(),
  suggestion: z.string(),
  confidence: z.number(),
  reasoning: z.string(),
  feedback: z.array(z.string()).meta({ description: "The keys of the feedback that it rests on." }),
  createdAt: timeSchema,
  status: z.enum(STATUSES),
  decidedAt: timeSchema.optional(),
  decidedBy: z.string().optional(),
  why: z.string().optional(),
  change: z
    .strictObject({
      operation: z.string(),
      parameter: z.string(),
      context: contextSchema,
      from: parameterValueSchema,
      to: parameterValueSchema,
    })
    .optional()
    .meta({ description: "What accepting it changes; absent where the target is told, and knows itself what to do." }),
  act: z.string().optional().meta({ description: "The act that makes the change, as the audit has it." }),
  deliveredAt: timeSchema.optional(),
  deliveredTo: z.string().optional(),
});

const pageSchema: z.ZodType<{
  readonly suggestions: readonly WireSuggestion[];
  readonly nextCursor?: string | undefined;
}> = z.strictObject({ suggestions: z.array(suggestionSchema), nextCursor: z.string().optional() });

type FilterQuery = { readonly [Name in keyof SuggestionFilter]?: SuggestionFilter[Name] | undefined };

const listQuery: z.ZodType<
  FilterQuery & { readonly limit?: string | undefined; readonly cursor?: string | undefined }
> = z.strictObject({
  status: z.enum(STATUSES).optional(),
  entity: z.string().min(1).optional(),
  target: z.string().min(1).optional().meta({ description: "The component that is to make something of it." }),
  rule: z.string().min(1).optional(),
  ...pagingParameters,
});

interface DecisionBody {
  readonly by?: string | undefined;
  readonly why?: string | undefined;
}

const decisionSchema: z.ZodType<DecisionBody> = z.strictObject({
  by: z.string().min(1).max(128).optional().meta({ description: "Who decides." }),
  why: z.string().min(1).max(1_000).optional(),
});

/** The routes under /v1/suggestions. */
export function suggestionRoutes(dependencies: SuggestionRouteDependencies): readonly Route[] {
  const { store } = dependencies;
  const list: Route<z.infer<typeof listQuery>> = {
    method: "get",
    path: "/v1/suggestions",
    summary:
      "Improvement suggestions, newest first. A component asks for those that were accepted for it by target and status.",
    role: "read",
    query: listQuery,
    answers: { 200: { description: "A page of suggestions.", body: { name: "SuggestionPage", schema: pageSchema } } },
    errors: ["CURSOR_INVALID"],
    async handle({ query, path }, response) {
      const { limit: _limit, cursor: _cursor, ...given } = query;
      const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const { items, nextCursor } = await store.listSuggestions(filter, pageRequest(query));
      linkNextPage(response, path, query, nextCursor);
      sendJson(response, { suggestions: items.map(wireSuggestion), nextCursor });
    },
  };
  const accept = decisionRoute(
    dependencies,
    "accept",
    "accepted",
    "Accepts a suggestion: a change that it names is made; else its target finds it among the accepted ones and acknowledges it.",
  );
  const dismiss = decisionRoute(
    dependencies,
    "dismiss",
    "dismissed",
    "Dismisses a suggestion: it comes back only if as much is said anew.",
  );
  return [list, accept, dismiss, acknowledgeRoute(dependencies)] as readonly Route[];
}

function decisionRoute(
  { store, now, onDecided, delivery }: SuggestionRouteDependencies,
  verb: string,
  status: "accepted" | "dismissed",
  summary: string,
): Route<unknown, DecisionBody> {
  return {
    method: "post",
    path: `/v1/suggestions/{id}/${verb}`,
    summary,
    role: "operate",
    body: { name: "SuggestionDecision", schema: decisionSchema },
    answers: {
      200: { description: "The suggestion as it is now.", body: { name: "Suggestion", schema: suggestionSchema } },
      ...(status === "accepted"
        ? {
            202: {
              description: "It is accepted, and its change waits for the operation's turn.",
              body: { name: "Suggestion", schema: suggestionSchema },
            },
          }
        : {}),
    },
    errors: ["SUGGESTION_UNKNOWN", "SUGGESTION_DECIDED", ...(status === "accepted" ? (["ACT_REFUSED"] as const) : [])],
    async handle({ parameters, body, principal }, response) {
      const id = parameters["id"] ?? "";
      const by = body.by ?? principal.token;
      const before = await store.getSuggestion(id);
      const at = now();
      const decision = {
        status,
        at,
        // Each acceptance has an act of its own: one that was refused may be tried again.
        ...(status === "accepted" && before?.change !== undefined ? { act: `act-${id}-${at}` } : {}),
        ...(by === undefined ? {} : { by }),
        ...(body.why === undefined ? {} : { why: body.why }),
      };
      const decided = before && (await store.decideSuggestion(id, decision));
      if (before === undefined || decided === undefined)
        throw new ControllerError("SUGGESTION_UNKNOWN", `There is no suggestion "${id}".`);
      if (decided.status !== status && !(status === "accepted" && decided.status === "delivered"))
        throw new ControllerError("SUGGESTION_DECIDED", `It was ${decided.status} before.`);
      const delivered = await delivery.deliver(decided);
      if ("refusal" in delivered) throw new ControllerError("ACT_REFUSED", delivered.refusal);
      const { suggestion } = delivered;
      if (before.status === "open") onDecided(suggestion);
      const waits = suggestion.act !== undefined && suggestion.status === "accepted";
      sendJson(response.status(waits ? 202 : 200), wireSuggestion(suggestion));
    },
  };
}

interface ReceiptBody {
  readonly by?: string | undefined;
}

const receiptSchema: z.ZodType<ReceiptBody> = z.strictObject({
  by: z.string().min(1).max(128).optional().meta({ description: "Who has taken it." }),
});

/** The target has taken it: it is not among the accepted ones any more. */
function acknowledgeRoute({ store, now }: SuggestionRouteDependencies): Route<unknown, ReceiptBody> {
  return {
    method: "post",
    path: "/v1/suggestions/{id}/acknowledge",
    summary:
      "The target has taken an accepted suggestion: it is delivered, once. A second acknowledgement changes nothing.",
    role: "feedback",
    body: { name: "SuggestionReceipt", schema: receiptSchema },
    answers: {
      200: { description: "The suggestion as it is now.", body: { name: "Suggestion", schema: suggestionSchema } },
    },
    errors: ["SUGGESTION_UNKNOWN", "SUGGESTION_NOT_ACCEPTED"],
    async handle({ parameters, body }, response) {
      const id = parameters["id"] ?? "";
      const before = await store.getSuggestion(id);
      if (before === undefined) throw new ControllerError("SUGGESTION_UNKNOWN", `There is no suggestion "${id}".`);
      if (before.act !== undefined && before.status === "accepted")
        throw new ControllerError("SUGGESTION_NOT_ACCEPTED", "Its change is being made; nobody needs to take it.");
      const receipt = { at: now(), ...(body.by === undefined ? {} : { to: body.by }) };
      const delivered = await store.deliverSuggestion(id, receipt);
      if (delivered?.status !== "delivered")
        throw new ControllerError("SUGGESTION_NOT_ACCEPTED", `It is ${delivered?.status ?? "gone"}.`);
      sendJson(response, wireSuggestion(delivered));
    },
  };
}

function wireSuggestion({ createdAt, decidedAt, deliveredAt, ...suggestion }: Suggestion): WireSuggestion {
  return {
    ...suggestion,
    createdAt: wireTime(createdAt),
    ...(decidedAt === undefined ? {} : { decidedAt: wireTime(decidedAt) }),
    ...(deliveredAt === undefined ? {} : { deliveredAt: wireTime(deliveredAt) }),
  };
}

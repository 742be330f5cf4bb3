/** Improvement suggestions: the list, and a person's word on one. */
import type { Suggestion, SuggestionFilter, SuggestionStatus, SuggestionStore } from "@trimtab/engine";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import { type Route, sendJson } from "./route.ts";
import { timeSchema, wireTime } from "./wire/learning-wire.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What the routes need. */
export interface SuggestionRouteDependencies {
  readonly store: SuggestionStore;
  readonly now: () => number;
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
}

const STATUSES = ["open", "accepted", "dismissed"] as const;

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
    "Accepts a suggestion: its target finds it among the accepted ones.",
  );
  const dismiss = decisionRoute(
    dependencies,
    "dismiss",
    "dismissed",
    "Dismisses a suggestion: it comes back only if as much is said anew.",
  );
  return [list, accept, dismiss] as readonly Route[];
}

function decisionRoute(
  { store, now, onDecided }: SuggestionRouteDependencies,
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
    },
    errors: ["SUGGESTION_UNKNOWN", "SUGGESTION_DECIDED"],
    async handle({ parameters, body }, response) {
      const id = parameters["id"] ?? "";
      const before = await store.getSuggestion(id);
      const decision = {
        status,
        at: now(),
        ...(body.by === undefined ? {} : { by: body.by }),
        ...(body.why === undefined ? {} : { why: body.why }),
      };
      const decided = before && (await store.decideSuggestion(id, decision));
      if (before === undefined || decided === undefined)
        throw new ControllerError("SUGGESTION_UNKNOWN", `There is no suggestion "${id}".`);
      if (decided.status !== status)
        throw new ControllerError("SUGGESTION_DECIDED", `It was ${decided.status} before.`);
      if (before.status === "open") onDecided(decided);
      sendJson(response, wireSuggestion(decided));
    },
  };
}

function wireSuggestion({ createdAt, decidedAt, ...suggestion }: Suggestion): WireSuggestion {
  return {
    ...suggestion,
    createdAt: wireTime(createdAt),
    ...(decidedAt === undefined ? {} : { decidedAt: wireTime(decidedAt) }),
  };
}

/** What services are given: the allocation document, and resolved parameters for services without the package. */
import type { Context, ParameterValues } from "@trimtab/conventions";
import type { AllocationBoard, ResolvedParameters } from "@trimtab/engine";
import { z } from "zod";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";
import { contextSchema, parameterValuesSchema } from "./wire/learning-wire.ts";

/** What the routes need. */
export interface ParameterRouteDependencies {
  readonly operations: ConfiguredOperations;
  /** What is served; reading it touches neither the store nor the metric source. */
  readonly board: () => AllocationBoard;
  /** A number in [0, 1) for a call without a key. */
  readonly chance: () => number;
}

/** Resolved parameters for one call. */
interface WireParameters {
  readonly component: string;
  readonly operation: string;
  readonly parameters: ParameterValues;
  readonly variant: string;
  readonly role: ResolvedParameters["role"];
  readonly revision: string;
  /** The context whose allocation decided; empty for the one that holds everything. */
  readonly context: Context;
  /** The decision that set the shares; absent before the first. */
  readonly decision?: string | undefined;
  readonly reason: ResolvedParameters["reason"];
}

const parametersSchema: z.ZodType<WireParameters> = z.strictObject({
  component: z.string(),
  operation: z.string(),
  parameters: parameterValuesSchema,
  variant: z.string(),
  role: z.enum(["baseline", "incumbent", "challenger"]),
  revision: z.string(),
  context: contextSchema,
  decision: z.string().optional(),
  reason: z.enum(["STATIC", "TARGETING_MATCH", "SPLIT"]),
});

const documentSchema: z.ZodType = z
  .looseObject({
    schema: z.literal(1),
    revision: z.string(),
    issuedAt: z.string(),
    exploreUntil: z.string(),
    component: z.string(),
    operations: z.record(
      z.string(),
      z.looseObject({
        context: z.array(z.string()),
        holdoutSalt: z.string(),
        parameters: z.record(z.string(), z.looseObject({ type: z.enum(["number", "integer", "choice", "boolean"]) })),
        allocations: z.array(
          z.looseObject({
            context: contextSchema,
            salt: z.string(),
            decision: z.string().optional(),
            variants: z.array(
              z.looseObject({
                id: z.string(),
                role: z.enum(["baseline", "incumbent", "challenger"]),
                weight: z.number().min(0).max(1),
                parameters: parameterValuesSchema,
              }),
            ),
          }),
        ),
      }),
    ),
  })
  .meta({ description: "What a service polls. Ignore unknown fields: newer controllers may add some." });

/** The routes that services call. */
export function parameterRoutes({ operations, board, chance }: ParameterRouteDependencies): readonly Route[] {
  const allocations: Route<{ readonly component: string }> = {
    method: "get",
    path: "/v1/allocations",
    summary:
      "The document that a service polls, with If-None-Match: every operation's space, contexts, variants and shares.",
    role: "evaluate",
    query: z.strictObject({ component: z.string().min(1) }),
    answers: {
      200: { description: "The document.", body: { name: "AllocationDocument", schema: documentSchema } },
      304: { description: "It is the one that If-None-Match names." },
    },
    errors: ["COMPONENT_UNKNOWN"],
    handle({ query, header }, response) {
      const served = board().document(query.component);
      if (served === undefined) throw unknown(operations, query.component);
      response.set({ ETag: served.etag, "Cache-Control": "no-cache" });
      if (matches(header("if-none-match"), served.etag)) response.status(304).end();
      else response.type("application/json").send(Buffer.from(served.bytes));
    },
  };
  const parameters: Route<{ readonly key?: string | undefined }> = {
    method: "get",
    path: "/v1/parameters/{component}/{operation}",
    summary:
      "Parameters for one call, resolved: ctx.genre=rock is the call's context; the same key gets the same variant.",
    role: "evaluate",
    query: z.strictObject({
      key: z
        .string()
        .min(1)
        .optional()
        .meta({ description: "Who or what is to stay with one variant; by chance where it is absent." }),
    }),
    takesContext: true,
    answers: { 200: { description: "The parameters.", body: { name: "Parameters", schema: parametersSchema } } },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN"],
    handle({ parameters: place, query, context: given }, response) {
      const { component, operation } = operations.find(place["component"] ?? "", place["operation"] ?? "");
      const point = query.key === undefined ? { chance: chance() } : { key: query.key };
      const resolved = board().resolve({ component, operation }, given, point);
      if (resolved === undefined) throw unknown(operations, component);
      const { values, variant, role, revision, context, decision, reason } = resolved;
      const answer: WireParameters = {
        component,
        operation,
        parameters: values,
        variant,
        role,
        revision,
        context,
        decision,
        reason,
      };
      sendJson(response, answer);
    },
  };
  return [allocations, parameters] as readonly Route[];
}

/** A component that the configuration lacks; or, for a moment during a reload, that the board does not know yet. */
function unknown(operations: ConfiguredOperations, component: string): Error {
  operations.ofComponent(component);
  return new Error(`there is no document for "${component}"`);
}

/** Does an If-None-Match name the tag? Weak ones count: the comparison is the weak one (RFC 9110, 13.1.2). */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag || ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

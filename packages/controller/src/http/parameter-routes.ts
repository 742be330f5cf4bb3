/** What services are given: the allocation document, and resolved parameters for services without the package. */
import { z } from "zod";
import { type Authorize, isAllowed } from "./authentication.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { FLAG_CHANGES_PATH } from "./ofrep-paths.ts";
import { parametersText, sendDocument, sendParameters, type WireParameters } from "./parameter-answers.ts";
import type { Route } from "./route.ts";
import type { Serving } from "./serving.ts";
import { streamAllocations, streamFlagChanges, wantsEventStream } from "./stream-answers.ts";
import { contextSchema, parameterValuesSchema } from "./wire/learning-wire.ts";

/** What the routes need. */
export interface ParameterRouteDependencies {
  readonly operations: ConfiguredOperations;
  /** Reading what is served touches neither the store nor the metric source. */
  readonly serving: Serving;
  readonly authorize: Authorize;
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
export function parameterRoutes({ operations, serving, authorize }: ParameterRouteDependencies): readonly Route[] {
  const allocations: Route<{ readonly component: string }> = {
    method: "get",
    path: "/v1/allocations",
    summary:
      "The document that a service polls, with If-None-Match: every operation's space, contexts, variants and shares.",
    role: "evaluate",
    query: z.strictObject({ component: z.string().min(1) }),
    answers: {
      200: {
        description:
          "The document. With `Accept: text/event-stream` a stream: `event: document` with each new one, its revision as `id`, and `event: unchanged` at least every 15 s.",
        body: { name: "AllocationDocument", schema: documentSchema },
      },
      304: { description: "It is the one that If-None-Match names." },
    },
    errors: ["COMPONENT_UNKNOWN", "STREAM_LIMIT_REACHED"],
    handle({ query: { component }, header, credentials }, response) {
      const served = serving.watch.document(component);
      if (served === undefined) throw unknown(operations, component);
      const { req: request } = response;
      if (wantsEventStream(request)) {
        const mayGoOn = (): boolean => isAllowed(authorize, credentials, "evaluate");
        response.locals["route"] = "/v1/allocations (stream)";
        if (streamAllocations(request, response, serving, component, mayGoOn)) return;
        response.locals["route"] = "/v1/allocations";
      }
      sendDocument(response, served, header("if-none-match"));
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
      const text = parametersText(serving, component, operation, given, query.key);
      if (text === undefined) throw unknown(operations, component);
      sendParameters(response, text);
    },
  };
  const flagChanges: Route<{ readonly capability: string }> = {
    method: "get",
    path: FLAG_CHANGES_PATH,
    summary:
      "Notices that flags have changed, as server-sent events of OFREP. The address is not made by hand: a bulk evaluation gives it, for one to two hours.",
    role: "open",
    query: z.strictObject({ capability: z.string().min(1).meta({ description: "What the address allows, signed." }) }),
    answers: { 200: { description: "The stream.", body: "text/event-stream" } },
    errors: ["STREAM_ADDRESS_INVALID", "STREAM_LIMIT_REACHED"],
    handle({ query }, response) {
      streamFlagChanges(response.req, response, serving, query.capability);
    },
  };
  return [allocations, parameters, flagChanges] as readonly Route[];
}

/** A component that the configuration lacks; or, for a moment during a reload, that the board does not know yet. */
function unknown(operations: ConfiguredOperations, component: string): Error {
  operations.ofComponent(component);
  return new Error(`there is no document for "${component}"`);
}

/** The routes of the remote evaluation protocol for the OpenAPI document; `OfrepListener` serves them. */
import { z } from "zod";
import { FLAGS_PATH } from "./ofrep-paths.ts";
import type { DescribedRoute } from "./route.ts";

const metadataSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const successSchema = z.strictObject({
  key: z.string(),
  reason: z.enum(["STATIC", "TARGETING_MATCH", "SPLIT"]),
  value: z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.unknown())]),
  variant: z.string(),
  metadata: metadataSchema.meta({
    description:
      "component, operation, revision, context, decision, role, and the handle by which feedback finds the variant.",
  }),
});

const failureSchema = z.strictObject({
  key: z.string().optional(),
  errorCode: z.enum(["PARSE_ERROR", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"]),
  errorDetails: z.string(),
});

const bulkSchema = z.strictObject({
  flags: z.array(successSchema),
  metadata: metadataSchema,
  eventStreams: z.array(
    z.strictObject({
      type: z.literal("sse"),
      endpoint: z.strictObject({ requestUri: z.string() }),
      inactivityDelaySec: z.int().min(1),
    }),
  ),
});

const requestSchema = z.looseObject({
  context: z
    .looseObject({
      targetingKey: z.string().nullish().meta({ description: "The sticky key; by chance where it is absent." }),
    })
    .optional()
    .meta({ description: "The context keys of operations; other attributes are ignored." }),
});

const failure = (description: string) => ({ description, body: { name: "EvaluationFailure", schema: failureSchema } });

const FAILURES = {
  400: failure("The body or the context cannot be used."),
  401: { description: "A token is needed, or the token is not known." },
  403: { description: "The token does not allow this, or a web page from elsewhere asks." },
  405: failure("The address takes POST only."),
  413: failure("The body is too large; 1 MiB is the most."),
  421: failure("Without tokens the controller is for this machine only."),
  429: { description: "Too many requests; Retry-After tells when to come again." },
  500: failure("The controller failed."),
  503: failure("The controller is shutting down."),
};

const body = { name: "EvaluationRequest", schema: requestSchema };

/** They describe every answer themselves: their errors are not problem+json. */
export const OFREP_ROUTES: readonly DescribedRoute[] = [
  {
    method: "post",
    path: `${FLAGS_PATH}/{key}`,
    summary:
      "OFREP 0.3.0: one flag. component.operation is all parameters as an object, component.operation.parameter one value.",
    role: "evaluate",
    body,
    answers: {
      200: { description: "The evaluation.", body: { name: "Evaluation", schema: successSchema } },
      ...FAILURES,
      404: failure("There is no such flag."),
    },
    describesErrors: true,
    errors: [],
  },
  {
    method: "post",
    path: FLAGS_PATH,
    summary:
      "OFREP 0.3.0: all flags, with a strong ETag that needs no evaluation. The header Trimtab-Component narrows them to some components.",
    role: "evaluate",
    body,
    answers: {
      200: { description: "The evaluations.", body: { name: "BulkEvaluation", schema: bulkSchema } },
      304: { description: "They are the ones that If-None-Match names." },
      ...FAILURES,
    },
    describesErrors: true,
    errors: [],
  },
];

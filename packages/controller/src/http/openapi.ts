/** The OpenAPI 3.1 document, made of the same routes and schemas that check requests. */
import { z } from "zod";
import { describeError, type ErrorCode } from "../errors.ts";
import { withoutDefinitions } from "./openapi-definitions.ts";
import { problemSchema } from "./problem.ts";
import type { Answer, DescribedRoute } from "./route.ts";

/** What any route may answer beside its own errors. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  "PARAMETER_INVALID",
  "HOST_REFUSED",
  "INTERNAL_ERROR",
  "STORE_FAILED",
  "SHUTTING_DOWN",
];
const BODY_ERRORS: readonly ErrorCode[] = [
  "BODY_MALFORMED",
  "BODY_INVALID",
  "BODY_TOO_LARGE",
  "MEDIA_TYPE_UNSUPPORTED",
];
const TOKEN_ERRORS: readonly ErrorCode[] = ["TOKEN_MISSING", "TOKEN_UNKNOWN", "ROLE_MISSING", "RATE_LIMITED"];

/** The document for a set of routes. */
export function openApiDocument(routes: readonly DescribedRoute[], version: string): Record<string, unknown> {
  const schemas: Record<string, unknown> = { Problem: jsonSchema(problemSchema, "output") };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = (paths[route.path] ??= {});
    path[route.method] = operationObject(route, schemas);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Trimtab controller",
      version,
      description: "Parameters that tune themselves from the metrics that services already emit.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "Needed where controller.tokens has any." },
      },
    },
  };
}

function operationObject(route: DescribedRoute, schemas: Record<string, unknown>): Record<string, unknown> {
  const { method, path, summary, role, body } = route;
  if (body !== undefined) schemas[body.name] = withoutDefinitions(jsonSchema(body.schema, "input"), body.name, schemas);
  return {
    operationId: `${method}${path.replaceAll(/[^A-Za-z0-9]+([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(role === "open" ? { security: [] } : { security: [{ bearer: [] }], "x-role": role }),
    parameters: [...pathParameters(path), ...queryParameters(route)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: false, content: { "application/json": { schema: reference(body.name) } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, responseObject(answer, schemas)]),
      ),
      ...(route.describesErrors === true ? {} : errorResponses(route)),
    },
  };
}

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters({ query, takesContext }: DescribedRoute): unknown[] {
  const parameters: unknown[] = [];
  if (query !== undefined) {
    const { properties = {}, required = [] } = jsonSchema(query, "input") as {
      properties?: Record<string, { description?: string }>;
      required?: string[];
    };
    for (const [name, { description, ...schema }] of Object.entries(properties)) {
      parameters.push({
        name,
        in: "query",
        required: required.includes(name),
        ...(description === undefined ? {} : { description }),
        schema,
      });
    }
  }
  if (takesContext === true) {
    parameters.push({
      name: "context",
      in: "query",
      required: false,
      description:
        "The context, each key as a parameter of its own with `ctx.` before it: `ctx.genre=rock&ctx.mood=calm`.",
      schema: { type: "object", patternProperties: { "^ctx\\.": { type: "string" } }, additionalProperties: false },
      style: "form",
      explode: true,
    });
  }
  return parameters;
}

function responseObject({ description, body }: Answer, schemas: Record<string, unknown>): Record<string, unknown> {
  if (body === undefined) return { description };
  if (typeof body === "string") {
    const type = body === "application/json" ? "object" : "string";
    return { description, content: { [body]: { schema: { type } } } };
  }
  schemas[body.name] ??= withoutDefinitions(jsonSchema(body.schema, "output"), body.name, schemas);
  return { description, content: { "application/json": { schema: reference(body.name) } } };
}

function errorResponses(route: DescribedRoute): Record<string, unknown> {
  const codes = [
    ...COMMON_ERRORS,
    ...(route.role === "open" ? [] : TOKEN_ERRORS),
    ...(route.method === "get" ? [] : (["ORIGIN_REFUSED"] as const)),
    ...(route.body === undefined ? [] : BODY_ERRORS),
    ...route.errors,
  ];
  const byStatus = Map.groupBy(codes, (code) => describeError(code).status);
  const own = new Set(Object.keys(route.answers).map(Number));
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !own.has(status))
      .map(([status, ofStatus]) => [
        String(status),
        {
          description: ofStatus.map((code) => `${code}: ${describeError(code).title}.`).join(" "),
          content: { "application/problem+json": { schema: reference("Problem") } },
        },
      ]),
  );
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as Record<string, unknown>;
  return rest;
}

function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

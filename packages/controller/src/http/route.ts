/** A route as data: what it takes, what it answers and who may use it. express and the OpenAPI document are made of the same. */
import type { Context } from "@trimtab/conventions";
import express, { type Express, type Request, type Response } from "express";
import type { z } from "zod";
import type { Role } from "../config/config-file.ts";
import { formatPath } from "../config/problem-list.ts";
import { schemaProblems } from "../config/schema-problems.ts";
import { ControllerError, type ErrorCode } from "../errors.ts";
import { type Credentials, NOBODY, type Principal } from "./authentication.ts";
import { hasBody } from "./problem.ts";
import { type EntryDependencies, enter } from "./request-gate.ts";
import { DEEPEST_NESTING, isNestedTooDeep } from "./wire/nesting.ts";
import { nullCharacterProblems } from "./wire/null-characters.ts";

/** An answer of a route that is no error. */
export interface Answer {
  readonly description: string;
  /** Absent: no body. A text: the media type of a body that is no JSON. */
  readonly body?: { readonly name: string; readonly schema: z.ZodType } | string;
}

/** One route. */
export interface Route<Query = unknown, Body = unknown> {
  readonly method: "get" | "post" | "put" | "delete";
  /** As in OpenAPI: `/v1/operations/{component}/{operation}`. */
  readonly path: string;
  readonly summary: string;
  /** The role that a token needs, or `open` for everybody. */
  readonly role: Role | "open";
  /** The query parameters without the context; unknown ones are refused. */
  readonly query?: z.ZodType<Query>;
  /** Does the route take the context as `ctx.genre=rock`? */
  readonly takesContext?: boolean;
  readonly body?: { readonly name: string; readonly schema: z.ZodType<Body> };
  readonly answers: Readonly<Record<number, Answer>>;
  /** The errors that it answers beside those that any route may answer. */
  readonly errors: readonly ErrorCode[];
  readonly handle: (request: RouteRequest<Query, Body>, response: Response) => Promise<void> | void;
}

/** What the OpenAPI document says of a route. */
export interface DescribedRoute extends Omit<Route, "handle"> {
  /** Its errors are among its answers, and it has no others. */
  readonly describesErrors?: boolean;
}

/** A request after its check. */
export interface RouteRequest<Query, Body = unknown> {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
  /** What stood under `ctx.`; empty values are left out, as they are everywhere. */
  readonly context: Context;
  readonly body: Body;
  /** Who asks. */
  readonly principal: Principal;
  /** For asking again later, or for another role. */
  readonly credentials: Credentials;
  readonly header: (name: string) => string | undefined;
  /** The address of the request without its query. */
  readonly path: string;
}

const LARGEST_BODY_BYTES = 1024 * 1024;
const parseBody = express.json({ limit: LARGEST_BODY_BYTES, strict: false });

/** Reads a body only where there is a use for it and whoever sends it may: nobody else has megabytes parsed. */
function readBody(request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    parseBody(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error as Error);
    });
  });
}

/** Puts routes onto an app; a known address with another method is answered with 405. */
export function mountRoutes(app: Express, routes: readonly Route[], entry: EntryDependencies): void {
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    const path = expressPath(route.path);
    methods.set(path, [
      ...(methods.get(path) ?? []),
      ...(route.method === "get" ? ["GET", "HEAD"] : [route.method.toUpperCase()]),
    ]);
    app[route.method](path, async (request: Request, response: Response) => {
      response.locals["route"] = route.path;
      const principal = route.role === "open" ? NOBODY : enter(request, route.role, entry);
      if (route.body !== undefined) await readBody(request, response);
      await route.handle({ ...checked(route, request), principal }, response);
    });
  }
  for (const [path, allowed] of methods) {
    app.all(path, (request: Request, response: Response) => {
      const headers = { Allow: [...allowed, "OPTIONS"].join(", ") };
      if (request.method === "OPTIONS") {
        response.set(headers).status(204).end();
        return;
      }
      throw new ControllerError("METHOD_NOT_ALLOWED", `${request.path} does not know ${request.method}.`, { headers });
    });
  }
}

/** Sends JSON. */
export function sendJson(response: Response, value: unknown): void {
  if (response.get("Cache-Control") === undefined) response.set("Cache-Control", "no-store");
  response.type("application/json").send(JSON.stringify(value));
}

/** `ctx.genre=rock` says that the context has the genre rock. */
const CONTEXT_PREFIX = "ctx.";

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function checked<Query, Body>(
  route: Route<Query, Body>,
  request: Request,
): Omit<RouteRequest<Query, Body>, "principal"> {
  const given = Object.entries(request.query);
  const twice = given.flatMap(([name, value]) => (typeof value === "string" ? [] : [name]));
  const once = given.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const isContext = (name: string): boolean => route.takesContext === true && name.startsWith(CONTEXT_PREFIX);
  // From entries, because an assignment to `__proto__` would be lost and so go unseen.
  const query: Record<string, unknown> = Object.fromEntries(once.filter(([name]) => !isContext(name)));
  const context = Object.fromEntries(
    once.flatMap(([name, value]) =>
      isContext(name) && value !== "" ? [[name.slice(CONTEXT_PREFIX.length), value] as const] : [],
    ),
  );
  const problems = [
    ...nullCharacters({ ...request.params, ...Object.fromEntries(once) }),
    ...twice.map((path) => ({ path, message: "is given twice" })),
    ...(route.query === undefined ? unknownParameters(query) : problemsOf(route.query, query)),
  ];
  if (problems.length > 0) throw invalid("PARAMETER_INVALID", problems);
  return {
    parameters: request.params as Record<string, string>,
    query: route.query === undefined ? (query as Query) : route.query.parse(query),
    context,
    body: checkedBody(route, request),
    credentials: request.headers,
    header: (name) => request.get(name),
    path: request.path,
  };
}

function checkedBody<Query, Body>(route: Route<Query, Body>, request: Request): Body {
  if (route.body === undefined) return undefined as Body;
  if (hasBody(request) && request.is("application/json") === false) {
    throw new ControllerError(
      "MEDIA_TYPE_UNSUPPORTED",
      `The body's type is ${request.get("content-type") ?? "not told"}.`,
    );
  }
  const body: unknown = hasBody(request) ? request.body : {};
  if (isNestedTooDeep(body))
    throw invalid("BODY_INVALID", [{ path: "", message: `is nested deeper than ${DEEPEST_NESTING} levels` }]);
  // The items of a batch are checked one by one, so that a bad one costs no other.
  const problems = [...nullCharacters(body, { intoLists: false }), ...problemsOf(route.body.schema, body)];
  if (problems.length > 0) throw invalid("BODY_INVALID", problems);
  return route.body.schema.parse(body);
}

function unknownParameters(query: Readonly<Record<string, unknown>>): { path: string; message: string }[] {
  return Object.keys(query).map((path) => ({ path, message: "is unknown; this address takes no parameters" }));
}

function nullCharacters(...given: Parameters<typeof nullCharacterProblems>): { path: string; message: string }[] {
  return nullCharacterProblems(...given).map(({ path, message }) => ({ path: formatPath(path), message }));
}

function problemsOf(schema: z.ZodType, value: unknown): { path: string; message: string }[] {
  return schemaProblems(schema, value).map(({ path, message }) => ({ path: formatPath(path), message }));
}

function invalid(
  code: "PARAMETER_INVALID" | "BODY_INVALID",
  problems: readonly { path: string; message: string }[],
): ControllerError {
  const detail = problems.map(({ path, message }) => `${path === "" ? "The body" : path} ${message}`).join("; ");
  return new ControllerError(code, detail.endsWith("?") ? detail : `${detail}.`, { problems });
}

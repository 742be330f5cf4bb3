/**
 * What happens to every request before anybody looks at what it asks, as plain functions of node:http: express and the routes that are
 * served ahead of it do the same.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "@trimtab/engine";
import type { Role } from "../config/config-file.ts";
import { ControllerError } from "../errors.ts";
import { type RequestSpan, startRequestSpan } from "../tracing/request-span.ts";
import type { Authorize, Principal } from "./authentication.ts";
import { guardAgainstPages } from "./browser-guard.ts";
import type { LimitFailures, LimitRate } from "./rate-limit.ts";

/** A request that is over. */
interface FinishedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What the gate works with. */
export interface GateDependencies {
  readonly onRequest: (request: FinishedRequest) => void;
  /** Is there no token, so that whoever reaches the port may do everything? */
  readonly isOpen: () => boolean;
  readonly isShuttingDown: () => boolean;
  readonly log: Log;
}

/** The id of a request: a new one, or the one that a proxy gave it. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Gives a request its id, and tells it to the caller. */
export function identify(request: IncomingMessage, response: ServerResponse): string {
  const id = requestIdOf(request);
  response.setHeader("X-Request-Id", id);
  response.setHeader("X-Content-Type-Options", "nosniff");
  return id;
}

/** Begins the span of the request, and tells of the request when it is over. */
export function observe(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  { onRequest, log }: GateDependencies,
  routeOf: () => string,
): RequestSpan {
  const startedAt = performance.now();
  const span = startRequestSpan(request);
  response.once("close", () => {
    const finished = {
      method: request.method ?? "",
      route: routeOf(),
      status: response.statusCode,
      seconds: (performance.now() - startedAt) / 1000,
    };
    onRequest(finished);
    span.end(finished.route, finished.status);
    log.debug("request", { ...finished, requestId, ...span.ids });
  });
  return span;
}

/** What every request that needs a role passes. */
export interface EntryDependencies {
  readonly authorize: Authorize;
  readonly limitRate: LimitRate;
  readonly limitFailures: LimitFailures;
}

/**
 * Lets a request in that may be made by its token, and is not one too many.
 *
 * @throws {ControllerError} TOKEN_MISSING, TOKEN_UNKNOWN, ROLE_MISSING or RATE_LIMITED.
 */
export function enter(request: IncomingMessage, role: Role, entry: EntryDependencies): Principal {
  let principal: Principal;
  try {
    principal = entry.authorize(request.headers, role);
  } catch (error) {
    throw refusalOf(request, error, entry);
  }
  entry.limitRate(request, principal, role);
  return principal;
}

/** What a request is told that was not let in: why, or that too many with a wrong token came from its address. Counts those. */
export function refusalOf(
  request: IncomingMessage,
  error: unknown,
  { limitFailures }: Pick<EntryDependencies, "limitFailures">,
): unknown {
  if (!(error instanceof ControllerError) || error.code !== "TOKEN_UNKNOWN") return error;
  try {
    limitFailures(request);
    return error;
  } catch (tooMany) {
    return tooMany;
  }
}

/** @throws {ControllerError} SHUTTING_DOWN, HOST_REFUSED or ORIGIN_REFUSED. */
export function admit(request: IncomingMessage, { isShuttingDown, isOpen }: GateDependencies): void {
  if (isShuttingDown())
    throw new ControllerError("SHUTTING_DOWN", "The controller is shutting down.", {
      headers: { Connection: "close" },
    });
  if (isOpen()) guardAgainstPages(request);
}

/**
 * Requests that the service answers, as Node itself tells them: no patch, no loader, a few microseconds, in ES modules and CommonJS
 * alike. What a request was is read when its response is over.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { reportOwnFailure } from "../own-failure.ts";
import type { HttpRules } from "./configuration.ts";
import type { HttpOperations } from "./http-operations.ts";
import { askedPath, RouteNames } from "./http-route.ts";
import { isOwnServer } from "./own-servers.ts";
import { matcher } from "./pattern.ts";

const DEFAULT_MAXIMUM_PATHS = 100;
const STARTED = Symbol("trimtab.started");
const ROUTE = Symbol("trimtab.route");

interface TrackedRequest extends IncomingMessage {
  [STARTED]?: number;
  [ROUTE]?: string;
}

interface StartMessage {
  readonly request: TrackedRequest;
  readonly response: ServerResponse;
  readonly server: Server;
}

interface FastifyMessage {
  readonly request?: { readonly raw?: TrackedRequest };
  readonly route?: { readonly url?: unknown };
}

/** Begins to track; for the life of the process. */
export function trackHttpServers(rules: HttpRules, operations: HttpOperations): void {
  const routes = new RouteNames(rules.maximumPaths ?? DEFAULT_MAXIMUM_PATHS);
  const ignored = (rules.ignore ?? []).map(matcher);

  function onClose(this: ServerResponse): void {
    try {
      const request = this.req as TrackedRequest;
      const startedAt = request[STARTED];
      if (startedAt === undefined) return;
      const durationMilliseconds = performance.now() - startedAt;
      if (ignored.some((matches) => matches(askedPath(request)))) return;
      operations.record({
        method: request.method ?? "GET",
        route: routes.of(request, this.statusCode, request[ROUTE]),
        status: this.headersSent ? this.statusCode : 0,
        durationMilliseconds,
        isAborted: !this.writableFinished && !isEndless(this),
      });
    } catch (error) {
      reportOwnFailure("tracking an HTTP request", error);
    }
  }

  subscribe("http.server.request.start", (message) => {
    try {
      const { request, response, server } = message as StartMessage;
      if (isOwnServer(server)) return;
      request[STARTED] = performance.now();
      // Not the channel of finished responses: a client that goes away is told by nothing else.
      response.on("close", onClose);
    } catch (error) {
      reportOwnFailure("tracking an HTTP request", error);
    }
  });

  // Fastify keeps its route to itself, and tells it here.
  subscribe("tracing:fastify.request.handler:start", (message) => {
    try {
      const { request, route } = message as FastifyMessage;
      if (request?.raw !== undefined && typeof route?.url === "string") request.raw[ROUTE] = route.url;
    } catch (error) {
      reportOwnFailure("reading a route", error);
    }
  });
}

/** Streams of events are ended by the client that listens: that is their success. */
function isEndless(response: ServerResponse & { readonly _header?: string | null }): boolean {
  // What was given to writeHead() can be asked for nowhere else.
  return /^content-type: *text\/event-stream/im.test(response._header ?? "");
}

/**
 * The page that Prometheus scrapes. Nothing about it can stop the application, keep it from ending, or hold it up: the page is
 * written in small pieces, and after a few milliseconds of work everybody else has a turn.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { constants, createGzip } from "node:zlib";
import { nodeHttp } from "./node-http.ts";
import { describeError, reportOwnFailure } from "./own-failure.ts";
import { declareOwnServer } from "./zero-code/own-servers.ts";

/** What the page shows, and where. */
export interface MetricsPage {
  readonly host: string;
  readonly port: number;
  /** What the service's other meters say, as whole lines; anew for each scrape. */
  readonly renderOthers: () => Promise<string>;
  /** The rest of the page in parts of whole lines; anew for each scrape. */
  readonly parts: () => Iterable<string>;
  /** Hears of the server's errors, such as a port that is taken. */
  readonly onError: (message: string) => void;
}

/** Work on a page without a turn for others, in milliseconds. */
const LONGEST_WORK_MILLISECONDS = 2;
/** Characters that are written at once. */
const CHUNK_LENGTH = 32_768;

/** Serves `/metrics`. A server of our own rather than the exporter's, whose errors nobody would hear after the first. */
export function serveMetricsPage(page: MetricsPage): Server {
  const { host, port, onError } = page;
  const server = declareOwnServer(nodeHttp().createServer());
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.split("?")[0] !== "/metrics") return void response.writeHead(404).end();
    void answer(request, response, page);
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    const remedy = error.code === "EADDRINUSE" ? "; set OTEL_EXPORTER_PROMETHEUS_PORT to another port" : "";
    onError(`no metrics page at ${host}:${port}${remedy} (${error.message})`);
  });
  server.on("connection", (socket) => socket.unref()); // a scrape that is under way must not keep a service alive
  server.unref();
  giveWay(server, onError);
  // A worker of a cluster would otherwise share the port with its siblings, and each scrape would show another one of them.
  return server.listen({ host, port, exclusive: true });
}

/** The application comes first: where it asks for the port of the page, the page goes. Node tells in time from version 22 on. */
function giveWay(server: Server, onError: MetricsPage["onError"]): void {
  const onListen = (message: unknown): void => {
    try {
      const { server: asking, options } = message as { server?: unknown; options?: { port?: unknown } };
      const address = server.address();
      if (asking === server || address === null || typeof address === "string") return;
      if (Number(options?.port) !== address.port) return;
      server.close();
      onError(
        `no metrics page: the application listens at port ${address.port} itself; set OTEL_EXPORTER_PROMETHEUS_PORT to another port`,
      );
    } catch (error) {
      reportOwnFailure("looking for the port of the application", error);
    }
  };
  subscribe("tracing:net.server.listen:asyncStart", onListen);
  server.once("close", () => unsubscribe("tracing:net.server.listen:asyncStart", onListen));
}

async function answer(request: IncomingMessage, response: ServerResponse, page: MetricsPage): Promise<void> {
  try {
    const chunks = Readable.from(inTurns(await page.renderOthers(), page.parts()), { objectMode: false });
    const isZipped = acceptsGzip(request.headers["accept-encoding"]);
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.setHeader("vary", "accept-encoding");
    if (!isZipped) return await pipeline(chunks, response);
    response.setHeader("content-encoding", "gzip");
    // The fastest level: the numbers differ from page to page, the names compress well at any level.
    await pipeline(chunks, createGzip({ level: constants.Z_BEST_SPEED }), response);
  } catch (error) {
    // Half a page would be taken for the whole: Prometheus must see that the scrape failed.
    if (response.headersSent || response.destroyed) return void response.destroy();
    response.removeHeader("content-encoding");
    response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end(describeError(error));
  }
}

async function* inTurns(first: string, parts: Iterable<string>): AsyncGenerator<string, void> {
  let chunk = first;
  let startedAt = performance.now();
  for (const part of parts) {
    chunk += part;
    if (chunk.length >= CHUNK_LENGTH) {
      yield chunk;
      chunk = "";
    }
    if (performance.now() - startedAt < LONGEST_WORK_MILLISECONDS) continue;
    await setImmediate();
    startedAt = performance.now();
  }
  if (chunk !== "") yield chunk;
}

/** `gzip`, also among others, unless with a quality of zero. */
function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return /(?:^|,)\s*(?:gzip|\*)\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))/i.test(String(accepted ?? ""));
}

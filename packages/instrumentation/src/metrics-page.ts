/**
 * The page that Prometheus scrapes. Nothing about it can stop the application, keep it from ending, or hold it up: the page is
 * written in small pieces, and after a few milliseconds of work everybody else has a turn.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openFamilies } from "./metrics/open-families.ts";
import { acceptedFormat, CONTENT_TYPES, type PageFormat } from "./metrics/page-format.ts";
import { nodeHttp, nodeZlib } from "./node-on-demand.ts";
import { describeError, reportOwnFailure } from "./own-failure.ts";
import { Turns } from "./turns.ts";
import { declareOwnServer } from "./zero-code/own-servers.ts";

/** What the page shows, and where. */
export interface MetricsPage {
  readonly host: string;
  readonly port: number;
  /** What the service's other meters say, as whole lines of text format 0.0.4; anew for each scrape. */
  readonly renderOthers: () => Promise<string>;
  /** The rest of the page in parts of whole lines, without an end mark; anew for each scrape. */
  readonly parts: (format: PageFormat) => Iterable<string>;
  /** Hears of the server's errors, such as a port that is taken. */
  readonly onError: (message: string) => void;
}

/** Characters that are written at once. */
const CHUNK_LENGTH = 32_768;
/** Of a page in OpenMetrics: without it the page was cut off. */
const END_MARK = "# EOF\n";

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
    const others = await page.renderOthers();
    const opened = acceptedFormat(request.headers.accept) === "openmetrics" ? await openFamilies(others) : undefined;
    const format = opened === undefined ? "plain" : "openmetrics";
    const parts = inOrder(opened ?? [others], page.parts(format), opened === undefined ? [] : [END_MARK]);
    const chunks = Readable.from(inTurns(parts), { objectMode: false });
    const isZipped = acceptsGzip(request.headers["accept-encoding"]);
    response.setHeader("content-type", CONTENT_TYPES[format]);
    response.setHeader("vary", "accept, accept-encoding");
    if (!isZipped) return await pipeline(chunks, response);
    response.setHeader("content-encoding", "gzip");
    // The fastest level: the numbers differ from page to page, the names compress well at any level.
    const { constants, createGzip } = nodeZlib();
    await pipeline(chunks, createGzip({ level: constants.Z_BEST_SPEED }), response);
  } catch (error) {
    // Half a page would be taken for the whole: Prometheus must see that the scrape failed.
    if (response.headersSent || response.destroyed) return void response.destroy();
    response.removeHeader("content-encoding");
    response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end(describeError(error));
  }
}

function* inOrder(...all: readonly Iterable<string>[]): Generator<string, void> {
  for (const parts of all) yield* parts;
}

async function* inTurns(parts: Iterable<string>): AsyncGenerator<string, void> {
  let chunk = "";
  const turns = new Turns();
  for (const part of parts) {
    chunk += part;
    if (chunk.length >= CHUNK_LENGTH) {
      yield chunk;
      chunk = "";
    }
    if (turns.isOver) await turns.pass();
  }
  if (chunk !== "") yield chunk;
}

/** `gzip`, also among others, unless with a quality of zero. */
function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return /(?:^|,)\s*(?:gzip|\*)\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))/i.test(String(accepted ?? ""));
}

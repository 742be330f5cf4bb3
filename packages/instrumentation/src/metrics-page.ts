/** The page that Prometheus scrapes. Nothing about it can stop the application, or keep it from ending. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { describeError } from "./own-failure.ts";

/** What the page shows, and where. */
export interface MetricsPage {
  readonly host: string;
  readonly port: number;
  /** The text of the page, anew for each scrape. */
  readonly render: () => Promise<string>;
  /** Hears of the server's errors, such as a port that is taken. */
  readonly onError: (message: string) => void;
}

/** Serves `/metrics`. A server of our own rather than the exporter's, whose errors nobody would hear after the first. */
export function serveMetricsPage({ host, port, render, onError }: MetricsPage): Server {
  const server = createServer((request, response) => {
    if (request.url?.split("?")[0] !== "/metrics") return void response.writeHead(404).end();
    void answer(response, render);
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    const remedy = error.code === "EADDRINUSE" ? "; set OTEL_EXPORTER_PROMETHEUS_PORT to another port" : "";
    onError(`no metrics page at ${host}:${port}${remedy} (${error.message})`);
  });
  server.on("connection", (socket) => socket.unref()); // a scrape that is under way must not keep a service alive
  server.unref();
  return server.listen({ host, port });
}

async function answer(response: ServerResponse, render: () => Promise<string>): Promise<void> {
  try {
    const text = await render();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
  } catch (error) {
    // Half a page would be taken for the whole: Prometheus must see that the scrape failed.
    response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end(describeError(error));
  }
}

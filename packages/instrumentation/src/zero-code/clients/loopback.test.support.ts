/** Servers on loopback that a service under test talks to: a controller with one variant, and models that always answer the same. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const servers = new Map<string, Server>();

/** Serves until `stopServers`. */
export async function serve(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => answer(request, body, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  servers.set(url, server);
  return url;
}

/** From now on nobody listens there. */
export async function stopServer(url: string): Promise<void> {
  const server = servers.get(url);
  if (server === undefined) return;
  servers.delete(url);
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

/** For after each test. */
export async function stopServers(): Promise<void> {
  await Promise.all([...servers.keys()].map(stopServer));
}

/** A parameter and the value that every call gets. */
interface Served {
  readonly space: Readonly<Record<string, unknown>>;
  readonly value: number | string;
}

/** A controller that serves these values to every call of an operation, as the variant `v-served`. */
export function serveController(
  operation: string,
  context: readonly string[],
  served: Readonly<Record<string, Served>>,
): Promise<string> {
  const parameters = Object.fromEntries(Object.entries(served).map(([name, { space }]) => [name, space]));
  const values = Object.fromEntries(Object.entries(served).map(([name, { value }]) => [name, value]));
  const variant = { id: "v-served", role: "incumbent", weight: 1, parameters: values };
  const allocations = [{ context: {}, salt: "s", variants: [variant] }];
  return serve((request, _, response) => {
    const component = new URL(request.url ?? "", "http://x").searchParams.get("component");
    const times = { issuedAt: "2026-11-20T10:00:00Z", exploreUntil: "2026-11-20T10:05:00Z" };
    const operations = { [operation]: { context, holdoutSalt: "h", parameters, allocations } };
    response.end(JSON.stringify({ schema: 1, revision: "r1", component, operations, ...times }));
  });
}

/** A model that answers chat completions, responses and messages, whole or as events; and 429 to who says "fail". */
export async function serveModel(): Promise<{
  readonly url: string;
  readonly bodies: readonly Record<string, unknown>[];
}> {
  const bodies: Record<string, unknown>[] = [];
  const url = await serve((request, body, response) => {
    const asked = JSON.parse(body) as Record<string, unknown>;
    bodies.push(asked);
    if (body.includes('"fail"')) {
      response.writeHead(429, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ error: { type: "rate_limit_error", message: "slow down" } }));
    }
    const path = request.url ?? "";
    const answers = path.endsWith("/messages") ? MESSAGE : path.endsWith("/responses") ? RESPONSE : COMPLETION;
    if (asked["stream"] !== true) {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify(answers.whole));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of answers.events) {
      const type = (event as { type?: string }).type;
      response.write(`${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`);
    }
    response.end(path.endsWith("/messages") ? "" : "data: [DONE]\n\n");
  });
  return { url, bodies };
}

interface Answers {
  readonly whole: object;
  readonly events: readonly object[];
}

const COMPLETION: Answers = {
  whole: {
    id: "c1",
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "la la" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  },
  events: [
    { id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { role: "assistant", content: "la" } }] },
    {
      id: "c1",
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: { content: " la" }, finish_reason: "stop" }],
    },
    { id: "c1", object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 10, completion_tokens: 2 } },
  ],
};

const RESPONSE: Answers = {
  whole: {
    id: "r1",
    object: "response",
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output: [],
    usage: { input_tokens: 10, output_tokens: 2 },
  },
  events: [],
};

const MESSAGE: Answers = {
  whole: {
    id: "m1",
    type: "message",
    role: "assistant",
    content: [{ type: "text", text: "la la" }],
    stop_reason: "max_tokens",
    usage: { input_tokens: 10, output_tokens: 2 },
  },
  events: [
    {
      type: "message_start",
      message: {
        id: "m1",
        type: "message",
        role: "assistant",
        content: [],
        model: "m",
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 10, output_tokens: 1 },
      },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "la la" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ],
};

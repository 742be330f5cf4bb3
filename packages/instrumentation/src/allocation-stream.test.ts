/** The connection to a controller that streams, against a server that streams as it is told. */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Instrumentation } from "./instance.ts";
import type { InstrumentationOptions } from "./options.ts";

const documentWith = (level: number, component = "shop") => ({
  schema: 1,
  revision: `${level}-abcd`,
  issuedAt: "2026-11-20T10:00:00Z",
  exploreUntil: "2026-11-20T10:05:00Z",
  component,
  operations: {
    checkout: {
      context: [],
      holdoutSalt: "h",
      parameters: { level: { type: "integer", base: 1, min: 1, max: 9 } },
      allocations: [
        { context: {}, salt: "s", variants: [{ id: "v-a", role: "incumbent", weight: 1, parameters: { level } }] },
      ],
    },
  },
});
const documentEvent = (level: number, component?: string): string =>
  `id: ${level}-abcd\nevent: document\ndata: ${JSON.stringify(documentWith(level, component))}\n\n`;
const unchangedEvent = (level: number): string =>
  `event: unchanged\ndata: ${JSON.stringify({ revision: `${level}-abcd`, time: "2026-11-20T10:00:00Z" })}\n\n`;

let server: Server;
let requests: IncomingMessage[];
let streams: ServerResponse[];
let begin: (request: IncomingMessage, response: ServerResponse) => void;
let shared: Instrumentation | undefined;
const warnings: string[] = [];

const stream =
  (...events: string[]) =>
  (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.write("retry: 1000\n\n");
    for (const event of events) response.write(event);
    streams.push(response);
  };
const poll = (level: number) => (request: IncomingMessage, response: ServerResponse) => {
  const etag = `"${level}-abcd"`;
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
  response.writeHead(200, { etag, "content-type": "application/json" }).end(JSON.stringify(documentWith(level)));
};

beforeEach(async () => {
  requests = [];
  streams = [];
  warnings.splice(0);
  vi.spyOn(console, "warn").mockImplementation((text: string) => void warnings.push(text));
  server = createServer((request, response) => {
    requests.push(request);
    begin(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  shared?.disconnect();
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** Polls once an hour, so that what comes has come by the stream. */
function connect(options: InstrumentationOptions = {}): Instrumentation {
  shared = new Instrumentation({ component: "shop" });
  shared.configure({
    controllerUrl: url(),
    pollIntervalMilliseconds: 3_600_000,
    requestTimeoutMilliseconds: 5000,
    ...options,
  });
  shared.operation("checkout");
  return shared;
}
function level(): unknown {
  const operation = shared?.operation("checkout");
  if (shared === undefined || operation === undefined) throw new Error("not connected");
  return shared.parameters.choose(operation, operation.contexts.find({}), undefined, undefined).parameters["level"];
}
const until = (condition: () => boolean): Promise<unknown> => vi.waitUntil(condition, { timeout: 20_000, interval: 5 });

describe("a connection to a controller that streams", () => {
  test("takes each document as it comes, by one request", async () => {
    begin = stream(documentEvent(5));
    connect();
    await until(() => level() === 5);
    for (const next of [6, 7]) {
      streams[0]?.write(documentEvent(next));
      await until(() => level() === next);
    }
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers.accept).toBe("text/event-stream, application/json;q=0.9");
  });

  test("counts a sign of life as the confirmation that an unchanged answer is", async () => {
    begin = stream(documentEvent(5));
    const { parameters } = connect();
    await until(() => level() === 5);
    const confirmed = vi.fn<() => void>();
    parameters.listen(confirmed);
    streams[0]?.write(unchangedEvent(5));
    await until(() => confirmed.mock.calls.length === 1);
    expect(confirmed).toHaveBeenCalledWith({ kind: "confirmed" });
  });

  test("says what it has when it comes back, and takes what it missed", async () => {
    begin = stream(documentEvent(5));
    connect({ pollIntervalMilliseconds: 100 });
    await until(() => level() === 5);
    begin = stream(unchangedEvent(5), documentEvent(6));
    streams[0]?.end();
    await until(() => level() === 6);
    expect(requests[1]?.headers["if-none-match"]).toBe('"5-abcd"');
    expect(warnings).toEqual([]); // an orderly end is no failure
  });

  test("a connection that breaks is told once, and again when it is back", async () => {
    begin = stream(documentEvent(5));
    connect({ pollIntervalMilliseconds: 100 });
    await until(() => level() === 5);
    begin = stream(documentEvent(6));
    streams[0]?.destroy();
    await until(() => level() === 6);
    expect(requests.length).toBe(2);
  });

  test("a document that is not for it is refused, and the one before stays", async () => {
    begin = stream(documentEvent(5));
    const { parameters } = connect({ pollIntervalMilliseconds: 100 });
    await until(() => level() === 5);
    streams[0]?.write(documentEvent(6, "other"));
    await until(() => requests.length >= 2); // the stream is not believed any more
    expect(level()).toBe(5);
    expect(parameters.refused.other_component).toBe(1);
    expect(requests[1]?.headers["if-none-match"]).toBe('"5-abcd"');
  });

  test.each([
    ["no JSON", "id: 6-abcd\nevent: document\ndata: {\n\n"],
    ["a sign of life of another document", unchangedEvent(9)],
    ["a sign of life that is none", "event: unchanged\ndata: x\n\n"],
  ])("%s ends the stream and harms nothing", async (_, event) => {
    begin = stream(documentEvent(5));
    connect({ pollIntervalMilliseconds: 100 });
    await until(() => level() === 5);
    streams[0]?.write(event);
    await until(() => requests.length >= 2);
    expect(level()).toBe(5);
  });

  test("events that it does not know are no matter", async () => {
    begin = stream(documentEvent(5));
    connect();
    await until(() => level() === 5);
    streams[0]?.write(`event: news\ndata: x\n\n: comment\n\n${documentEvent(6)}`);
    await until(() => level() === 6);
    expect(requests).toHaveLength(1);
  });

  test("where something between holds every event back, it polls", async () => {
    begin = (request, response) => {
      if (request.headers.accept?.includes("text/event-stream") === true) stream()(request, response);
      else poll(5)(request, response);
    };
    connect({ requestTimeoutMilliseconds: 300, pollIntervalMilliseconds: 100 });
    await until(() => level() === 5);
    await until(() => requests.length >= 4);
    const accepts = requests.map(({ headers }) => headers.accept);
    expect(accepts[0]).toContain("text/event-stream");
    expect(new Set(accepts.slice(1))).toEqual(new Set(["application/json"]));
  });

  test("a controller that cannot stream is polled, and asked again each time whether it can", async () => {
    begin = poll(5);
    connect({ pollIntervalMilliseconds: 100 });
    await until(() => level() === 5);
    await until(() => requests.length >= 3);
    begin = stream(documentEvent(6)); // it was replaced by a newer one
    await until(() => level() === 6);
    const count = requests.length;
    streams[0]?.write(documentEvent(7));
    await until(() => level() === 7);
    expect(requests.length).toBe(count);
  });

  test("can be switched off", async () => {
    begin = poll(5);
    connect({ stream: false });
    await until(() => level() === 5);
    expect(requests[0]?.headers.accept).toBe("application/json");
  });

  test("is left when the service disconnects", async () => {
    begin = stream(documentEvent(5));
    connect();
    await until(() => level() === 5);
    const closed = new Promise((resolve) => streams[0]?.once("close", resolve));
    shared?.disconnect();
    await closed;
    expect(level()).toBe(5);
  });

  test("keeps no process alive", async () => {
    begin = stream(documentEvent(5));
    const source = `
      import { configure, parameters } from ${JSON.stringify(new URL("./index.ts", import.meta.url).pathname)};
      configure({ component: "shop", controllerUrl: ${JSON.stringify(url())} });
      const look = setInterval(() => {
        if (parameters("checkout").values.level !== 5) return;
        console.log("has it");
        clearInterval(look); // from here on only the stream is there
      }, 5);
    `;
    const child = spawn(process.execPath, ["--conditions=source", "--input-type=module", "-e", source], {
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    let output = "";
    for (const each of [child.stdout, child.stderr]) each.on("data", (text: Buffer) => (output += String(text)));
    const killer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    const code = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(killer);
    expect([code, output]).toEqual([0, "has it\n"]);
    expect(streams).toHaveLength(1);
  });
});

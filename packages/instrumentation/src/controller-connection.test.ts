import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Instrumentation } from "./instance.ts";
import type { InstrumentationOptions } from "./options.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const etag = '"187-4c1f"';
const document = {
  schema: 1,
  revision: "187-4c1f",
  issuedAt: "2026-11-20T10:00:00Z",
  exploreUntil: "2026-11-20T10:05:00Z",
  component: "shop",
  operations: {
    checkout: {
      context: [],
      holdoutSalt: "h",
      parameters: { level: { type: "integer", base: 1, min: 1, max: 9 } },
      allocations: [
        { context: {}, salt: "s", variants: [{ id: "v-a", role: "incumbent", weight: 1, parameters: { level: 5 } }] },
      ],
    },
  },
};

const sendDocument: Answer = (request, response) => {
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
  response.writeHead(200, { etag, "content-type": "application/json" }).end(JSON.stringify(document));
};
const send =
  (status: number, body = "", headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

let server: Server;
let answer: Answer;
let requests: IncomingMessage[];
let shared: Instrumentation | undefined;

beforeEach(async () => {
  requests = [];
  answer = sendDocument;
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await listen(0);
});

afterEach(async () => {
  shared?.disconnect();
  await close();
});

function listen(port: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, "127.0.0.1", resolve);
  return promise;
}

async function close(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function port(): number {
  return (server.address() as AddressInfo).port;
}

function connect(options: InstrumentationOptions = {}): Instrumentation {
  shared = new Instrumentation({ component: "shop" });
  shared.configure({
    controllerUrl: `http://127.0.0.1:${port()}`,
    pollIntervalMilliseconds: 100,
    requestTimeoutMilliseconds: 2000,
    ...options,
  });
  return shared;
}

function level(): unknown {
  const operation = shared?.operation("checkout");
  if (shared === undefined || operation === undefined) throw new Error("not connected");
  return shared.parameters.choose(operation, operation.contexts.find({}), undefined, undefined).parameters["level"];
}

const until = (condition: () => boolean): Promise<unknown> => vi.waitUntil(condition, { timeout: 15_000, interval: 5 });
const asked = (count: number): Promise<unknown> => until(() => requests.length >= count);

describe("a connection to the controller", () => {
  test("asks for its component with its token, and is told with 304 when nothing is new", async () => {
    connect({ token: "secret" });
    await asked(3);
    expect(requests[0]?.url).toBe("/v1/allocations?component=shop");
    expect(requests[0]?.headers).toMatchObject({
      authorization: "Bearer secret",
      accept: "text/event-stream, application/json;q=0.9",
    });
    expect(requests[0]?.headers["if-none-match"]).toBeUndefined();
    expect(requests[1]?.headers["if-none-match"]).toBe(etag);
    expect(level()).toBe(5);
    expect(shared?.parameters.ageSeconds).toBeLessThan(60);
  });

  test("keeps the path that the controller lives below", async () => {
    connect({ controllerUrl: `http://127.0.0.1:${port()}/trimtab` });
    await asked(1);
    expect(requests[0]?.url).toBe("/trimtab/v1/allocations?component=shop");
  });

  test.each<[string, Answer]>([
    ["answers 500", send(500)],
    ["answers 404 with a page", send(404, "<html>")],
    ["redirects", send(302, "", { location: "http://127.0.0.1:1/" })],
    ["sends garbage", send(200, "{{{")],
    ["sends nothing", send(200)],
    ["sends another component's document", send(200, JSON.stringify({ ...document, component: "other" }))],
    ["sends a document of a later version", send(200, JSON.stringify({ ...document, schema: 2 }))],
    ["cuts the connection", (_, response) => void response.destroy()],
    [
      "cuts the connection within the body",
      (_, response) => {
        response.writeHead(200, { etag: '"new"', "content-length": "1000" });
        response.write('{"schema":1', () => response.destroy());
      },
    ],
  ])("that %s changes nothing, and is asked again until it is well", async (_, bad) => {
    connect();
    await until(() => level() === 5);
    answer = bad;
    const before = requests.length;
    await asked(before + 2);
    expect(level()).toBe(5);
    const renewed = structuredClone(document);
    renewed.operations.checkout.allocations[0]!.variants[0]!.parameters.level = 7;
    answer = (request, response) => {
      expect(request.headers["if-none-match"]).toBe(etag); // of the document that is in use
      send(200, JSON.stringify(renewed), { etag: '"188"' })(request, response);
    };
    await until(() => level() === 7);
  });

  test("counts what it refused, by reason", async () => {
    answer = send(200, JSON.stringify({ ...document, component: "other" }));
    const { refused } = connect().parameters;
    await until(() => refused.other_component > 0);
    answer = send(200, "[]");
    await until(() => refused.invalid > 0);
    expect(level()).toBeUndefined();
  });

  test("gives up on an answer that does not come, or trickles in, and asks again", async () => {
    answer = (_, response) => {
      if (requests.length > 1) response.writeHead(200).write("{");
    };
    connect({ requestTimeoutMilliseconds: 50 });
    await asked(3);
    answer = sendDocument;
    shared?.configure({ requestTimeoutMilliseconds: 2000 });
    await until(() => level() !== undefined);
    expect(level()).toBe(5);
  });

  test("hangs up on an answer that has no end, long before it fills the memory", async () => {
    connect({ requestTimeoutMilliseconds: 60_000 });
    await until(() => level() === 5);
    let sent = 0;
    let isOver = false;
    answer = (_, response) => {
      response.writeHead(200, { etag: '"endless"' });
      response.on("close", () => {
        isOver = true;
      });
      const chunk = Buffer.alloc(1024 * 1024, " ");
      const write = (): void => {
        if (response.destroyed) return;
        sent += chunk.length;
        response.write(chunk, write);
      };
      write();
    };
    await until(() => isOver);
    answer = sendDocument;
    expect(sent).toBeGreaterThan(32 * 1024 * 1024);
    expect(sent).toBeLessThan(64 * 1024 * 1024); // what the sockets hold comes on top
    expect(level()).toBe(5);
  });

  test("waits as long as Retry-After says", async () => {
    answer = send(503, "", { "retry-after": "3600" });
    connect();
    await asked(1);
    const other = new Instrumentation({ component: "shop" });
    const otherRequests = (): number => requests.length - 1;
    try {
      answer = (request, response) => send(request.headers.authorization ? 500 : 503)(request, response);
      other.configure({ controllerUrl: `http://127.0.0.1:${port()}`, pollIntervalMilliseconds: 100, token: "other" });
      await until(() => otherRequests() >= 4); // the other one's back-off has passed four times
      expect(requests.filter(({ headers }) => headers.authorization === undefined)).toHaveLength(1);
    } finally {
      other.disconnect();
    }
  });

  test("survives the controller: killed it serves on, and back again it is heard", async () => {
    const { port: samePort } = server.address() as AddressInfo;
    connect();
    await until(() => level() === 5);
    await close();
    expect(level()).toBe(5);
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await listen(samePort);
    const before = requests.length;
    await asked(before + 1);
    expect(requests.at(-1)?.headers["if-none-match"]).toBe(etag);
  });

  test("asks no more once it was ended, and again when it is configured", async () => {
    connect();
    await until(() => level() === 5);
    shared?.disconnect();
    const before = requests.length;
    const other = new Instrumentation({ component: "shop" });
    other.configure({ controllerUrl: `http://127.0.0.1:${port()}/other`, pollIntervalMilliseconds: 100 });
    await until(() => requests.filter(({ url }) => url?.startsWith("/other")).length >= 3);
    other.disconnect();
    expect(requests.slice(before).filter(({ url }) => url?.startsWith("/v1"))).toHaveLength(0);
    expect(level()).toBe(5);
    shared?.configure({});
    await until(() => requests.slice(before).some(({ url }) => url?.startsWith("/v1")));
  });
});

describe("the last known good document on disk", () => {
  let directory = "";

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "trimtab-cache-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test("serves a process that starts while the controller is away, until the controller confirms it", async () => {
    connect({ cacheDirectory: directory });
    await until(() => readdirSync(directory).some((name) => name.endsWith(".json")));
    shared?.disconnect();

    answer = send(500);
    const before = requests.length;
    connect({ cacheDirectory: directory });
    expect(level()).toBe(5); // at once, before any answer
    expect(shared?.parameters.ageSeconds).toBeUndefined();
    await asked(before + 1);
    expect(requests.at(-1)?.headers["if-none-match"]).toBe(etag);
    answer = sendDocument;
    await until(() => shared?.parameters.ageSeconds !== undefined);
  });

  test("of another component is not taken", async () => {
    connect({ cacheDirectory: directory });
    await until(() => readdirSync(directory).some((name) => name.endsWith(".json")));
    shared?.disconnect();
    answer = send(500);
    connect({ cacheDirectory: directory, component: "cart" });
    expect(level()).toBeUndefined();
  });
});

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { createPrometheusClient, type PrometheusClientOptions } from "./prometheus-client.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function clientOf(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<PrometheusClientOptions> = {},
): Promise<ReturnType<typeof createPrometheusClient>> {
  return createPrometheusClient({ url: await serve(handle), timeoutMilliseconds: 5_000, ...options });
}

const answering =
  (body: object | string, status = 200) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.statusCode = status;
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

const vector = (...result: object[]): object => ({ status: "success", data: { resultType: "vector", result } });

describe("an answer of Prometheus", () => {
  test("is a value: rows with labels and numbers", async () => {
    const { query } = await clientOf(
      answering(vector({ metric: { le: "1" }, value: [1, "7.5"] }, { metric: {}, value: [1, "+Inf"] })),
    );
    const { reading } = await query("x");
    expect(reading).toEqual({
      kind: "value",
      value: [
        { labels: { le: "1" }, value: 7.5 },
        { labels: {}, value: Number.POSITIVE_INFINITY },
      ],
    });
  });

  test.each([[""], [" "], [null], [0], [undefined], [[]]])("with the value %j has no number in it", async (value) => {
    const { query } = await clientOf(answering(vector({ metric: {}, value: [1, value] })));
    expect((await query("x")).reading).toEqual({ kind: "value", value: [{ labels: {}, value: Number.NaN }] });
  });

  test("with a warning is partial: something was not read", async () => {
    const { query } = await clientOf(answering({ ...vector(), warnings: ["remote read failed"] }));
    expect((await query("x")).reading).toEqual({ kind: "partial", detail: "remote read failed" });
  });

  test("with notes on style only is a value", async () => {
    const note = "PromQL info: metric might not be a counter";
    const { query } = await clientOf(answering({ ...vector(), warnings: [note], infos: [note] }));
    expect((await query("x")).reading.kind).toBe("value");
  });

  test.each([
    [{ status: "error", errorType: "bad_data", error: "parse error" }, 400, "error", "Prometheus: parse error", false],
    [
      { status: "error", errorType: "timeout", error: "query timed out" },
      503,
      "timeout",
      "Prometheus: query timed out",
      true,
    ],
    [{ status: "error", errorType: "canceled", error: "gone" }, 503, "timeout", "Prometheus: gone", true],
    [{ status: "error", errorType: "internal", error: "disk" }, 500, "error", "Prometheus: disk", true],
    [
      { status: "success", data: { resultType: "matrix", result: [] } },
      200,
      "error",
      "in a form that this program",
      false,
    ],
    ["<html>Bad Gateway</html>", 502, "error", "answered HTTP 502, and not as Prometheus does", true],
    ["not found", 404, "error", "answered HTTP 404, and not as Prometheus does", false],
  ])("%j is no value", async (body, status, kind, detail, isServerFault) => {
    const { query } = await clientOf(answering(body, status));
    const answer = await query("x");
    expect(answer).toMatchObject({ isServerFault, reading: { kind, detail: expect.stringContaining(detail) } });
  });

  test("that does not come in time is a timeout", async () => {
    const { query } = await clientOf(() => {}, { timeoutMilliseconds: 50 });
    expect(await query("x")).toMatchObject({ isServerFault: true, reading: { kind: "timeout" } });
  });

  test("that cannot come is an error with its cause", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { query } = createPrometheusClient({ url: `http://127.0.0.1:${port}`, timeoutMilliseconds: 5_000 });
    const { reading, isServerFault } = await query("x");
    expect(isServerFault).toBe(true);
    expect(reading).toMatchObject({ kind: "error", detail: expect.stringContaining("ECONNREFUSED") });
  });

  test("that does not end is given up when it is too large", async () => {
    const megabyte = Buffer.alloc(1024 * 1024, " ");
    const { query } = await clientOf(
      (_request, response) => {
        const write = (): void => {
          while (!response.destroyed && response.write(megabyte));
          if (!response.destroyed) response.once("drain", write);
        };
        write();
      },
      { timeoutMilliseconds: 60_000 },
    );
    expect((await query("x")).reading).toMatchObject({ kind: "error", detail: "the answer is larger than 64 MB" });
  }, 60_000);
});

describe("a request to Prometheus", () => {
  test("is a POST with the query and a timeout that ends before ours", async () => {
    const { promise, resolve } = Promise.withResolvers<[string | undefined, string | undefined, string]>();
    const { query } = await clientOf(
      (request, response) => {
        void text(request).then((body) => {
          resolve([request.method, request.url, body]);
          answering(vector())(request, response);
        });
      },
      { timeoutMilliseconds: 2_000 },
    );
    await query('sum(x{a="1"})');
    const [method, url, body] = await promise;
    expect([method, url]).toEqual(["POST", "/api/v1/query"]);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      query: 'sum(x{a="1"})',
      timeout: "1900ms",
      stats: "true",
      nocache: "1",
      dedup: "true",
      max_source_resolution: "0s",
    });
  });

  test("keeps the path of the address, and takes name, password and headers along", async () => {
    const seen: [string | undefined, string | undefined, unknown][] = [];
    const url = await serve((request, response) => {
      seen.push([request.url, request.headers.authorization, request.headers["x-scope-orgid"]]);
      answering(vector())(request, response);
    });
    const withName = new URL(`${url}/prometheus`);
    withName.username = "me";
    withName.password = "p@ss";
    const headers = { "x-scope-orgid": "team" };
    await createPrometheusClient({ url: withName.href, headers, timeoutMilliseconds: 5_000 }).query("x");
    const bearer = { authorization: "Bearer secret" };
    await createPrometheusClient({ url: `${url}/`, headers: bearer, timeoutMilliseconds: 5_000 }).query("x");
    expect(seen).toEqual([
      ["/prometheus/api/v1/query", `Basic ${Buffer.from("me:p@ss").toString("base64")}`, "team"],
      ["/api/v1/query", "Bearer secret", undefined],
    ]);
  });

  test("waits while as many as are allowed are under way", async () => {
    const open: ServerResponse[] = [];
    let most = 0;
    const arrived = new Set<() => void>();
    const { query } = await clientOf(
      (_request, response) => {
        open.push(response);
        most = Math.max(most, open.length);
        for (const notify of arrived) notify();
      },
      { maximumInFlight: 2 },
    );
    const untilOpen = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (open.length >= count) resolve();
        };
        arrived.add(check);
        check();
      });
    const answers = Array.from({ length: 6 }, () => query("x"));
    for (let answered = 0; answered < 6; answered++) {
      await untilOpen(Math.min(2, 6 - answered));
      open.shift()?.end(JSON.stringify(vector()));
    }
    expect((await Promise.all(answers)).map(({ reading }) => reading.kind)).toEqual(Array(6).fill("value"));
    expect(most).toBe(2);
  });
});

test("targets come with their state, and what is missing is told as missing", async () => {
  const { targets } = await clientOf(
    answering({
      status: "success",
      data: {
        activeTargets: [
          {
            labels: { job: "shop", instance: "a:9464" },
            health: "down",
            lastError: "connection refused",
            lastScrape: "2026-11-20T10:00:00.5Z",
            scrapeInterval: "15s",
          },
          { labels: {}, health: "unknown", lastError: "", lastScrape: "0001-01-01T00:00:00Z" },
        ],
      },
    }),
  );
  expect((await targets()).reading).toEqual({
    kind: "value",
    value: [
      {
        job: "shop",
        instance: "a:9464",
        isUp: false,
        lastError: "connection refused",
        lastScrapeAt: Date.parse("2026-11-20T10:00:00.5Z"),
        scrapeInterval: "15s",
      },
      { job: "", instance: "", isUp: false, lastError: "", lastScrapeAt: undefined, scrapeInterval: undefined },
    ],
  });
});

import { request } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseMetricsPage } from "../sources/embedded/metrics-page.ts";
import { type AppUnderTest, cell, decisionOf, startApp } from "./app-fixture.ts";
import { problemSchema } from "./problem.ts";

describe("errors", () => {
  let app: AppUnderTest;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const post = (
    body: string | Buffer,
    headers: Record<string, string> = { "content-type": "application/json" },
  ): Promise<Response> => app.fetch("/v1/learning-cycles", { method: "POST", body, headers });

  test.each([
    ["an unknown address", () => app.fetch("/v1/nothing"), 404, "ROUTE_UNKNOWN"],
    ["a wrong method", () => app.fetch("/v1/operations", { method: "DELETE" }), 405, "METHOD_NOT_ALLOWED"],
    ["a body that is no JSON", () => post("{"), 400, "BODY_MALFORMED"],
    ["a body that is cut off", () => post('{"dry": tr'), 400, "BODY_MALFORMED"],
    ["a body of another type", () => post("dry=1", { "content-type": "text/plain" }), 415, "MEDIA_TYPE_UNSUPPORTED"],
    [
      "an unknown encoding",
      () => post("{}", { "content-type": "application/json", "content-encoding": "zip" }),
      415,
      "MEDIA_TYPE_UNSUPPORTED",
    ],
    ["a body over a megabyte", () => post(JSON.stringify({ component: "x".repeat(1_100_000) })), 413, "BODY_TOO_LARGE"],
    ["an unknown key", () => post('{"drye": true}'), 400, "BODY_INVALID"],
    ["a list for an object", () => post("[]"), 400, "BODY_INVALID"],
    ["a number for an object", () => post("3"), 400, "BODY_INVALID"],
  ])("%s is a problem document", async (_name, ask, status, code) => {
    const response = await ask();
    const document: unknown = await response.json();
    expect(response.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(problemSchema.safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({
      status,
      code,
      type: `urn:trimtab:error:${code}`,
      requestId: response.headers.get("x-request-id"),
    });
    expect(response.status).toBe(status);
  });

  test("the methods that are allowed are told", async () => {
    expect((await app.fetch("/v1/operations", { method: "PUT" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect((await app.fetch("/v1/learning-cycles")).headers.get("allow")).toBe("POST, OPTIONS");
    const options = await app.fetch("/v1/operations", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
  });

  test("a request keeps the id that it brings, if it can stand in a header and a log", async () => {
    const own = await app.fetch("/livez", { headers: { "x-request-id": "proxy-1:7" } });
    expect(own.headers.get("x-request-id")).toBe("proxy-1:7");
    const odd = await app.fetch("/livez", { headers: { "x-request-id": '"<script>' } });
    expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("the connection can be used again after an error", async () => {
    for (let round = 0; round < 3; round++) {
      expect((await post("{")).status).toBe(400);
      expect((await app.fetch("/livez")).status).toBe(200);
    }
  });

  test("names that mean something to JavaScript are nothing special", async () => {
    for (const path of [
      "/v1/performance/__proto__",
      "/v1/parameters/shop/constructor",
      "/v1/operations/shop/toString",
    ]) {
      expect((await app.fetch(path)).status).toBe(404);
    }
    expect((await app.fetch("/v1/parameters/shop/checkout?ctx.__proto__=x&ctx.genre=rock")).status).toBe(200);
    expect((await app.fetch("/v1/performance/shop?ctx.__proto__=x")).status).toBe(400);
    expect((await app.fetch("/v1/operations?__proto__=x")).status).toBe(400);
    expect((await app.fetch("/v1/performance/shop?__proto__=x")).status).toBe(400);
  });

  test("HEAD is answered like GET, without a body", async () => {
    for (const path of ["/", "/openapi.json", "/v1/operations", "/metrics", "/readyz"]) {
      const response = await app.fetch(path, { method: "HEAD" });
      expect([path, response.status, await response.text()]).toEqual([path, 200, ""]);
    }
  });

  test("half a request does no harm", async () => {
    await new Promise<void>((resolve) => {
      const half = request(`${app.url}/v1/learning-cycles`, {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": 100 },
      });
      half.on("error", () => resolve());
      half.write('{"dry":', () => half.destroy());
    });
    expect((await app.fetch("/livez")).status).toBe(200);
  });
});

describe("POST /v1/learning-cycles", () => {
  let app: AppUnderTest;
  beforeEach(async () => {
    app = await startApp();
    app.source.answer = ({ operation }) =>
      operation === "checkout"
        ? { kind: "value", value: [cell("rock", 3, 99, 1)] }
        : { kind: "no-data", detail: "no series" };
  });
  afterEach(() => app.close());

  const run = async (body: object): Promise<unknown> => {
    const response = await app.fetch("/v1/learning-cycles", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.json();
  };

  test("runs a pass and tells what it decided", async () => {
    expect(await run({ component: "shop", operation: "checkout" })).toMatchObject({
      dry: false,
      cycles: [{ component: "shop", operation: "checkout", outcome: "recorded", cycle: 1 }],
    });
    expect((await app.store.loadOperation({ component: "shop", operation: "checkout" }))?.cycle).toBe(1);
    expect(await app.store.loadOperation({ component: "shop", operation: "browse" })).toBeUndefined();
  });

  test("without a body means every operation", async () => {
    const response = await app.fetch("/v1/learning-cycles", { method: "POST" });
    expect(await response.json()).toMatchObject({
      cycles: [
        { operation: "checkout", outcome: "recorded" },
        { operation: "browse", outcome: "recorded" },
      ],
    });
  });

  test("a dry one changes nothing", async () => {
    const document = await app.fetch("/v1/allocations?component=shop");
    expect(await run({ dry: true })).toMatchObject({
      dry: true,
      cycles: [
        { outcome: "recorded", cycle: 1 },
        { outcome: "recorded", cycle: 1 },
      ],
    });
    expect(await app.store.loadOperation({ component: "shop", operation: "checkout" })).toBeUndefined();
    expect((await app.fetch("/v1/allocations?component=shop")).headers.get("etag")).toBe(document.headers.get("etag"));
  });

  test("knows only configured operations", async () => {
    expect(await run({ component: "shop", operation: "chekout" })).toMatchObject({ code: "OPERATION_UNKNOWN" });
  });
});

describe("health and metrics", () => {
  let app: AppUnderTest;
  beforeAll(async () => {
    app = await startApp({ decisions: [decisionOf(1)] });
  });
  afterAll(() => app.close());

  test("a source that is away is shown, and the controller stays ready", async () => {
    app.source.inspection = {
      reachable: { kind: "error", detail: "connection refused" },
      targets: [{ target: "http://127.0.0.1:1/metrics", up: false, problem: "refused the connection" }],
      scrapeIntervalMilliseconds: 1000,
    };
    expect(await app.json("/readyz")).toMatchObject({
      status: "ready",
      details: {
        source: { kind: "embedded", reachable: false, detail: "connection refused", targets: [{ up: false }] },
        operations: [{ operation: "browse" }, { operation: "checkout" }],
      },
    });
    expect(await app.json("/livez")).toEqual({ status: "alive" });
  });

  test("the metrics page is one that Prometheus can read, with the shares of every variant", async () => {
    await app.fetch("/v1/allocations?component=shop");
    await app.fetch("/v1/nothing");
    const response = await app.fetch("/metrics");
    const samples = [...parseMetricsPage(await response.text())];
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const weights = samples.filter(
      ({ name, labels }) => name === "trimtab_variant_weight_ratio" && labels.get("ctx_genre") === "rock",
    );
    expect(weights.map(({ labels, value }) => [labels.get("role"), value])).toEqual([
      ["baseline", 0.1],
      ["incumbent", expect.closeTo(0.9, 9)],
    ]);
    const routes = samples
      .filter(({ name }) => name === "trimtab_http_request_duration_seconds_count")
      .map(({ labels }) => labels.get("route"));
    expect(routes).toEqual(expect.arrayContaining(["/v1/allocations", "unknown"]));
  });

  test("the page at the root asks for files that are there, and they for others that are", async () => {
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const response = await app.fetch(path);
      const text = await response.text();
      expect([path, response.status]).toEqual([path, 200]);
      const asked = [...text.matchAll(/(?:href|src)="([^"#]+)"|\bfrom\s+"([^"]+)";/g)].map(
        ([, one, other]) => one ?? other ?? "",
      );
      for (const each of path.endsWith("svg") ? [] : asked) await follow(new URL(each, `${app.url}${path}`).pathname);
    };
    await follow("/");
    expect([...seen]).toEqual(
      expect.arrayContaining(["/console/main.js", "/console/preact.js", "/console/console.css"]),
    );
    expect((await app.fetch("/console/main.ts")).status).toBe(404);
    expect((await app.fetch("/console/..%2Fconsole-files.ts")).status).toBe(404);
  });

  test("what the console is made of is asked for again and answered with 304, and is below 60 kB as it is sent", async () => {
    const page = await (await app.fetch("/")).text();
    const parts = [...page.matchAll(/href="(console\/[^"]+)"/g)].map(([, name]) => `/${name}`);
    let size = 0;
    for (const path of ["/", ...parts]) {
      const first = await app.fetch(path);
      await first.arrayBuffer();
      expect([path, first.headers.get("content-encoding")]).toEqual([path, "gzip"]);
      size += Number(first.headers.get("content-length"));
      const plain = await app.fetch(path, { headers: { "accept-encoding": "gzip;q=0, identity" } });
      expect(plain.headers.get("content-encoding")).toBeNull();
      expect(plain.headers.get("etag")).not.toBe(first.headers.get("etag"));
      expect((await plain.arrayBuffer()).byteLength).toBe(Number(plain.headers.get("content-length")));
      expect(first.headers.get("content-security-policy")).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
      const again = await app.fetch(path, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
      expect([path, again.status, await again.text()]).toEqual([path, 304, ""]);
    }
    expect(size).toBeGreaterThan(20_000);
    expect(size).toBeLessThan(60_000);
  });
});

import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

let app: AppUnderTest;
afterEach(() => app.close());

/** As a browser sends it; fetch would not let a test set these headers. */
async function send(
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; code?: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${app.url}${path}`, { method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => {
        const { code } = JSON.parse(body || "{}") as { code?: string };
        resolve({ status: response.statusCode ?? 0, ...(code === undefined ? {} : { code }) });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

const cycles = async (): Promise<number> =>
  (await app.store.loadOperation({ component: "shop", operation: "checkout" }))?.cycle ?? 0;

describe("without tokens", () => {
  test("a page from elsewhere starts no cycle, not even with a request that browsers send unasked", async () => {
    app = await startApp();
    for (const origin of [
      "https://evil.example",
      "null",
      "http://localhost:3000",
      app.url.replace("http:", "https:"),
    ]) {
      const answer = await send("POST", "/v1/learning-cycles", { origin });
      expect([origin, answer]).toEqual([origin, { status: 403, code: "ORIGIN_REFUSED" }]);
    }
    expect(await cycles()).toBe(0);
  });

  test("the controller's own page may", async () => {
    app = await startApp();
    expect((await send("POST", "/v1/learning-cycles", { origin: app.url })).status).toBe(200);
    expect(await cycles()).toBe(1);
  });

  test("a foreign name that points here reads nothing and changes nothing", async () => {
    app = await startApp();
    for (const host of [
      "evil.example",
      "evil.example:4600",
      "127.0.0.1.evil.example",
      "localhost@evil.example",
      "a b",
    ]) {
      for (const [method, path] of [
        ["GET", "/v1/operations"],
        ["GET", "/readyz"],
        ["POST", "/v1/learning-cycles"],
      ] as const) {
        const answer = await send(method, path, { host, origin: `http://${host}` });
        expect([host, path, answer]).toEqual([host, path, { status: 421, code: "HOST_REFUSED" }]);
      }
    }
    expect(await cycles()).toBe(0);
  });

  test.each(["localhost", "LocalHost:4600", "127.0.0.1", "127.1.2.3:80", "[::1]:4600", "trimtab.localhost"])(
    "%s is this machine's own name",
    async (host) => {
      app = await startApp();
      expect((await send("GET", "/v1/operations", { host })).status).toBe(200);
    },
  );
});

test("a probe in HTTP/1.0 without a host is answered", async () => {
  app = await startApp();
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
  socket.end("GET /livez HTTP/1.0\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test("with tokens every name is good, because no browser sends a token unasked", async () => {
  app = await startApp({ tokens: [{ name: "a", roles: ["operate"], token: "t" }] });
  const headers = { host: "trimtab.example", origin: "https://console.example" };
  expect(await send("POST", "/v1/learning-cycles", headers)).toEqual({ status: 401, code: "TOKEN_MISSING" });
  expect((await send("POST", "/v1/learning-cycles", { ...headers, authorization: "Bearer t" })).status).toBe(200);
});

/** The page over real HTTP. */
import { once } from "node:events";
import { get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { serveMetricsPage } from "./metrics-page.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function serve(
  parts: () => Iterable<string>,
  renderOthers = (): Promise<string> => Promise.resolve(""),
): Promise<string> {
  const server = serveMetricsPage({ host: "127.0.0.1", port: 0, renderOthers, parts, onError: () => {} });
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

/** Neither asks for compression by itself nor undoes it, unlike fetch. */
async function ask(url: string, encodings?: string): Promise<{ encoding: string | undefined; body: Buffer }> {
  const request = get(url, { agent: false, headers: encodings === undefined ? {} : { "accept-encoding": encodings } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { encoding: response.headers["content-encoding"], body: Buffer.concat(chunks) };
}

const LINES = Array.from({ length: 50_000 }, (_, each) => `lines{each="${each}",text="🚦"} ${each}\n`);

test("what others say comes first, then every part, whole and in order", async () => {
  const url = await serve(
    () => LINES,
    () => Promise.resolve("others 1\n"),
  );
  const { encoding, body } = await ask(url);
  expect(encoding).toBeUndefined();
  expect(body.toString() === `others 1\n${LINES.join("")}`).toBe(true);
});

test.each(["gzip", "deflate, gzip;q=1.0", "*", "br, gzip;q=0.5, *;q=0"])(
  "is compressed where %j is accepted",
  async (accepted) => {
    const { encoding, body } = await ask(await serve(() => LINES), accepted);
    expect(encoding).toBe("gzip");
    expect(gunzipSync(body).toString() === LINES.join("")).toBe(true);
  },
);

test.each(["identity", "gzip;q=0", "gzip; q=0.000, br", "xgzip", ""])(
  "is plain where %j is accepted",
  async (accepted) => {
    expect((await ask(await serve(() => ["a 1\n"]), accepted)).encoding).toBeUndefined();
  },
);

test("others have turns while a long page is written", async () => {
  const turns: number[] = [];
  let isWriting = true;
  const url = await serve(function* () {
    for (let part = 0; part < 20; part++) {
      const until = performance.now() + 3; // a slow part
      while (performance.now() < until);
      turns.push(part);
      yield `part{n="${part}"} 1\n`;
    }
    isWriting = false;
  });
  let longestRun = 0;
  let before = 0;
  const look = (): void => {
    longestRun = Math.max(longestRun, turns.length - before);
    before = turns.length;
    if (isWriting) setImmediate(look);
  };
  setImmediate(look);
  await ask(url);
  expect(turns).toHaveLength(20);
  expect(longestRun).toBeLessThanOrEqual(2);
});

test("a page that fails half-way is a failed scrape, never a shorter page", async () => {
  const url = await serve(function* () {
    yield* LINES;
    throw new Error("broken");
  });
  await expect(ask(url)).rejects.toThrow("aborted");
  await expect(ask(url, "gzip")).rejects.toThrow("aborted");
});

test("a page that cannot be begun says so", async () => {
  const url = await serve(
    () => LINES,
    () => Promise.reject(new Error("no reader")),
  );
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([500, "Error: no reader"]);
});

test("a scraper that goes away half-way harms nobody, and the next one gets its page", async () => {
  const ended = vi.fn<() => void>();
  const url = await serve(function* () {
    try {
      for (;;) yield LINES.join("");
    } finally {
      ended();
    }
  });
  const request = get(url, { agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.destroy();
  await vi.waitUntil(() => ended.mock.calls.length === 1, { timeout: 10_000, interval: 10 });
  expect((await fetch(url.replace("/metrics", "/other"))).status).toBe(404);
});

/** The page over real HTTP. */
import { once } from "node:events";
import { get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import type { PageFormat } from "./metrics/page-format.ts";
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
  parts: (format: PageFormat) => Iterable<string>,
  renderOthers = (): Promise<string> => Promise.resolve(""),
): Promise<string> {
  const server = serveMetricsPage({ host: "127.0.0.1", port: 0, renderOthers, parts, onError: () => {} });
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

interface Answer {
  readonly encoding: string | undefined;
  readonly type: string | undefined;
  readonly vary: string | undefined;
  readonly body: Buffer;
}

/** Neither asks for compression by itself nor undoes it, unlike fetch. */
async function ask(url: string, encodings?: string, accept?: string): Promise<Answer> {
  const headers = {
    ...(encodings === undefined ? {} : { "accept-encoding": encodings }),
    ...(accept === undefined ? {} : { accept }),
  };
  const request = get(url, { agent: false, headers });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { "content-encoding": encoding, "content-type": type, vary } = response.headers;
  return { encoding, type, vary, body: Buffer.concat(chunks) };
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

const OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

test.each([undefined, "gzip"])(
  "is OpenMetrics for who prefers it, others too, with its end mark (encoding %j)",
  async (zip) => {
    const others = '# HELP jobs_total the "jobs"\n# TYPE jobs_total counter\njobs_total 7\n';
    const url = await serve(
      (format) => [`# TYPE format_${format} gauge\n`, `format_${format} 1\n`],
      () => Promise.resolve(others),
    );
    const open = await ask(url, zip, OPEN);
    expect({ ...open, body: (zip === undefined ? open.body : gunzipSync(open.body)).toString() }).toEqual({
      encoding: zip,
      type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
      vary: "accept, accept-encoding",
      body: '# TYPE jobs counter\n# HELP jobs the \\"jobs\\"\njobs_total 7\n# TYPE format_openmetrics gauge\nformat_openmetrics 1\n# EOF\n',
    });
    const plain = await ask(
      url,
      undefined,
      "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5",
    );
    expect([plain.type, plain.body.toString()]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      `${others}# TYPE format_plain gauge\nformat_plain 1\n`,
    ]);
  },
);

test("is plain where OpenMetrics has no words for what others say, and fails whole where it fails", async () => {
  const twoTypes = "# TYPE a gauge\na 1\n# TYPE a histogram\n";
  const plain = await ask(
    await serve(
      (format) => [`${format} 1\n`],
      () => Promise.resolve(twoTypes),
    ),
    undefined,
    OPEN,
  );
  expect([plain.type, plain.body.toString()]).toEqual([
    "text/plain; version=0.0.4; charset=utf-8",
    `${twoTypes}plain 1\n`,
  ]);
  const failing = await serve(function* () {
    yield* LINES;
    throw new Error("broken");
  });
  await expect(ask(failing, undefined, OPEN)).rejects.toThrow("aborted");
});

test.each([undefined, OPEN])("others have turns while a long page is written (accept %j)", async (accept) => {
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
  await ask(url, undefined, accept);
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

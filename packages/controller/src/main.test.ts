import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog } from "@trimtab/engine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { ListenError } from "./http/listen.ts";
import { ReloadError, type RunningController, startController } from "./main.ts";

/** A metrics page that counts how often it was read. */
interface Page {
  readonly url: string;
  reads: number;
  close(): Promise<void>;
}

let pages: Page[] = [];
let controllers: RunningController[] = [];

beforeEach(async () => {
  pages = [await startPage(), await startPage()];
  controllers = [];
});
afterEach(async () => {
  for (const controller of controllers) await controller.stop();
  for (const page of pages) await page.close();
});

async function startPage(): Promise<Page> {
  const server: Server = createServer((_request, response) => {
    page.reads += 1;
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(
      `trimtab_operation_calls_total{component="shop",operation="checkout",variant="base-a",outcome="success"} ${page.reads}\n`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page: Page = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    reads: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return page;
}

function configOf(
  changes: { scrape?: number; operation?: string; metrics?: string; listen?: string; extra?: string } = {},
): ReturnType<typeof parseConfig> {
  const metrics =
    changes.metrics ?? `{ source: embedded, scrape: [${pages[changes.scrape ?? 0]?.url}], scrapeInterval: 1s }`;
  return parseConfig(
    `
controller: { listen: "${changes.listen ?? "127.0.0.1:0"}", interval: 1s, store: { kind: sqlite, path: ":memory:" }${changes.extra ?? ""} }
metrics: ${metrics}
components: { shop: { operations: { ${changes.operation ?? "checkout"}: {} } } }
`,
    "/trimtab.yaml",
    {},
  );
}

async function start(config: ReturnType<typeof configOf>): Promise<RunningController> {
  const controller = await startController(config, { log: silentLog });
  controllers.push(controller);
  return controller;
}

async function operationsAt(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; names: string[]; cycles: number[] }> {
  const response = await fetch(`${url}/v1/operations`, { headers });
  const { operations = [] } = (await response.json()) as { operations?: { operation: string; cycles: number }[] };
  return {
    status: response.status,
    names: operations.map(({ operation }) => operation),
    cycles: operations.map(({ cycles }) => cycles),
  };
}

/** Waits for a condition; the test's own limit ends it where it never comes. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("another configuration takes effect whole: operations, tokens and the pages that are read", {
  timeout: 30_000,
}, async () => {
  const controller = await start(configOf());
  await until(() => (pages[0]?.reads ?? 0) >= 1);
  await controller.reload(
    configOf({ scrape: 1, operation: "browse", extra: ", tokens: [{ name: a, roles: [read], token: t }]" }),
  );

  expect((await operationsAt(controller.url)).status).toBe(401);
  expect((await operationsAt(controller.url, { authorization: "Bearer t" })).names).toEqual(["browse"]);
  const readsOfTheOld = pages[0]?.reads;
  await until(() => (pages[1]?.reads ?? 0) >= 2);
  expect(pages[0]?.reads).toBe(readsOfTheOld);
  await until(async () => ((await operationsAt(controller.url, { authorization: "Bearer t" })).cycles[0] ?? 0) > 0);
});

test("what only a restart can change is refused, and everything goes on as it was", { timeout: 30_000 }, async () => {
  const controller = await start(configOf());
  await expect(controller.reload(configOf({ listen: "127.0.0.1:1", operation: "browse" }))).rejects.toThrow(
    ReloadError,
  );
  expect((await operationsAt(controller.url)).names).toEqual(["checkout"]);
  await until(async () => ((await operationsAt(controller.url)).cycles[0] ?? 0) > 0);
});

test("a taken port leaves nothing open behind it", { timeout: 30_000 }, async () => {
  const first = await start(configOf());
  const { port } = new URL(first.url);
  await expect(
    startController(configOf({ listen: `127.0.0.1:${port}`, scrape: 1 }), { log: silentLog }),
  ).rejects.toThrow(ListenError);
  expect(pages[1]?.reads).toBe(0);
  expect((await operationsAt(first.url)).status).toBe(200);
});

test("with a Prometheus that is away it starts, is ready, serves the base values and says what is wrong", {
  timeout: 30_000,
}, async () => {
  const controller = await start(
    configOf({ metrics: "{ source: prometheus, url: http://127.0.0.1:2, scrapeInterval: 1s }" }),
  );
  const ready = await fetch(`${controller.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    status: "ready",
    details: { source: { kind: "prometheus", reachable: false } },
  });
  const parameters = await fetch(`${controller.url}/v1/parameters/shop/checkout`);
  expect(await parameters.json()).toMatchObject({ role: "baseline", reason: "STATIC" });
  await until(async () => ((await operationsAt(controller.url)).cycles[0] ?? 0) > 0);
  const decisions = await fetch(`${controller.url}/v1/decisions?component=shop&operation=checkout&limit=1`);
  expect(await decisions.json()).toMatchObject({
    decisions: [{ evidence: { kind: "error" }, contexts: [{ kind: "hold", reason: { code: "EVIDENCE_ERROR" } }] }],
  });
});

describe("with a Prometheus that takes every question and never answers", () => {
  let silent: Server;
  let open: number;
  beforeEach(async () => {
    open = 0;
    silent = createServer((request) => {
      open += 1;
      request.socket.once("close", () => (open -= 1));
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    silent.closeAllConnections();
    silent.close();
  });

  const silentConfig = (): ReturnType<typeof parseConfig> => {
    const { port } = silent.address() as AddressInfo;
    return configOf({
      metrics: `{ source: prometheus, url: http://127.0.0.1:${port}, timeout: 1m, scrapeInterval: 1s }`,
    });
  };

  test("a reload does not wait for the answers", { timeout: 30_000 }, async () => {
    const controller = await start(silentConfig());
    await until(() => open > 0);
    await controller.reload(configOf({ operation: "browse" }));
    await until(() => open === 0);
    expect((await operationsAt(controller.url)).names).toEqual(["browse"]);
    await until(async () => ((await operationsAt(controller.url)).cycles[0] ?? 0) > 0);
  });

  test("a stop leaves no question open behind it", { timeout: 30_000 }, async () => {
    const controller = await start(silentConfig());
    await until(() => open > 0);
    await controller.stop();
    await until(() => open === 0);
    await expect(fetch(`${controller.url}/livez`)).rejects.toThrow("fetch failed");
  });
});

test("stopping twice is stopping once, and afterwards nobody answers", { timeout: 30_000 }, async () => {
  const controller = await start(configOf());
  await Promise.all([controller.stop(), controller.stop()]);
  await expect(fetch(`${controller.url}/livez`)).rejects.toThrow("fetch failed");
});

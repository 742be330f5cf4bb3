/** What a controller has learnt and people have set goes on in a store of another kind, and nothing of a file that is broken or cut. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { ExportLines } from "../../packages/controller/src/cli/export-file.ts";
import { type PostgresServer, startPostgres } from "../../packages/engine/src/stores/postgres-server.test.support.ts";
import { createSqlStore } from "../../packages/engine/src/stores/sql-store.ts";
import { openSqliteForReading } from "../../packages/engine/src/stores/sqlite-dialect.ts";
import { cleanUp, freePort, getJson, startNode, temporaryFolder, until } from "./processes.ts";

let postgres: PostgresServer | undefined;
afterEach(async () => {
  await cleanUp();
  await postgres?.stop();
  postgres = undefined;
});

const CLI = "packages/controller/src/cli/cli.ts";

function configurationFile(folder: string, name: string, port: number, store: string): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    `controller: { listen: "127.0.0.1:${port}", interval: 1h, store: ${store} }
metrics: { source: reported }
components: { shop: { operations: { checkout: { context: [genre], parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }, mode: suggest } } } }
`,
  );
  return file;
}

async function trimtab(...args: string[]): Promise<{ code: number | string; output: string }> {
  const run = startNode("trimtab", [CLI, ...args]);
  const code = await run.ended;
  return { code, output: run.output() };
}

async function serve(configuration: string, port: number) {
  const controller = startNode("controller", [CLI, "serve", "--config", configuration]);
  const url = `http://127.0.0.1:${port}`;
  await until("the controller", async () => (await fetch(`${url}/readyz`)).ok, { watching: [controller] });
  return { controller, url };
}

async function send(url: string, method: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  expect([response.status, await response.clone().text()]).toEqual([200, expect.anything()]);
}

const documentAt = async (url: string) => (await fetch(`${url}/v1/allocations?component=shop`)).text();
const auditAt = async (url: string) =>
  (await getJson(`${url}/v1/audit?limit=1000`)).acts.map(({ kind, by, why }: Record<string, string>) => [
    kind,
    by,
    why,
  ]);

test("from SQLite to PostgreSQL: the same is served, set and told; what is there is not overwritten, and what is broken not taken", async () => {
  postgres = await startPostgres();
  const folder = temporaryFolder();
  const port = await freePort();
  const before = configurationFile(folder, "sqlite.yaml", port, "{ kind: sqlite, path: ./trimtab.db }");
  const store = `{ kind: postgres, url: "${await postgres.emptyDatabase()}", lease: 3s }`;
  const after = configurationFile(folder, "postgres.yaml", port, store);
  const file = join(folder, "learnt.jsonl");

  const first = await serve(before, port);
  await send(`${first.url}/v1/overrides/shop/checkout?ctx.genre=rock`, "PUT", {
    values: { level: 7 },
    by: "ann",
    why: "campaign",
  });
  await send(`${first.url}/v1/operations/shop/checkout/freeze`, "POST", { by: "bob", why: "sale" });
  const exported = await trimtab("export", "--config", before, "--out", file);
  expect(exported).toEqual({ code: 0, output: expect.stringContaining("1 operation, 0 adaptations, 2 acts") });
  const served = await documentAt(first.url);
  expect(await first.controller.end("SIGTERM")).toBe(0);

  const dry = await trimtab("import", file, "--config", after, "--dry-run");
  expect(dry).toEqual({ code: 0, output: expect.stringContaining("+ genre=rock: level=7") });
  expect(dry.output).toContain("frozen by bob: sale");
  const lines = readFileSync(file, "utf8").split("\n");
  const broken = join(folder, "broken.jsonl");
  writeFileSync(broken, lines.join("\n").replaceAll('"level":7', '"level":9'));
  const changed = await trimtab("import", broken, "--config", after, "--why", "move");
  expect(changed).toEqual({ code: 1, output: expect.stringContaining("is not as it was exported") });
  const importing = ["import", file, "--config", after, "--why", "we move", "--by", "carol"];
  expect(await trimtab(...importing)).toEqual({ code: 0, output: expect.stringContaining("shop.checkout: imported") });
  expect(await trimtab(...importing)).toEqual({
    code: 1,
    output: expect.stringContaining("has shop.checkout already"),
  });

  const second = await serve(after, port);
  expect(await documentAt(second.url)).toBe(served);
  expect(await auditAt(second.url)).toEqual([
    ["import", "carol", "we move"],
    ["freeze", "bob", "sale"],
    ["override", "ann", "campaign"],
  ]);
  const people = (await getJson(`${second.url}/v1/operations/shop/checkout`)).people;
  expect(people).toMatchObject({ frozen: { by: "bob" }, overrides: [{ by: "ann", values: { level: 7 } }] });
  await send(`${second.url}/v1/operations/shop/checkout/unfreeze`, "POST", { why: "over" }); // it decides and acts on
  const ahead = await trimtab(...importing, "--replace");
  expect(ahead).toEqual({ code: 1, output: expect.stringContaining("leads on this store") });
  expect(await second.controller.end("SIGTERM")).toBe(0);
  const replacing = await trimtab(...importing, "--replace");
  expect(replacing).toEqual({ code: 0, output: expect.stringContaining("replaced") });
}, 120_000);

test("an import that is killed in the middle leaves nothing, and can be done again", async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const configuration = configurationFile(folder, "trimtab.yaml", port, "{ kind: sqlite, path: ./trimtab.db }");
  const small = join(folder, "small.jsonl");
  const { controller, url } = await serve(configuration, port);
  await send(`${url}/v1/operations/shop/checkout/freeze`, "POST", { why: "sale" });
  expect((await trimtab("export", "--config", configuration, "--out", small)).code).toBe(0);
  expect(await controller.end("SIGTERM")).toBe(0);

  // The same operation with many hours of trends, so that there is a middle.
  const file = join(folder, "large.jsonl");
  const made = new ExportLines();
  const entries = readFileSync(small, "utf8")
    .trim()
    .split("\n")
    .slice(1, -1)
    .map((line) => JSON.parse(line));
  const trends = Array.from({ length: 20_000 }, (_, hour) => ({
    kind: "trend" as const,
    component: "shop",
    operation: "checkout",
    from: hour * 3_600_000,
    milliseconds: 3_600_000,
    sums: { note: "x".repeat(600) } as never,
  }));
  const header = made.header({ exportedAt: 0, program: "0" });
  writeFileSync(file, header + [...entries, ...trends].map((entry) => made.entry(entry)).join("") + made.end());

  const other = configurationFile(folder, "other.yaml", port, "{ kind: sqlite, path: ./other.db }");
  const store = join(folder, "other.db");
  let isKilledInTheMiddle = false;
  for (let attempt = 0; attempt < 5 && !isKilledInTheMiddle; attempt++) {
    const importing = startNode("import", [CLI, "import", file, "--config", other, "--why", "move"]);
    while (importing.isRunning() && sizeOf(`${store}-wal`) < 1_000_000) await delay(1);
    await importing.end("SIGKILL");
    const operations = await operationsIn(store);
    expect([0, 1]).toContain(operations);
    isKilledInTheMiddle = operations === 0;
  }
  expect(isKilledInTheMiddle).toBe(true);
  const again = await trimtab("import", file, "--config", other, "--why", "move");
  expect(again).toEqual({ code: 0, output: expect.stringContaining("20000 spans of trends") });
  expect(await operationsIn(store)).toBe(1);
}, 120_000);

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

async function operationsIn(file: string): Promise<number> {
  const database = await openSqliteForReading(file);
  try {
    return (await createSqlStore(database).listOperations()).length;
  } finally {
    await database.destroy();
  }
}

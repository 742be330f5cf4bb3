import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createRollupStore, openSqliteDatabase } from "@trimtab/engine";
import { describeMetricSource } from "@trimtab/engine/metric-source-contract";
import { afterEach, describe, expect, test } from "vitest";
import { createEmbeddedSource, type EmbeddedSource } from "./embedded-source.ts";

describeMetricSource("the embedded source", async ({ targets, intervalMilliseconds, startsAt }) => {
  const database = await openSqliteDatabase(":memory:");
  const source = createEmbeddedSource({
    targets,
    rollups: createRollupStore(database),
    scrapeIntervalMilliseconds: intervalMilliseconds,
    now: () => startsAt,
  });
  return {
    source,
    scrape: (instant) => source.scrapeRound(instant),
    settle: async () => {},
    async close() {
      await source.close();
      await database.destroy();
    },
  };
});

const SECOND = 1_000;
const request = { component: "shop", operation: "price", context: ["genre"] };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A metrics page whose answer a test decides, request by request. */
async function serve(answer: () => { status?: number; type?: string; body: string }): Promise<string> {
  const server = createServer((_request, response) => {
    const { status = 200, type = "text/plain; version=0.0.4", body } = answer();
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

function callsLine(calls: number, genre = "rock"): string {
  const labels = `component="shop",operation="price",variant="base-a",ctx_genre="${genre}",outcome="success"`;
  return `trimtab_operation_calls_total{${labels}} ${calls}\n`;
}

async function inMemory(targets: readonly string[], log: string[] = []): Promise<EmbeddedSource> {
  const database = await openSqliteDatabase(":memory:");
  closing.push(() => database.destroy());
  const note = (message: string): void => {
    log.push(message);
  };
  return createEmbeddedSource({
    targets,
    rollups: createRollupStore(database),
    scrapeIntervalMilliseconds: SECOND,
    timeoutMilliseconds: 5_000,
    now: () => 0,
    log: { info: note, warn: note },
  });
}

async function successes(source: EmbeddedSource, from: number, to: number): Promise<number | undefined> {
  const { cells } = await source.readEvidence({ ...request, window: { from, to } });
  if (cells.kind !== "value") return undefined;
  return cells.value.reduce((sum, { reading }) => sum + (reading.kind === "value" ? reading.value.success : 0), 0);
}

describe("what an inspection says of a page", () => {
  test.each([
    [{ status: 404, body: "" }, "answered HTTP 404: is the path right?"],
    [{ status: 503, body: "" }, "answered HTTP 503"],
    [{ type: "text/html", body: "<p>hi</p>" }, "is not a metrics page: its content type is text/html"],
    [{ body: "<p>hi</p>" }, "is not a sound metrics page: line 1 does not begin with a metric's name: <p>hi</p>"],
    [{ body: "up 1\nhalf_a_line{" }, "is not a sound metrics page: line 2 has a label without a value: half_a_line{"],
    [{ body: callsLine(1) + callsLine(2) }, "stands there twice"],
    [{ body: "up 1\n" }, "has no series of tracked operations yet"],
  ])("that answers %j", async (answer, problem) => {
    const source = await inMemory([await serve(() => answer)]);
    await source.scrapeRound(SECOND);
    const { targets, reachable } = await source.inspect(SECOND);
    expect(reachable.kind).toBe("value");
    expect(targets).toMatchObject([{ problem: expect.stringContaining(problem) }]);
  });

  test("that nobody serves", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const source = await inMemory([`http://127.0.0.1:${port}/metrics`]);
    expect((await source.inspect(0)).targets).toMatchObject([{ up: false, problem: "has not been read yet" }]);
    await source.scrapeRound(SECOND);
    expect((await source.inspect(0)).targets).toMatchObject([
      { up: false, problem: expect.stringContaining("refused the") },
    ]);
  });

  test("that is sound, and says it once in the log, not each round", async () => {
    const log: string[] = [];
    let isUp = true;
    const address = await serve(() => (isUp ? { body: callsLine(1) } : { status: 500, body: "" }));
    const source = await inMemory([address], log);
    for (let slot = 1; slot <= 4; slot++) await source.scrapeRound(slot * SECOND);
    expect((await source.inspect(0)).targets).toEqual([
      { target: address, up: true, hasOurSeries: true, lastScrapeAt: 4 * SECOND },
    ]);
    isUp = false;
    for (let slot = 5; slot <= 8; slot++) await source.scrapeRound(slot * SECOND);
    expect(log).toEqual([`Reading the metrics page ${address}`, `The metrics page ${address} answered HTTP 500`]);
  });
});

test("one address that several processes answer in turn is refused, and counts nothing twice", async () => {
  let turn = 0;
  const address = await serve(() => {
    const first = turn++ % 2 === 0;
    return {
      body: `trimtab_process_start_time_seconds ${first ? 900 : 100}\n${callsLine(first ? 1_000 + turn : 5_000 + turn)}`,
    };
  });
  const source = await inMemory([address]);
  for (let slot = 1; slot <= 11; slot++) await source.scrapeRound(slot * SECOND);
  expect(await successes(source, SECOND, 11 * SECOND)).toBe(10);
  turn = 1;
  await source.scrapeRound(12 * SECOND);
  expect((await source.inspect(0)).targets[0]?.problem).toContain("several processes in turn");
});

test("contexts beyond the limit are left out, the log says so, and those that vanish make room", async () => {
  const log: string[] = [];
  let rounds = 0;
  let contexts = Array.from({ length: 10_050 }, (_, index) => `g${index}`);
  const address = await serve(() => {
    rounds++;
    return { body: contexts.map((context) => callsLine(rounds, context)).join("") };
  });
  const source = await inMemory([address], log);
  await source.scrapeRound(60 * SECOND);
  await source.scrapeRound(120 * SECOND);
  expect(await successes(source, 60 * SECOND, 120 * SECOND)).toBe(10_000);
  expect(log.at(-1)).toContain("shop/price has more contexts than are kept");

  contexts = ["one that was left out before, perhaps"];
  for (let minute = 3; minute <= 5; minute++) await source.scrapeRound(minute * 60 * SECOND);
  expect(await successes(source, 120 * SECOND, 240 * SECOND)).toBe(0);
  expect(await successes(source, 240 * SECOND, 300 * SECOND)).toBe(1);
}, 60_000);

test("rounds run by themselves on the grid, and none after the source was closed", { timeout: 30_000 }, async () => {
  const { promise: thirdPage, resolve } = Promise.withResolvers<void>();
  let pages = 0;
  const address = await serve(() => {
    pages++;
    if (pages === 3) resolve();
    return { body: callsLine(pages) };
  });
  const database = await openSqliteDatabase(":memory:");
  closing.push(() => database.destroy());
  const rollups = createRollupStore(database);
  const source = createEmbeddedSource({ targets: [address], rollups, scrapeIntervalMilliseconds: SECOND });
  await source.start();
  await thirdPage;
  await source.close();
  const last = await rollups.lastPageAt();
  expect((last ?? 1) % SECOND).toBe(0);
  const pagesAtEnd = pages;
  await source.scrapeRound((last ?? 0) + SECOND);
  expect(pages).toBe(pagesAtEnd);
});

describe("a process that is killed", () => {
  /** Reads the page round after round, a second of the grid each, as fast as it can. */
  const SCRAPER = `
    const { createRollupStore, openSqliteDatabase } = await import("@trimtab/engine");
    const { createEmbeddedSource } = await import(process.env.SOURCE_MODULE);
    const rollups = createRollupStore(await openSqliteDatabase(process.env.STORE_PATH));
    const log = { info() {}, warn: (message, { error } = {}) => { if (error) console.error(message, error); } };
    const source = createEmbeddedSource({
      targets: [process.env.TARGET], rollups, scrapeIntervalMilliseconds: 1000, timeoutMilliseconds: 30000, now: () => 0, log });
    for (let slot = ((await rollups.lastPageAt()) ?? 0) + 1000; ; slot += 1000) {
      await source.scrapeRound(slot);
      console.log(slot);
    }`;

  test("loses no count and doubles none, wherever the kill falls", { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "trimtab-embedded-"));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "store.db");
    let calls = 0;
    // A kill right after an answer hits the time between reading a page and having recorded it.
    let killAfter: { answers: number; child: ChildProcess } | undefined;
    const address = await serve(() => {
      calls += 7;
      if (killAfter !== undefined && --killAfter.answers === 0) killAfter.child.kill("SIGKILL");
      return { body: `trimtab_process_start_time_seconds 1\n${callsLine(calls)}` };
    });
    for (let life = 1; life <= 4; life++) {
      const child = spawn(process.execPath, ["--conditions=source", "--input-type=module", "--eval", SCRAPER], {
        cwd: join(import.meta.dirname, "../.."),
        env: {
          ...process.env,
          SOURCE_MODULE: new URL("./embedded-source.ts", import.meta.url).href,
          STORE_PATH: path,
          TARGET: address,
        },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exit = once(child, "exit");
      closing.push(() => child.kill("SIGKILL"));
      const rounds = createInterface({ input: child.stdout });
      let seen = 0;
      for await (const _round of rounds) {
        seen++;
        // Twice in the middle of a round, twice at whatever it does after one.
        if (seen === 5 + life && life % 2 === 0) child.kill("SIGKILL");
        else if (seen === 5 + life) killAfter = { answers: 2, child };
      }
      await exit;
      expect(seen).toBeGreaterThan(5);
    }
    const database = await openSqliteDatabase(path);
    closing.push(() => database.destroy());
    const rollups = createRollupStore(database);
    const source = createEmbeddedSource({ targets: [address], rollups, scrapeIntervalMilliseconds: SECOND });
    const last = (await rollups.lastPageAt()) ?? 0;
    await source.scrapeRound(last + SECOND);
    expect(last).toBeGreaterThan(20 * SECOND);
    expect(await successes(source, 0, last + SECOND)).toBe(calls);
  });
});

/** A controller whose operation has more contexts than are decided where requests are answered, on a store in a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { variantId } from "@trimtab/conventions";
import { createSqlStore, type Log, openSqliteForReading, replayCycles, silentLog } from "@trimtab/engine";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadConfig } from "../config.ts";
import { type RunningController, startController } from "../main.ts";

const CONTEXTS = 60;
const OPERATION = { component: "shop", operation: "checkout" };

let folder = "";
let service: Server;
let controller: RunningController | undefined;
let lines: string[];
const log: Log = { ...silentLog, info: (message) => lines.push(message), error: (message) => lines.push(message) };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-large-"));
  lines = [];
  const variant = variantId({ retries: 1 }, "baseline");
  let scrapes = 0;
  service = createServer((_request, response) => {
    scrapes++;
    const counters = Array.from({ length: CONTEXTS }, (_, index) => {
      const labels = `component="shop",operation="checkout",variant="${variant}",ctx_tenant="tenant-${index}"`;
      return (["success", "failure"] as const).map(
        (outcome) =>
          `trimtab_operation_calls_total{${labels},outcome="${outcome}"} ${scrapes * (outcome === "success" ? 9 : 1)}`,
      );
    });
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(`trimtab_process_start_time_seconds 1\n${counters.flat().join("\n")}\n`);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const { port } = service.address() as AddressInfo;
  writeFileSync(
    join(folder, "trimtab.yaml"),
    `
controller: { listen: "127.0.0.1:0", interval: 1s, store: { kind: sqlite, path: ./trimtab.db } }
metrics: { source: embedded, scrape: ["http://127.0.0.1:${port}/metrics"], scrapeInterval: 1s }
components: { shop: { operations: { checkout: {
  context: [tenant], parameters: { retries: { type: integer, base: 1, min: 1, max: 5 } }, objective: { success: 1 }, mode: auto } } } }
`,
  );
});
afterEach(async () => {
  await controller?.stop();
  await new Promise((resolve) => service.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test("its passes run in the thread, on what was scraped, and what is served is what was recorded", async () => {
  controller = await startController(loadConfig(join(folder, "trimtab.yaml"), {}), { log });
  const reader = createSqlStore(await openSqliteForReading(join(folder, "trimtab.db")));
  await vi.waitFor(
    async () => {
      expect(lines).toContain("a thread learns for large operations");
      const { items } = await reader.listCycles(OPERATION, { limit: 1 });
      expect(items[0]?.cycle).toBeGreaterThanOrEqual(4);
    },
    { timeout: 60_000, interval: 200 },
  );
  const { url } = controller;
  await vi.waitFor(
    async () => {
      const { decision } = (await reader.loadServed(OPERATION)) ?? {};
      const answer = await fetch(`${url}/v1/allocations?component=shop`);
      const document = (await answer.json()) as { operations: { checkout: { allocations: unknown } } };
      expect(document.operations.checkout.allocations).toEqual(JSON.parse(JSON.stringify(decision?.allocations)));
    },
    { timeout: 30_000, interval: 100 },
  );
  await controller.stop();
  const [last] = (await reader.listCycles(OPERATION, { limit: 1 })).items;
  const { cells } = last?.evidence ?? {};
  expect(cells?.kind === "value" ? cells.value.length : cells).toBe(CONTEXTS);
  expect(await replayCycles(reader, OPERATION)).toMatchObject({ replayed: last?.cycle, unreplayable: [] });
  expect(lines.filter((line) => line.includes("fail"))).toEqual([]);
  await reader.close();
});

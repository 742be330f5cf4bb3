/** The strategy on the page about strategies of one's own learns in a controller that runs: its module is that page's text. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { variantId } from "@trimtab/conventions";
import { silentLog } from "@trimtab/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigError } from "./config/config-error.ts";
import { loadConfig } from "./config.ts";
import { type RunningController, startController } from "./main.ts";

const PAGE = readFileSync(new URL("../../../docs/strategies/own-strategy.md", import.meta.url), "utf8");
const [, MODULE = ""] = /```js\n([^]*?)\n```/.exec(PAGE) ?? [];

let folder = "";
let service: Server;
let controller: RunningController | undefined;

/** A service whose calls fail with a probability of a half at one retry, a quarter at two, and so on. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-own-"));
  const base = variantId({ retries: 1 }, "baseline");
  const rates = new Map([
    [base, 0.5],
    ...[2, 3, 4, 5].map((retries) => [variantId({ retries }), 0.5 ** retries] as const),
  ]);
  const counts = new Map([...rates.keys()].map((variant) => [variant, { success: 0, failure: 0 }]));
  service = createServer((_request, response) => {
    const lines = [...rates].flatMap(([variant, failing]) => {
      const count = counts.get(variant) ?? { success: 0, failure: 0 };
      count.failure += Math.round(64 * failing);
      count.success += 64 - Math.round(64 * failing);
      const label = `component="shop",operation="checkout",variant="${variant}"`;
      return (["success", "failure"] as const).map(
        (outcome) => `trimtab_operation_calls_total{${label},outcome="${outcome}"} ${count[outcome]}`,
      );
    });
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(`${lines.join("\n")}\n`);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await controller?.stop();
  await new Promise((resolve) => service.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function write(strategy: string): string {
  const file = join(folder, "trimtab.yaml");
  writeFileSync(
    file,
    `
controller: { listen: "127.0.0.1:0", interval: 1s, store: { kind: sqlite, path: ":memory:" } }
metrics: { source: embedded, scrape: ["http://127.0.0.1:${(service.address() as AddressInfo).port}/metrics"], scrapeInterval: 1s }
components: { shop: { operations: { checkout: {
  parameters: { retries: { type: integer, base: 1, min: 1, max: 5 } },
  objective: { success: 1 }, mode: auto,
  strategy: ${strategy} } } } }
`,
  );
  return file;
}

interface Told {
  readonly adaptations: readonly { newValue: number; reason: { code: string; sentence: string } }[];
}

test("the example on the page learns, and is told by its own sentences", { timeout: 60_000 }, async () => {
  expect(MODULE).toContain("export default");
  writeFileSync(join(folder, "raise-on-failure.mjs"), MODULE);
  controller = await startController(loadConfig(write("{ module: ./raise-on-failure.mjs, share: 0.2 }"), {}), {
    log: silentLog,
  });
  let told: Told = { adaptations: [] };
  while (told.adaptations.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    told = (await (await fetch(`${controller.url}/v1/adaptations?component=shop`)).json()) as Told;
  }
  // half of the calls failed with one retry, a quarter with two; with three it is an eighth, and the example is content
  expect(told.adaptations.map(({ newValue }) => newValue)).toEqual([3, 2]);
  expect(told.adaptations.map(({ reason }) => reason.code)).toEqual(["OWN_STRATEGY", "OWN_STRATEGY"]);
  expect(told.adaptations[1]?.reason.sentence).toMatch(/^\d+ of \d+ calls failed with retries 1\.$/);

  writeFileSync(join(folder, "raise-on-failure.mjs"), "export default {};");
  await expect(controller.reload(loadConfig(write("{ module: ./raise-on-failure.mjs }"), {}))).rejects.toThrow(
    ConfigError,
  );
  const parameters = await fetch(`${controller.url}/v1/parameters/shop/checkout?key=customer-7`);
  expect(parameters.status).toBe(200); // the old one stays in force
});

/** The console as it is published: the packed controller on a machine that has only what it depends on, in a real browser. */
import { existsSync, globSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { launchBrowser, openConsole } from "../console/real-browser.ts";
import { cleanUp, root, start, temporaryFolder, until } from "../end-to-end/processes.ts";
import { unpack } from "./packed-service.ts";

afterEach(cleanUp);

const CONFIGURATION = `
controller: { listen: 127.0.0.1:0, interval: 5s, store: { kind: sqlite, path: ./trimtab.db } }
metrics: { source: embedded, scrape: [http://127.0.0.1:9/metrics] }
components:
  shop:
    operations:
      checkout: { context: [genre], parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }, mode: auto }
`;

test("is served whole by the compiled controller, and runs in a browser", async () => {
  const folder = temporaryFolder();
  unpack(folder, ["conventions", "learning", "engine", "simulator", "instrumentation", "module-kit", "controller"]);
  for (const name of ["controller", "engine"]) {
    const from = join(root, "packages", name, "node_modules");
    for (const installed of globSync(["@opentelemetry/*", "[!@.]*"], { cwd: from })) {
      const link = join(folder, "node_modules", installed);
      if (existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(from, installed), link);
    }
  }
  writeFileSync(join(folder, "trimtab.yaml"), CONFIGURATION);
  const cli = "node_modules/@trimtab/controller/dist/cli/cli.js";
  const { NODE_OPTIONS: _, ...env } = process.env;
  const controller = start("controller", process.execPath, [cli, "serve", "--config", "trimtab.yaml"], {
    cwd: folder,
    env,
  });
  const url = await until(
    "the controller listens",
    () => /Trimtab listens on (http\S+)/.exec(controller.output())?.[1],
    { watching: [controller] },
  );
  const browser = await launchBrowser();
  try {
    const { page, trouble } = await openConsole(browser, url);
    await page.getByRole("row").filter({ hasText: "shop.checkout" }).waitFor();
    await page.getByRole("link", { name: "shop.checkout" }).click();
    await page.getByRole("heading", { name: "What is served" }).waitFor();
    expect([...trouble]).toEqual([]);
  } finally {
    await browser.close();
  }
  expect(controller.output()).not.toMatch(/ExperimentalWarning|stripTypes/);
  expect(await controller.end("SIGTERM")).toBe(0);
});

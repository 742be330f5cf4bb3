/** A backup that is made while the controller works brings back what was served, after the store itself is lost. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp, freePort, getJson, startNode, temporaryFolder, until } from "./processes.ts";

afterEach(cleanUp);

const CLI = "packages/controller/src/cli/cli.ts";

test("a copy that was made while people acted is whole, and serves the same documents in the store's place", async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(folder, "trimtab.yaml");
  const store = join(folder, "trimtab.db");
  const copy = join(folder, "copy.db");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1h, store: { kind: sqlite, path: ./trimtab.db } }
metrics: { source: embedded, scrape: ["http://127.0.0.1:9/metrics"] }
components: { shop: { operations: { checkout: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }, mode: suggest } } } }
`,
  );
  const serve = () => startNode("controller", [CLI, "serve", "--config", configuration]);
  const backup = (...more: string[]) =>
    startNode("backup", [CLI, "backup", "--config", configuration, "--out", copy, ...more]);
  const override = async (level: number): Promise<void> => {
    const response = await fetch(`${url}/v1/overrides/shop/checkout`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ values: { level }, why: `level ${level}` }),
    });
    expect(response.status).toBe(200);
  };
  const document = async () => {
    const response = await fetch(`${url}/v1/allocations?component=shop`);
    return { etag: response.headers.get("etag"), text: await response.text() };
  };
  const levelsIn = (audit: any): number[] => audit.acts.map(({ values }: any) => values.level);

  const first = serve();
  await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [first] });
  await override(4);
  const before = await document();
  let isCopied = false;
  const copying = backup();
  copying.ended.then(() => (isCopied = true)).catch(() => {});
  let level = 5;
  for (; !isCopied; level = level === 9 ? 5 : level + 1) await override(level); // the store is written to all the time
  expect([await copying.ended, copying.output()]).toEqual([0, expect.stringContaining("checked; 1 operation")]);
  const refused = backup();
  expect([await refused.ended, refused.output()]).toEqual([1, expect.stringContaining("--force overwrites it")]);

  const onto = startNode("backup", [CLI, "backup", "--config", configuration, "--out", store, "--force"]);
  expect([await onto.ended, onto.output()]).toEqual([1, expect.stringContaining("is the store itself")]);

  expect(await first.end("SIGKILL")).toBe("SIGKILL");
  for (const ending of ["", "-wal", "-shm"]) rmSync(`${store}${ending}`, { force: true });
  const { copyFileSync } = await import("node:fs");
  copyFileSync(copy, store);
  const second = serve();
  await until("the controller again", async () => (await fetch(`${url}/livez`)).ok, { watching: [second] });
  const levels = levelsIn(await getJson(`${url}/v1/audit?limit=1000`));
  expect(levels.at(-1)).toBe(4); // what was acknowledged before the copy began
  const after = await document();
  expect(JSON.parse(after.text).operations.checkout.allocations[0].variants).toContainEqual(
    expect.objectContaining({ parameters: { level: levels[0] } }),
  );
  expect(levels.length > 1 || after.text === before.text).toBe(true);
});

/** "node scripts/dev.mjs audit" against registries that answer differently: what was not checked must not pass for clean. */
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
let registry: Server;
afterEach(() => new Promise((resolve) => registry.close(resolve)));

async function audit(status: number, body: object): Promise<{ code: number; out: string }> {
  registry = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
  const env = { ...process.env, NODE_OPTIONS: "", npm_config_registry: address, pnpm_config_registry: address };
  return new Promise((resolve) => {
    execFile(process.execPath, ["scripts/dev.mjs", "audit"], { cwd: root, env }, (error, out) => {
      resolve({ code: error === null ? 0 : Number(error.code), out });
    });
  });
}

test("no advisory is 0", async () => {
  expect(await audit(200, {})).toMatchObject({ code: 0 });
});

test("an advisory is 1, and told", async () => {
  const advisory = {
    id: 1,
    url: "https://advisories.example/1",
    title: "it lets everybody in",
    severity: "high",
    vulnerable_versions: ">=0.0.0",
    cwe: [],
    cvss: { score: 8, vectorString: null },
  };
  const { code, out } = await audit(200, { express: [advisory] });
  expect(out).toContain("it lets everybody in");
  expect(code).toBe(1);
});

test("a registry without that answer is 3, and says that nothing was checked", async () => {
  const { code, out } = await audit(405, { error: "not here" });
  expect(out).toContain("Nothing was checked: the registry has no audit endpoint");
  expect(code).toBe(3);
});

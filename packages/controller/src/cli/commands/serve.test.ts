import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningCli, runCliProcess, startCli } from "../running-cli.ts";

let folder: string;
let page: Server;
let pageUrl: string;
let running: RunningCli[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-serve-"));
  // A service's metrics page whose counter grows with each look.
  let calls = 0;
  page = createServer((_request, response) => {
    calls += 10;
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(
      [
        "trimtab_process_start_time_seconds 1",
        `trimtab_operation_calls_total{component="shop",operation="checkout",variant="base-a",outcome="success"} ${calls}`,
        "",
      ].join("\n"),
    );
  });
  await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
  pageUrl = `http://127.0.0.1:${(page.address() as AddressInfo).port}/metrics`;
});

afterEach(async () => {
  for (const { process: child, ended } of running) {
    child.kill("SIGKILL");
    await ended;
  }
  running = [];
  await new Promise((resolve) => page.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function writeConfig(changes: { listen?: string; mode?: string; extra?: string } = {}): void {
  writeFileSync(
    join(folder, "trimtab.yaml"),
    `
controller: { listen: "${changes.listen ?? "127.0.0.1:0"}", interval: 1s }
metrics: { source: embedded, scrape: [${pageUrl}], scrapeInterval: 1s }
components:
  shop:
    operations:
      checkout:
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: ${changes.mode ?? "observe"}
${changes.extra ?? ""}`,
  );
}

async function serve(): Promise<{ cli: RunningCli; url: string }> {
  const cli = startCli(["serve"], { cwd: folder });
  running.push(cli);
  const line = await cli.until(/Trimtab listens on (\S+)\n/);
  return { cli, url: line.trim().replace("Trimtab listens on ", "") };
}

interface Operation {
  mode: string;
  cycles: number;
}

async function operationAt(url: string): Promise<Operation> {
  return (await (await fetch(`${url}/v1/operations/shop/checkout`)).json()) as Operation;
}

/** Asks until the answer is as wanted; the test's own limit ends it where it never is. */
async function untilOperation(url: string, isWanted: (operation: Operation) => boolean): Promise<Operation> {
  for (;;) {
    const operation = await operationAt(url);
    if (isWanted(operation)) return operation;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("serves, records cycles, and ends with 0 on SIGTERM with everything closed", { timeout: 60_000 }, async () => {
  writeConfig();
  const { cli, url } = await serve();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await untilOperation(url, ({ cycles }) => cycles >= 1);
  cli.process.kill("SIGTERM");
  const { code, err } = await cli.ended;
  expect(code).toBe(0);
  expect(err).toContain('"message":"controller stopped"');
  for (const line of err.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("level");
});

test("a port that is taken is one line with the remedy, and 1", { timeout: 60_000 }, async () => {
  const { port } = page.address() as AddressInfo;
  writeConfig({ listen: `127.0.0.1:${port}` });
  const { code, out, err } = await runCliProcess(["serve"], { cwd: folder });
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).toBe(
    `Port ${port} of 127.0.0.1 is taken by another process; stop that one, or choose another one with controller.listen or TRIMTAB_LISTEN.\n`,
  );
});

test("a second controller on the same store is refused, and the first goes on", { timeout: 60_000 }, async () => {
  writeConfig();
  const { url } = await serve();
  const { code, err } = await runCliProcess(["serve"], { cwd: folder });
  expect(code).toBe(1);
  expect(err).toMatch(
    /^The store .*trimtab\.db is in use by another process \(pid \d+\)\. Stop that one first, or give this one a store of its own\.\n$/,
  );
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

/** What /readyz tells of the configuration, once it is as wanted. */
async function untilConfiguration(url: string, current: boolean): Promise<{ problems?: string[] }> {
  for (;;) {
    const { details } = (await (await fetch(`${url}/readyz`)).json()) as {
      details: { configuration: { current: boolean; problems?: string[] } };
    };
    if (details.configuration.current === current) return details.configuration;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a changed file is taken over by itself: written in place, renamed over, and by the links of a ConfigMap", {
  timeout: 60_000,
}, async () => {
  writeConfig();
  const { url } = await serve();
  writeConfig({ mode: "suggest" });
  await untilOperation(url, ({ mode }) => mode === "suggest");

  writeConfig({ mode: "atuo" });
  expect((await untilConfiguration(url, false)).problems).toEqual([expect.stringContaining('did you mean "auto"?')]);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain("trimtab_config_last_reload_successful 0");
  expect((await operationAt(url)).mode).toBe("suggest");

  const file = join(folder, "trimtab.yaml");
  writeConfig({ mode: "auto" });
  renameSync(file, join(folder, "next.yaml"));
  renameSync(join(folder, "next.yaml"), file);
  await untilOperation(url, ({ mode }) => mode === "auto");
  expect((await untilConfiguration(url, true)).problems).toBeUndefined();
  expect(await (await fetch(`${url}/metrics`)).text()).toContain("trimtab_config_last_reload_successful 1");

  // as the kubelet does it: the file is a link through ..data, which is replaced as a whole
  for (const [version, mode] of [
    ["..v1", "auto"],
    ["..v2", "observe"],
  ] as const) {
    mkdirSync(join(folder, version));
    writeConfig({ mode });
    renameSync(file, join(folder, version, "trimtab.yaml"));
    symlinkSync(version, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    symlinkSync(join("..data", "trimtab.yaml"), `${file}.link`);
    renameSync(`${file}.link`, file);
    await untilOperation(url, (operation) => operation.mode === mode);
    if (version === "..v1") rmSync(file);
  }
});

test("SIGHUP takes a good file over; a bad one leaves the running one in place and tells every problem", {
  timeout: 60_000,
}, async () => {
  writeConfig();
  const { cli, url } = await serve();
  expect((await operationAt(url)).mode).toBe("observe");

  writeConfig({ mode: "suggest" });
  cli.process.kill("SIGHUP");
  await cli.until('"configuration taken over"');
  expect((await operationAt(url)).mode).toBe("suggest");

  writeConfig({ mode: "atuo", extra: "        holdout: 3\n" });
  cli.process.kill("SIGHUP");
  await cli.until('"configuration refused; the old one stays in force"');
  const refusal =
    cli
      .written()
      .err.split("\n")
      .find((line) => line.includes("refused")) ?? "{}";
  const { problems } = JSON.parse(refusal) as { problems: string[] };
  expect(problems).toEqual([
    expect.stringMatching(/mode +"atuo" is not observe, suggest or auto; did you mean "auto"\?/),
    expect.stringMatching(/holdout +3 is too large; it must be at most 0\.5/),
  ]);
  expect((await operationAt(url)).mode).toBe("suggest");

  writeConfig({ mode: "auto", listen: "127.0.0.1:1" });
  cli.process.kill("SIGHUP");
  await cli.until("controller.listen cannot change while the controller runs");
  expect((await operationAt(url)).mode).toBe("suggest");

  const before = (await operationAt(url)).cycles;
  await untilOperation(url, ({ cycles }) => cycles > before);
});

test("after kill -9 everything that was recorded is there again", { timeout: 60_000 }, async () => {
  writeConfig();
  const first = await serve();
  const before = await untilOperation(first.url, ({ cycles }) => cycles >= 2);
  first.cli.process.kill("SIGKILL");
  await first.cli.ended;
  const second = await serve();
  expect((await operationAt(second.url)).cycles).toBeGreaterThanOrEqual(before.cycles);
  await untilOperation(second.url, ({ cycles }) => cycles > before.cycles);
});

test("a bad configuration is told whole, and is 2", { timeout: 60_000 }, async () => {
  writeConfig({ mode: "atuo" });
  const { code, out, err } = await runCliProcess(["serve"], { cwd: folder });
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("trimtab.yaml has 1 problem\n");
  expect(readFileSync(join(folder, "trimtab.yaml"), "utf8")).toContain("atuo");
});

/** The whole program, with all its processes, short: too short to prove anything, long enough to be told so. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStandIn } from "./stand-in/server.ts";
import type { RunSummary } from "./summary.ts";

const KEY = "sk-secret-4711";
const DEMO = fileURLToPath(new URL("demo.ts", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llm-orchestrator-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], environment: Record<string, string> = {}) {
  const own = ["--port", "0", "--state", join(folder, "state")];
  const child = spawn(process.execPath, ["--conditions=source", "--no-warnings", DEMO, ...own, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, output, ended };
}

test("a run against an endpoint of the environment ends with its budget: songs, ratings once each, and the key in no file", async () => {
  // A real endpoint as the program sees it: it starts no stand-in of its own.
  const server = createStandIn({ seed: 3 });
  const endpoint = createServer((request, response) => {
    const isOurs = request.headers.authorization === `Bearer ${KEY}`;
    if (isOurs) server.emit("request", request, response);
    else response.writeHead(401).end();
  }).listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  try {
    const environment = {
      LLM_AURORA_BASE_URL: `${url}/aurora/v1`,
      LLM_BOREALIS_BASE_URL: `${url}/borealis/v1`,
      LLM_CIRRUS_BASE_URL: `${url}/cirrus/v1`,
      LLM_API_KEY: KEY,
    };
    // The money ends it, and not the time: so many songs are written on any machine.
    const options = ["--for", "100s", "--budget", "0.2", "--rate", "10", "--json", "-"];
    const { output, ended } = start(options, environment);
    const [[code], [json, progress]] = await Promise.all([ended, output]);
    const summary = JSON.parse(json) as RunSummary;
    expect(summary.seconds).toBeLessThan(100);
    expect(summary.load.songs).toBeGreaterThan(50);
    expect(summary.load.streamed).toBeGreaterThan(2);
    expect(summary.load.costUsd).toBeGreaterThanOrEqual(0.2);
    expect(summary.feedback).toMatchObject({ isExactlyOnce: true, twice: 0, sent: summary.feedback.learnt });
    expect(summary.feedback.sent).toBeGreaterThan(2);
    expect(summary.contexts.map(({ context }) => context)).toEqual(expect.arrayContaining(["rock", "aurora"]));
    expect(code).toBe(summary.isGood ? 0 : 1);
    expect(progress).toContain("endpoint    the one in the environment");
    expect(progress).toContain("The budget is spent.");
    const files = globSync("**/*", { cwd: folder }).filter((file) => statSync(join(folder, file)).isFile());
    expect(files).toEqual(expect.arrayContaining([join("state", "logs", "orchestrator.log")]));
    const whole = [json, progress, ...files.map((file) => readFileSync(join(folder, file), "latin1"))];
    expect(whole.filter((content) => content.includes(KEY))).toEqual([]);
  } finally {
    endpoint.close();
    endpoint.closeAllConnections();
  }
}, 180_000);

test("Ctrl-C ends it and all its processes", async () => {
  const { child, output, ended } = start([]);
  let said = "";
  child.stdout.on("data", (words: Buffer) => (said += String(words)));
  await expect.poll(() => said, { timeout: 90_000 }).toContain("In another terminal");
  child.kill("SIGINT");
  const [code, signal] = await ended;
  expect([code, signal]).toEqual([130, null]);
  await output; // ends only when no process holds the pipes any more
  const address = /http:\/\/127[.]0[.]0[.]1:\d+(?= \(console)/.exec(said)?.[0] ?? "";
  await expect(fetch(`${address}/livez`)).rejects.toThrow("fetch failed");
}, 120_000);

test("a problem with the environment is told, without the key, and nothing is started", async () => {
  const { output, ended } = start([], { LLM_BASE_URL: "example.com", LLM_API_KEY: KEY });
  const [[code], [, problem]] = await Promise.all([ended, output]);
  expect(code).toBe(1);
  expect(problem).toContain("aurora: set LLM_AURORA_BASE_URL or LLM_BASE_URL to an address such as");
  expect(problem).not.toContain(KEY);
}, 60_000);

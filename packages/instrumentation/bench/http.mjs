/**
 * What tracking HTTP requests costs a server, and what it costs to start: every contestant in a process of its own, in turns. The
 * packages are measured as they are published, so build them first: `node scripts/dev.mjs exec tsc -b`.
 *
 *     node packages/instrumentation/bench/http.mjs [turns]
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { measured } from "./targets.mjs";

const REQUESTS = 12_000;
const WARM_UP = 6000;
const CONNECTIONS = 8;
const STARTS = 5;

const folder = import.meta.dirname;
const register = join(folder, "../dist/cjs/register.cjs");
const setUp = join(folder, "http-instrumentation.cjs");
if (!existsSync(register)) throw new Error("build the packages first: node scripts/dev.mjs exec tsc -b");

/** @type {readonly { readonly name: string, readonly flags: readonly string[] }[]} */
const contestants = [
  { name: "bare", flags: [] },
  { name: "register", flags: ["--import", register] },
  { name: "instrumentation-http", flags: ["--require", setUp] },
];
const environment = { ...process.env, OTEL_EXPORTER_PROMETHEUS_PORT: "0" };

/** CPU microseconds of the server for one request. @param {readonly string[]} flags */
async function cpuPerRequest(flags) {
  const server = spawn(process.execPath, [...flags, join(folder, "http-server.cjs")], {
    env: environment,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [port] = await once(server.stdout, "data");
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  /** @param {string} path @returns {Promise<string>} */
  const ask = (path) =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port: Number(port), path, agent }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += chunk));
        response.on("end", () => resolve(body));
      }).on("error", reject);
    });
  /** @param {number} count */
  const load = async (count) => {
    let left = count;
    const worker = async () => {
      while (left-- > 0) await ask(`/things/${left}`);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  };
  await load(WARM_UP);
  const before = Number(await ask("/cpu"));
  await load(REQUESTS);
  const used = Number(await ask("/cpu")) - before;
  agent.destroy();
  server.stdin.end();
  await once(server, "close");
  return used / REQUESTS;
}

/**
 * What a program prints that does nothing: all of its memory in KiB, and the part of it that no other process shares. The rest is Node's
 * own code, of which an empty program has touched less than any service has. Linux tells them apart.
 */
const TELL_MEMORY = `
  const status = process.platform === "linux" ? require("node:fs").readFileSync("/proc/self/status", "utf8") : "";
  console.log(process.memoryUsage().rss / 1024, status.match(/RssAnon:\\s+(\\d+)/)?.[1]); process.exit()`;

/** Milliseconds and MiB of a program that does nothing. @param {readonly string[]} flags */
function start(flags) {
  const began = performance.now();
  const text = execFileSync(process.execPath, [...flags, "--eval", TELL_MEMORY], {
    env: environment,
    encoding: "utf8",
  });
  const [mebibytes = Number.NaN, ownMebibytes = Number.NaN] = text
    .split(" ")
    .map((kibibytes) => Number(kibibytes) / 1024);
  return { milliseconds: performance.now() - began, mebibytes, ownMebibytes };
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

const turns = Number(process.argv[2] ?? "5");
const cpu = new Map(contestants.map(({ name }) => [name, /** @type {number[]} */ ([])]));
const starts = new Map(contestants.map(({ name }) => [name, /** @type {ReturnType<typeof start>[]} */ ([])]));
for (let turn = 0; turn < turns; turn++) {
  for (const { name, flags } of contestants) cpu.get(name)?.push(await cpuPerRequest(flags));
}
for (let turn = 0; turn < STARTS; turn++) {
  for (const { name, flags } of contestants) starts.get(name)?.push(start(flags));
}
// The least that was seen is what little disturbed: CPU time only ever grows by what others do.
const least = (/** @type {string} */ name) => Math.min(...(cpu.get(name) ?? []));
const over = (/** @type {string} */ name) => least(name) - least("bare");
const started = (/** @type {string} */ name, /** @type {"milliseconds" | "mebibytes" | "ownMebibytes"} */ what) =>
  median((starts.get(name) ?? []).map((each) => each[what]));
measured.set("request register", over("register"));
measured.set("start ms register", started("register", "milliseconds") - started("bare", "milliseconds"));
measured.set("start MiB register", started("register", "mebibytes") - started("bare", "mebibytes"));
console.log(
  `Node ${process.versions.node}, ${turns} turns; a bare request takes ${least("bare").toFixed(1)} us of CPU, a bare start ` +
    `${Math.round(started("bare", "milliseconds"))} ms and ${Math.round(started("bare", "mebibytes"))} MiB.`,
);
console.table(
  contestants.map(({ name }) => ({
    contestant: name,
    "CPU us per request over bare": over(name).toFixed(1),
    "of instrumentation-http": (over(name) / over("instrumentation-http")).toFixed(2),
    "start ms over bare": Math.round(started(name, "milliseconds") - started("bare", "milliseconds")),
    "start MiB of its own over bare": Math.round(started(name, "ownMebibytes") - started("bare", "ownMebibytes")),
    "start MiB over bare": Math.round(started(name, "mebibytes") - started("bare", "mebibytes")),
  })),
);

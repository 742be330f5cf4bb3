// Finds a VictoriaMetrics, or fetches one from the Debian archive without root; and runs one, for tests.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { run, unpackFromDebian } from "./debian-archive.mjs";
import { withLock } from "./lock.mjs";
import { cacheDirectoryOf, findOnPath, isExecutable, shownPath } from "./programs.mjs";

const defaultCacheDirectory = cacheDirectoryOf("victoria-metrics");
const READY_WITHIN_MILLISECONDS = 60_000;
const STOPPED_WITHIN_MILLISECONDS = 10_000;

const remedy =
  "Install VictoriaMetrics so that `victoria-metrics` is on the PATH, or set TRIMTAB_VICTORIA_METRICS to the path of the binary.";

/**
 * Looks at $TRIMTAB_VICTORIA_METRICS, then on the PATH, then in the cache folder; else fetches it into the cache folder.
 * Several processes may call it at once: one fetches, the others wait.
 *
 * @param {{ cacheDirectory?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<string>} path of the program
 */
export async function findOrFetchVictoriaMetrics({ cacheDirectory = defaultCacheDirectory, log = console.error } = {}) {
  const chosen = process.env.TRIMTAB_VICTORIA_METRICS;
  if (chosen) {
    if (!isExecutable(chosen))
      throw new Error(`TRIMTAB_VICTORIA_METRICS is "${chosen}", which is no program. ${remedy}`);
    return resolve(chosen);
  }
  const onPath = findOnPath("victoria-metrics", "victoria-metrics-prod");
  if (onPath) return onPath;
  const target = resolve(cacheDirectory);
  const cached = join(target, "usr", "bin", "victoria-metrics");
  if (isExecutable(cached)) return cached;
  return withLock(`${target}.lock`, async () => {
    if (isExecutable(cached)) return cached; // by whoever held the lock before
    log(`fetching VictoriaMetrics from the Debian archive into ${shownPath(target)} (once, about 23 MB)`);
    try {
      await unpackFromDebian({
        packages: ["victoria-metrics"],
        target,
        complete: async (unpacked) => {
          await run(join(unpacked, "usr", "bin", "victoria-metrics"), ["-version"], unpacked);
        },
      });
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Error(`VictoriaMetrics is not on this machine, and fetching it failed: ${cause}. ${remedy}`);
    }
    if (!isExecutable(cached))
      throw new Error(`The package from the Debian archive holds no victoria-metrics. ${remedy}`);
    return cached;
  });
}

/**
 * Starts it and waits until it answers. It ends with this process.
 *
 * @param {{ binary: string, directory: string, flags?: string[] }} options `directory` is a folder of its own
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startVictoriaMetricsServer({ binary, directory, flags = [] }) {
  mkdirSync(directory, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    binary,
    [`-httpListenAddr=${address}`, `-storageDataPath=${join(directory, "data")}`, "-loggerLevel=WARN", ...flags],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = (said + chunk).slice(-10_000);
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let isOver = false;
  const exited = new Promise((done) => {
    child.once("exit", done);
    child.once("error", done);
  }).finally(() => {
    isOver = true;
    process.off("exit", kill);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const impatience = setTimeout(kill, STOPPED_WITHIN_MILLISECONDS);
    await exited;
    clearTimeout(impatience);
  };
  const url = `http://${address}`;
  const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
  for (;;) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok) return { url, stop };
    if (isOver) throw new Error(`VictoriaMetrics ended before it listened: ${said.trim().split("\n").pop()}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`VictoriaMetrics at ${url} was not ready within a minute`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", () => done(undefined)));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
}

// Finds a VictoriaMetrics, or fetches one from the Debian archive without root; and runs one, for tests.
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { run } from "./debian-archive.mjs";
import { fetchProgram } from "./debian-program.mjs";
import { cacheDirectoryOf, findOnPath, isExecutable } from "./programs.mjs";
import { startServerProcess } from "./server-process.mjs";

const defaultCacheDirectory = cacheDirectoryOf("victoria-metrics");

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
  const program = join(target, "usr", "bin", "victoria-metrics");
  const cached = () => (isExecutable(program) ? program : undefined);
  return (
    cached() ??
    fetchProgram({
      name: "VictoriaMetrics",
      megabytes: 23,
      packages: ["victoria-metrics"],
      target,
      complete: async (unpacked) => {
        await run(join(unpacked, "usr", "bin", "victoria-metrics"), ["-version"], unpacked);
      },
      cached,
      programs: "victoria-metrics",
      remedy,
      log,
    })
  );
}

/**
 * Starts it and waits until it answers. It ends with this process.
 *
 * @param {{ binary: string, directory: string, flags?: string[] }} options `directory` is a folder of its own
 * @returns {Promise<import("./server-process.mjs").ServerProcess>}
 */
export async function startVictoriaMetricsServer({ binary, directory, flags = [] }) {
  mkdirSync(directory, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  return startServerProcess({
    name: "VictoriaMetrics",
    program: binary,
    args: [`-httpListenAddr=${address}`, `-storageDataPath=${join(directory, "data")}`, "-loggerLevel=WARN", ...flags],
    readyPath: "/health",
    address,
  });
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", () => done(undefined)));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
}

// Finds a Prometheus, or fetches one from the Debian archive without root.
// By itself: `node scripts/prometheus.mjs` prints {"prometheus": path, "promtool": path} on standard output.
import { dirname, join, resolve } from "node:path";
import { run } from "./debian-archive.mjs";
import { fetchProgram } from "./debian-program.mjs";
import { cacheDirectoryOf, findOnPath, isExecutable, printWhenStarted } from "./programs.mjs";

/** @typedef {{ prometheus: string, promtool: string }} Prometheus */

export const defaultCacheDirectory = cacheDirectoryOf("prometheus");

const remedy =
  "Install Prometheus so that `prometheus` and `promtool` are on the PATH, or set TRIMTAB_PROMETHEUS to the path of the binary, with promtool beside it.";

/**
 * Looks at $TRIMTAB_PROMETHEUS, then on the PATH, then in the cache folder; else fetches it into the cache folder.
 * Several processes may call it at once: one fetches, the others wait.
 *
 * @param {{ cacheDirectory?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<Prometheus>}
 */
export async function findOrFetchPrometheus({ cacheDirectory = defaultCacheDirectory, log = console.error } = {}) {
  return chosen() ?? onPath() ?? cached(cacheDirectory) ?? (await fetchFromDebian(cacheDirectory, log));
}

/** @returns {Prometheus | undefined} */
function chosen() {
  const prometheus = process.env.TRIMTAB_PROMETHEUS;
  if (!prometheus) return undefined;
  const promtool = process.env.TRIMTAB_PROMTOOL || join(dirname(resolve(prometheus)), "promtool");
  if (!isExecutable(prometheus))
    throw new Error(`TRIMTAB_PROMETHEUS is "${prometheus}", which is no program. ${remedy}`);
  if (!isExecutable(promtool)) {
    throw new Error(
      `There is no promtool at "${promtool}". Set TRIMTAB_PROMTOOL to its path, or put it beside prometheus.`,
    );
  }
  return { prometheus: resolve(prometheus), promtool: resolve(promtool) };
}

/** @returns {Prometheus | undefined} */
function onPath() {
  const prometheus = findOnPath("prometheus");
  const promtool = findOnPath("promtool");
  return prometheus && promtool ? { prometheus, promtool } : undefined;
}

/**
 * @param {string} cacheDirectory
 * @returns {Prometheus | undefined}
 */
function cached(cacheDirectory) {
  const prometheus = join(resolve(cacheDirectory), "usr", "bin", "prometheus");
  const promtool = join(resolve(cacheDirectory), "usr", "bin", "promtool");
  return isExecutable(prometheus) && isExecutable(promtool) ? { prometheus, promtool } : undefined;
}

/**
 * @param {string} cacheDirectory
 * @param {(line: string) => void} log
 * @returns {Promise<Prometheus>}
 */
async function fetchFromDebian(cacheDirectory, log) {
  const target = resolve(cacheDirectory);
  return fetchProgram({
    name: "Prometheus",
    megabytes: 20,
    packages: ["prometheus"],
    target,
    complete: async (unpacked) => {
      await run(join(unpacked, "usr", "bin", "prometheus"), ["--version"], unpacked);
    },
    cached: () => cached(target),
    programs: "prometheus and promtool",
    remedy,
    log,
  });
}

await printWhenStarted(import.meta.url, async () => JSON.stringify(await findOrFetchPrometheus()));

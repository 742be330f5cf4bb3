// Finds a Prometheus, or fetches one from the Debian archive without root.
// By itself: `node scripts/prometheus.mjs` prints {"prometheus": path, "promtool": path} on standard output.
import { dirname, join, resolve } from "node:path";
import { run, unpackFromDebian } from "./debian-archive.mjs";
import { withLock } from "./lock.mjs";
import { cacheDirectoryOf, findOnPath, isExecutable, printWhenStarted, shownPath } from "./programs.mjs";

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
  return withLock(`${target}.lock`, async () => {
    const already = cached(target); // by whoever held the lock before
    if (already) return already;
    log(`fetching Prometheus from the Debian archive into ${shownPath(target)} (once, about 20 MB)`);
    try {
      await unpackFromDebian({
        packages: ["prometheus"],
        target,
        complete: async (unpacked) => {
          await run(join(unpacked, "usr", "bin", "prometheus"), ["--version"], unpacked);
        },
      });
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Error(`Prometheus is not on this machine, and fetching it failed: ${cause}. ${remedy}`);
    }
    const fetched = cached(target);
    if (!fetched) throw new Error(`The package from the Debian archive holds no prometheus and promtool. ${remedy}`);
    return fetched;
  });
}

await printWhenStarted(import.meta.url, async () => JSON.stringify(await findOrFetchPrometheus()));

// Finds an Alertmanager, or fetches one from the Debian archive without root; and runs one, for tests.
// By itself: `node scripts/alertmanager.mjs` prints {"alertmanager": path, "amtool": path, …} on standard output.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { run } from "./debian-archive.mjs";
import { fetchProgram } from "./debian-program.mjs";
import { cacheDirectoryOf, findOnPath, isExecutable, printWhenStarted } from "./programs.mjs";
import { startServerProcess } from "./server-process.mjs";

/**
 * @typedef {object} Alertmanager
 * @property {string} alertmanager path of the program
 * @property {string} amtool path of its tool
 * @property {string} [workingDirectory] where it must be started
 */

const defaultCacheDirectory = cacheDirectoryOf("alertmanager");

const remedy =
  "Install Alertmanager so that `alertmanager` and `amtool` are on the PATH, or set TRIMTAB_ALERTMANAGER to the path of the binary, with amtool beside it.";

/** Debian's program reads its templates from this folder, whatever its configuration says. */
const TEMPLATES = "/usr/share/prometheus/alertmanager";
/** The same below the working directory, and as long: a text in a program cannot change its length. */
const TEMPLATES_BELOW = "usr//share/prometheus/alertmanager";

/**
 * Looks at $TRIMTAB_ALERTMANAGER, then on the PATH, then in the cache folder; else fetches it into the cache folder.
 * Several processes may call it at once: one fetches, the others wait.
 *
 * @param {{ cacheDirectory?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<Alertmanager>}
 */
export async function findOrFetchAlertmanager({ cacheDirectory = defaultCacheDirectory, log = console.error } = {}) {
  return chosen() ?? onPath() ?? cached(cacheDirectory) ?? (await fetchFromDebian(cacheDirectory, log));
}

/** @returns {Alertmanager | undefined} */
function chosen() {
  const alertmanager = process.env.TRIMTAB_ALERTMANAGER;
  if (!alertmanager) return undefined;
  const amtool = join(dirname(resolve(alertmanager)), "amtool");
  for (const program of [alertmanager, amtool])
    if (!isExecutable(program)) throw new Error(`There is no program at "${program}". ${remedy}`);
  return { alertmanager: resolve(alertmanager), amtool };
}

/** @returns {Alertmanager | undefined} */
function onPath() {
  const alertmanager = findOnPath("alertmanager", "prometheus-alertmanager");
  const amtool = findOnPath("amtool");
  return alertmanager && amtool ? { alertmanager, amtool } : undefined;
}

/**
 * @param {string} cacheDirectory
 * @returns {Alertmanager | undefined}
 */
function cached(cacheDirectory) {
  const workingDirectory = resolve(cacheDirectory);
  const alertmanager = join(workingDirectory, "usr", "bin", "prometheus-alertmanager");
  const amtool = join(workingDirectory, "usr", "bin", "amtool");
  return isExecutable(alertmanager) && isExecutable(amtool) ? { alertmanager, amtool, workingDirectory } : undefined;
}

/**
 * @param {string} cacheDirectory
 * @param {(line: string) => void} log
 * @returns {Promise<Alertmanager>}
 */
async function fetchFromDebian(cacheDirectory, log) {
  const target = resolve(cacheDirectory);
  return fetchProgram({
    name: "Alertmanager",
    megabytes: 10,
    packages: ["prometheus-alertmanager"],
    target,
    complete: async (unpacked) => {
      const program = join(unpacked, "usr", "bin", "prometheus-alertmanager");
      readTemplatesBelow(program);
      await run(program, ["--version"], unpacked);
    },
    cached: () => cached(target),
    programs: "alertmanager and amtool",
    remedy,
    log,
  });
}

/**
 * Only root may put the templates where the program looks for them, so it is told to look below its working directory.
 *
 * @param {string} program
 */
function readTemplatesBelow(program) {
  const bytes = readFileSync(program);
  for (let at = bytes.indexOf(TEMPLATES); at >= 0; at = bytes.indexOf(TEMPLATES, at + 1))
    bytes.write(TEMPLATES_BELOW, at, "latin1");
  writeFileSync(program, bytes);
}

/**
 * Starts it and waits until it answers. It ends with this process.
 *
 * @param {object} options
 * @param {Alertmanager} options.found
 * @param {string} options.directory a folder of its own
 * @param {string} options.configuration path of its file
 * @returns {Promise<import("./server-process.mjs").ServerProcess>}
 */
export async function startAlertmanagerServer({ found, directory, configuration }) {
  const folder = resolve(directory);
  mkdirSync(folder, { recursive: true });
  return startServerProcess({
    name: "Alertmanager",
    program: found.alertmanager,
    args: [
      `--config.file=${resolve(configuration)}`,
      `--storage.path=${join(folder, "data")}`,
      "--web.listen-address=127.0.0.1:0",
      "--cluster.listen-address=", // else it opens a port for its like
    ],
    readyPath: "/-/ready",
    workingDirectory: found.workingDirectory ?? folder,
  });
}

await printWhenStarted(import.meta.url, async () => JSON.stringify(await findOrFetchAlertmanager()));

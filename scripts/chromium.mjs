// Finds a Chromium for the tests of the web console, or fetches one from the Debian archive without root.
// By itself: `node scripts/chromium.mjs` prints the path of the program on standard output.
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./debian-archive.mjs";
import { fetchProgram } from "./debian-program.mjs";
import { cacheDirectoryOf, findOnPath, isExecutable, printWhenStarted } from "./programs.mjs";

const defaultCacheDirectory = cacheDirectoryOf("chromium");

const remedy = "Install Chromium or Google Chrome, or set CHROMIUM to the path of one.";

/** As they are called on the PATH, the ones without a window first. */
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where the systems without a PATH for such programs have them. */
const places = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/**
 * Looks at $CHROMIUM, then on the PATH, then in the cache folder; else fetches it into the cache folder.
 * Several processes may call it at once: one fetches, the others wait.
 *
 * @param {{ cacheDirectory?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<string>} the path of the program
 */
export async function findOrFetchChromium({ cacheDirectory = defaultCacheDirectory, log = console.error } = {}) {
  return chosen() ?? installed() ?? cached(cacheDirectory) ?? (await fetchFromDebian(cacheDirectory, log));
}

/** @returns {string | undefined} */
function chosen() {
  const chromium = process.env.CHROMIUM;
  if (!chromium) return undefined;
  if (!isExecutable(chromium)) throw new Error(`CHROMIUM is "${chromium}", which is no program. ${remedy}`);
  return resolve(chromium);
}

/** @returns {string | undefined} */
function installed() {
  return findOnPath(...names) ?? places.find(isExecutable);
}

/**
 * @param {string} cacheDirectory
 * @returns {string | undefined}
 */
function cached(cacheDirectory) {
  const program = join(resolve(cacheDirectory), "chromium");
  return isExecutable(program) ? program : undefined;
}

/**
 * @param {string} cacheDirectory
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
async function fetchFromDebian(cacheDirectory, log) {
  const target = resolve(cacheDirectory);
  return fetchProgram({
    name: "Chromium",
    megabytes: 80,
    packages: ["chromium-headless-shell", "fonts-dejavu-core"],
    withDependencies: true,
    target,
    complete: async (unpacked) => {
      writeStarter(unpacked);
      await run(join(unpacked, "chromium"), ["--version"], unpacked);
    },
    cached: () => cached(target),
    programs: "chromium",
    remedy,
    log,
  });
}

/**
 * A script that starts the program with the libraries and fonts that were unpacked beside it, wherever the folder stands.
 *
 * @param {string} folder
 */
function writeStarter(folder) {
  const chromium = join("usr", "lib", "chromium");
  const program = readdirSync(join(folder, chromium))
    .filter((name) => /headless.shell$/.test(name))
    .map((name) => join(chromium, name))
    .find((name) => isExecutable(join(folder, name)));
  if (program === undefined) throw new Error("the package holds no headless shell");
  const own = libraryFolders(folder)
    .map((name) => `"$here/${name}"`)
    .join(":");
  const fonts = join(folder, "fonts.conf");
  // Where the machine has a configuration for fonts it stays in force; the unpacked fonts come to it.
  writeFileSync(
    fonts,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
</fontconfig>
`,
  );
  const lines = [
    "#!/bin/sh",
    'here=$(dirname "$(readlink -f "$0")")',
    `export LD_LIBRARY_PATH=${own}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
    'export FONTCONFIG_FILE="$here/fonts.conf"',
    `exec "$here/${program}" "$@"`,
  ];
  writeFileSync(join(folder, "chromium"), `${lines.join("\n")}\n`, { mode: 0o755 });
}

/**
 * Where libraries may be: `usr/lib/x86_64-linux-gnu`, and one folder further down where a program keeps its own.
 *
 * @param {string} folder
 */
function libraryFolders(folder) {
  /** @param {string} below */
  const foldersIn = (below) =>
    readdirSync(join(folder, below), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(below, entry.name));
  const ofPlatform = foldersIn(join("usr", "lib")).filter((name) => /-linux-/.test(name));
  return [...ofPlatform, ...ofPlatform.flatMap(foldersIn)];
}

await printWhenStarted(import.meta.url, () => findOrFetchChromium());

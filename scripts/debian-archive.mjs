// Takes packages out of the Debian archive without root: nothing is installed, their files are unpacked into one folder.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Downloads packages with lists and cache in private folders, which a plain user may do, and unpacks them with `dpkg -x`.
 * The folder appears whole or not at all.
 *
 * @param {object} order
 * @param {string[]} order.packages
 * @param {string} order.target the folder to make; one that is there is replaced
 * @param {boolean} [order.withDependencies] also what they need and this machine has not installed
 * @param {(unpacked: string) => void | Promise<void>} [order.complete] a last step before the folder gets its name; a failure leaves no folder
 * @returns {Promise<void>}
 */
export async function unpackFromDebian({ packages, target, withDependencies = false, complete }) {
  const folder = resolve(target);
  const work = mkdtempSync(`${folder}.tmp-`);
  const tidyUp = () => rmSync(work, { recursive: true, force: true });
  process.once("exit", tidyUp);
  try {
    const state = join(work, "state");
    const cache = join(work, "cache");
    mkdirSync(join(state, "lists", "partial"), { recursive: true });
    mkdirSync(join(cache, "archives", "partial"), { recursive: true });
    const folders = [`Dir::State=${state}`, "Dir::State::status=/var/lib/dpkg/status", `Dir::Cache=${cache}`];
    const settings = [...folders, "Debug::NoLocking=1", "APT::Sandbox::User="].flatMap((setting) => ["-o", setting]);
    await run("apt-get", [...settings, "-qq", "update"], work);
    const wanted = withDependencies ? await missing(packages, settings, work) : packages;
    const unpacked = join(work, "unpacked");
    mkdirSync(unpacked);
    if (wanted.length > 0) await run("apt-get", [...settings, "-qq", "download", ...wanted], work);
    const archives = readdirSync(work).filter((name) => name.endsWith(".deb"));
    for (const name of wanted)
      if (!archives.some((archive) => archive.startsWith(`${name}_`)))
        throw new Error(`apt-get downloaded no package named ${name}`);
    for (const archive of archives) await run("dpkg", ["-x", archive, unpacked], work);
    await complete?.(unpacked);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
  } finally {
    tidyUp();
    process.removeListener("exit", tidyUp);
  }
}

/**
 * The packages with those of their dependencies that are not installed: what an installation would install, which a plain user may ask.
 *
 * @param {string[]} packages
 * @param {string[]} settings
 * @param {string} work
 */
async function missing(packages, settings, work) {
  const said = await run("apt-get", [...settings, "-s", "install", "--no-install-recommends", ...packages], work);
  return [...said.matchAll(/^Inst (\S+)/gm)].map(([, name]) => /** @type {string} */ (name));
}

/**
 * Runs a program to its end and gives what it said; an end other than 0 is an error with the line that tells why.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<string>}
 */
export function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C" },
    });
    const stop = () => child.kill();
    process.once("exit", stop);
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.stderr.on("data", (text) => (said += text));
    child.once("error", (error) => {
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
      reject(new Error(missing ? `this machine has no ${command}` : error.message));
    });
    child.once("close", (code) => {
      process.removeListener("exit", stop);
      if (code === 0) return resolve(said);
      const line = said.split("\n").find((text) => text.startsWith("E:")) ?? said.trim().split("\n").pop() ?? "";
      reject(new Error(`${command} ended with ${code}${line ? ` (${line.trim().replace(/[.]$/, "")})` : ""}`));
    });
  });
}

// Runs a server that is a program of its own, for the demonstration, benchmarks and tests: no longer than the process that started it.
import { spawn } from "node:child_process";

const READY_WITHIN_MILLISECONDS = 60_000;
const STOPPED_WITHIN_MILLISECONDS = 10_000;

/**
 * @typedef {object} ServerProcess
 * @property {string} url
 * @property {number} pid
 * @property {() => Promise<void>} stop resolves when the process is gone
 */

/**
 * Starts it and waits until it answers.
 *
 * @param {object} options
 * @param {string} options.name as people are told it
 * @param {string} options.program its path
 * @param {string[]} options.args
 * @param {string} options.readyPath what it answers well once it is ready
 * @param {string} [options.address] where it listens, e.g. `127.0.0.1:9090`; default: what its log says, as those of Prometheus and Alertmanager do
 * @param {string} [options.workingDirectory]
 * @returns {Promise<ServerProcess>}
 * @throws {Error} when it ends before it is ready, or is not ready within a minute
 */
export async function startServerProcess({ name, program, args, readyPath, address, workingDirectory }) {
  const child = spawn(program, args, { cwd: workingDirectory, stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  const listening = new Promise((resolve) => {
    if (address !== undefined) resolve(address);
    child.stderr?.on("data", (chunk) => {
      said = (said + chunk).slice(-50_000);
      const [, toldAddress] = /msg="Listening on".* address=([\d.]+:\d+)/.exec(said) ?? [];
      if (toldAddress) resolve(toldAddress);
    });
  });
  const over = new AbortController();
  const exited = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  }).finally(() => {
    over.abort();
    process.off("exit", kill);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const impatience = setTimeout(kill, STOPPED_WITHIN_MILLISECONDS);
    await exited;
    clearTimeout(impatience);
  };
  const ended = exited.then((result) => {
    const reason = result instanceof Error ? result.message : said.trim().split("\n").slice(-3).join("\n");
    throw new Error(`${name} ended before it listened: ${reason}`);
  });
  ended.catch(() => {}); // it ends one day, and that is no error then
  try {
    const url = `http://${await Promise.race([listening, ended])}`;
    await Promise.race([untilReady(name, url, readyPath, over.signal), ended]);
    return { url, pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {string} name
 * @param {string} url
 * @param {string} path
 * @param {AbortSignal} over aborted when nothing will answer any more
 */
async function untilReady(name, url, path, over) {
  const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
  while (!over.aborted) {
    const response = await fetch(`${url}${path}`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > deadline) throw new Error(`${name} at ${url} was not ready within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

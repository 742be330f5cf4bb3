// Processes that are measured from outside: each tells its port once, and the CPU time that it has used when it is asked.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * In a measured process.
 *
 * @param {number} port
 * @param {Readonly<Record<string, () => object>>} [more] Answers to what else may be asked.
 */
export function answerCpu(port, more = {}) {
  process.on("message", (message) => {
    const { user, system } = process.cpuUsage();
    process.send?.(more[String(message)]?.() ?? { cpu: user + system });
  });
  process.on("disconnect", () => process.exit(0)); // nobody measures any more
  process.send?.({ port });
}

/**
 * Starts one.
 *
 * @param {string} file
 * @param {readonly string[]} [args]
 */
export async function startMeasured(file, args = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, TRIMTAB_LOG_LEVEL: "info" },
  });
  let failure = (/** @type {Error} */ _error) => {};
  child.once("exit", (code) => failure(new Error(`${file} has ended with ${code}`)));
  const next = () =>
    new Promise((resolve, reject) => {
      failure = reject;
      child.once("message", (message) => resolve(/** @type {any} */ (message)));
    });
  const { port } = await next();
  return {
    port: /** @type {number} */ (port),
    /** Microseconds of CPU so far. @returns {Promise<number>} */
    async cpu() {
      child.send("cpu");
      return (await next()).cpu;
    },
    /** Whatever else it takes and tells. @param {unknown} message */
    async ask(message) {
      child.send(/** @type {any} */ (message));
      return next();
    },
    stop() {
      child.kill("SIGKILL");
    },
  };
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}

/** @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

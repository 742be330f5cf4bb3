// Fetches a program that this machine lacks from the Debian archive, once for all processes that ask for it.
import { unpackFromDebian } from "./debian-archive.mjs";
import { withLock } from "./lock.mjs";
import { shownPath } from "./programs.mjs";

/**
 * Several processes may call it at once: one fetches, the others wait.
 *
 * @template Found
 * @param {object} order
 * @param {string} order.name as people are told it
 * @param {number} order.megabytes about what is downloaded
 * @param {string[]} order.packages
 * @param {boolean} [order.withDependencies]
 * @param {string} order.target absolute path of the folder that it is unpacked into
 * @param {(unpacked: string) => void | Promise<void>} order.complete proves that it runs; a failure leaves no folder
 * @param {() => Found | undefined} order.cached what is in the target
 * @param {string} order.programs that the target must then hold, as people are told them
 * @param {string} order.remedy what a person can do where it cannot be fetched
 * @param {(line: string) => void} order.log
 * @returns {Promise<Found>}
 */
export async function fetchProgram(order) {
  const {
    name,
    megabytes,
    packages,
    withDependencies = false,
    target,
    complete,
    cached,
    programs,
    remedy,
    log,
  } = order;
  return withLock(`${target}.lock`, async () => {
    const already = cached(); // by whoever held the lock before
    if (already) return already;
    log(`fetching ${name} from the Debian archive into ${shownPath(target)} (once, about ${megabytes} MB)`);
    try {
      await unpackFromDebian({ packages, target, withDependencies, complete });
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Error(`${name} is not on this machine, and fetching it failed: ${cause}. ${remedy}`);
    }
    const fetched = cached();
    if (!fetched) throw new Error(`The package from the Debian archive holds no ${programs}. ${remedy}`);
    return fetched;
  });
}

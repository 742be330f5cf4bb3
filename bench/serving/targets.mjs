// What serving set out to cost, and whether it was met in this run.

/** @type {string[]} */
const misses = [];

/**
 * The verdict on one figure.
 *
 * @param {string} name
 * @param {number} measured
 * @param {number | undefined} target at most; undefined: no target
 */
export function missed(name, measured, target) {
  if (target === undefined) return "";
  if (measured <= target) return `target at most ${target}: met`;
  misses.push(name);
  return `target at most ${target}: MISSED`;
}

export function printVerdict() {
  console.log(misses.length === 0 ? "\nevery target is met" : `\nmissed: ${misses.join("; ")}`);
}

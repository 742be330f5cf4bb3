/**
 * Has the world changed? A two-sided CUSUM of how far each measured difference lies from what was predicted for it, in standard
 * deviations. Differences, not levels: an incident that hits all variants alike is no drift.
 */

/** What is expected of a difference, and how far it has strayed so far; JSON. */
export type DriftWatch = {
  /** The difference to the incumbent that was believed at the last decision. */
  readonly mean: number;
  readonly deviation: number;
  readonly up: number;
  readonly down: number;
};

/** Deviations that are usual do not add up. */
const ALLOWANCE = 0.5;
const BOUND = 8;

/** Takes one more difference in. */
export function watch(before: DriftWatch, difference: number, variance: number): DriftWatch {
  const z = (difference - before.mean) / Math.sqrt(before.deviation ** 2 + variance);
  return { ...before, up: Math.max(0, before.up + z - ALLOWANCE), down: Math.max(0, before.down - z - ALLOWANCE) };
}

/** Is the alarm raised? */
export function isDrifting({ up, down }: DriftWatch): boolean {
  return Math.max(up, down) > BOUND;
}

/** The next prediction, with the alarm's sums as they are. */
export function expectNext(before: DriftWatch | null, mean: number, deviation: number): DriftWatch {
  return { mean, deviation, up: before?.up ?? 0, down: before?.down ?? 0 };
}

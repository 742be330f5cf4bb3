/**
 * How much more two variants differ from window to window than independent calls explain.
 *
 * Two causes, both learnt. Calls come in clusters (users in a row, retries): then every variance is larger by the same *factor* φ,
 * whatever the number of calls. And a variant has good and bad cycles of its own (warm caches, a noisy neighbour): then each cycle
 * adds a variance τ² *per cycle*, however many calls it has.
 *
 *     variance of a variant's mean in a window of T cycles = φ · (sampling variance) + τ² / T
 *
 * Both come from how far the difference D of the same two variants moves between successive windows, with v the sampling variances
 * of both differences and c = 2/T + 2/T′: (D − D′)²/v is about φ + τ²·c/v, a straight line in c/v, fitted by weighted least
 * squares. The fit begins at φ = 1 and τ = 0.015 with the weight of a few such pairs, and is shared by all contexts of an operation.
 */
import type { VariantId } from "@trimtab/conventions";
import type { ClosedWindow, Dispersion } from "./windows.ts";

/** Weighted sums over pairs of differences: of 1, x = c/v, x², r = (D − D′)²/v and r·x; JSON. */
export type DispersionSums = {
  readonly pairs: number;
  readonly x: number;
  readonly xx: number;
  readonly r: number;
  readonly rx: number;
};

/** The last difference of each pair of variants in a context; JSON. */
export type LastContrasts = Readonly<
  Record<string, { readonly difference: number; readonly variance: number; readonly cycles: number }>
>;

/** Nothing measured yet. */
export const NO_DISPERSION: DispersionSums = { pairs: 0, x: 0, xx: 0, r: 0, rx: 0 };

const PRIOR = { factor: 1, perCycle: 0.015 ** 2 };
/** Pairs that each prior counts for. */
const PRIOR_PAIRS = { factor: 12, perCycle: 12 };
const LARGEST = { factor: 30, perCycle: 0.1 ** 2 };
/** One incident in one variant must not make every context deaf for hours: more than so many expected squares count as so many. */
const MOST_SQUARES = 16;

/** φ and τ² as they are believed now. */
export function dispersionOf({ pairs, x, xx, r, rx }: DispersionSums): Dispersion {
  if (pairs === 0) return PRIOR;
  const n = pairs + PRIOR_PAIRS.factor;
  const sum = r + PRIOR_PAIRS.factor * PRIOR.factor;
  const ridge = (PRIOR_PAIRS.perCycle * xx) / pairs;
  const squares = xx + ridge;
  const product = rx + ridge * PRIOR.perCycle;
  let perCycle = (n * product - x * sum) / (n * squares - x * x);
  let factor = (sum - x * perCycle) / n;
  if (factor < 1) {
    factor = 1;
    perCycle = (product - x) / squares;
  }
  if (perCycle < 0) {
    perCycle = 0;
    factor = Math.max(1, sum / n);
  }
  return { factor: Math.min(LARGEST.factor, factor), perCycle: Math.min(LARGEST.perCycle, perCycle) };
}

/**
 * Takes one more window in.
 *
 * @param window Its variances are φ·v + τ²/T already, as `dispersion` was when it closed.
 */
export function learnDispersion(
  sums: DispersionSums,
  last: LastContrasts,
  window: ClosedWindow,
  dispersion: Dispersion,
): { readonly sums: DispersionSums; readonly last: LastContrasts } {
  const { factor, perCycle } = dispersion;
  let { pairs, x: sumX, xx, r: sumR, rx } = sums;
  const next: Record<string, { difference: number; variance: number; cycles: number }> = {};
  window.arms.forEach((one, index) => {
    for (const other of window.arms.slice(index + 1)) {
      const key = pairKey(one.variant, other.variant);
      const difference = one.utility - other.utility;
      const variance = Math.max(1e-12, (one.variance + other.variance - (2 * perCycle) / window.cycles) / factor);
      next[key] = { difference, variance, cycles: window.cycles };
      const before = last[key];
      if (before === undefined) continue;
      const v = variance + before.variance;
      const x = (2 / window.cycles + 2 / before.cycles) / v;
      const expected = factor + perCycle * x;
      const r = Math.min((difference - before.difference) ** 2 / v, MOST_SQUARES * expected);
      const weight = 1 / expected ** 2; // the variance of a square grows with the square of its mean
      pairs += weight;
      sumX += weight * x;
      xx += weight * x * x;
      sumR += weight * r;
      rx += weight * r * x;
    }
  });
  return { sums: { pairs, x: sumX, xx, r: sumR, rx }, last: next };
}

function pairKey(one: VariantId, other: VariantId): string {
  return `${one} ${other}`;
}

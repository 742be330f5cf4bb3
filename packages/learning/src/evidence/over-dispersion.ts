/**
 * How much more two variants differ from window to window than sampling explains: clustered users, retries, warm caches.
 *
 * τ², the variance that one cycle adds to one variant, from how far the difference D of the same two variants moves between
 * successive windows of T and T′ cycles, with v the sampling variances of both differences and c = 2/T + 2/T′:
 *
 *     τ² = max(0, Σ ((D − D′)² − v)·c/v² / Σ c²/v²)
 *
 * It begins at 0.015² with the weight of twelve such pairs and is shared by all contexts of an operation.
 */
import type { VariantId } from "@trimtab/conventions";
import type { ClosedWindow } from "./windows.ts";

/** What the estimate is made of; JSON. */
export type DispersionSums = { readonly pairs: number; readonly excess: number; readonly weight: number };

/** The last difference of each pair of variants in a context; JSON. */
export type LastContrasts = Readonly<
  Record<string, { readonly difference: number; readonly variance: number; readonly cycles: number }>
>;

/** Nothing measured yet. */
export const NO_DISPERSION: DispersionSums = { pairs: 0, excess: 0, weight: 0 };

const PRIOR = 0.015 ** 2;
const PRIOR_PAIRS = 12;
const LARGEST = 0.1 ** 2;

/** τ² as it is believed now. */
export function overDispersionOf({ pairs, excess, weight }: DispersionSums): number {
  if (pairs === 0) return PRIOR;
  const priorWeight = (PRIOR_PAIRS * weight) / pairs;
  return Math.min(LARGEST, Math.max(0, (priorWeight * PRIOR + excess) / (priorWeight + weight)));
}

/**
 * Takes one more window in.
 *
 * @param window Its variances hold τ²/T per variant already, as `overDispersion` was when it closed.
 */
export function learnDispersion(
  sums: DispersionSums,
  last: LastContrasts,
  window: ClosedWindow,
  overDispersion: number,
): { readonly sums: DispersionSums; readonly last: LastContrasts } {
  let { pairs, excess, weight } = sums;
  const next: Record<string, { difference: number; variance: number; cycles: number }> = {};
  window.arms.forEach((one, index) => {
    for (const other of window.arms.slice(index + 1)) {
      const key = pairKey(one.variant, other.variant);
      const difference = one.utility - other.utility;
      const variance = one.variance + other.variance - (2 * overDispersion) / window.cycles;
      next[key] = { difference, variance, cycles: window.cycles };
      const before = last[key];
      if (before === undefined) continue;
      const v = variance + before.variance;
      const c = 2 / window.cycles + 2 / before.cycles;
      // one incident in one variant must not make every context deaf for hours
      const squared = Math.min((difference - before.difference) ** 2, 16 * (v + c * overDispersion));
      pairs += 1;
      excess += ((squared - v) * c) / v ** 2;
      weight += c ** 2 / v ** 2;
    }
  });
  return { sums: { pairs, excess, weight }, last: next };
}

function pairKey(one: VariantId, other: VariantId): string {
  return `${one} ${other}`;
}

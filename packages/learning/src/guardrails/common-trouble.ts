/**
 * Is the whole operation in trouble? A provider that is down, a database that is slow: then calls miss the limits whatever they are
 * served, and such cycles say nothing about any variant.
 *
 * One context's holdout has few calls, all contexts' together have many: an e-CUSUM of the baseline's calls in every context, each
 * against its own usual share (but never a share better than the limit).
 */
import type { VariantId } from "@trimtab/conventions";
import type { Measurements } from "../evidence/evidence.ts";
import type { Constraint } from "../policy/policy.ts";
import { cusumLevel } from "../statistics/cusum.ts";
import { countOf, expectedShare, type LimitMemory, shareMissed, standingLimits } from "./limit-counts.ts";

/** What is remembered of one limit: the alarm's sums, and for how many cycles it has been raised; JSON. */
export type Trouble = { readonly sums: readonly number[]; readonly cycles: number };

/** The baseline's cycle in one context. */
export interface BaselineCycle {
  readonly limits: LimitMemory;
  readonly measured: ReadonlyMap<VariantId, Measurements>;
}

/** Shares of good calls lost that are watched for. */
const LOSSES = [0.04, 0.12, 0.3];
/** Twenty to one that the baseline misses more than it usually does. Nobody is taken back for it, so it may be lower than an alarm's. */
const RAISED = Math.log(20);
/** So that it goes down again within a few good calls. */
const HIGHEST = 2 * RAISED;
/** What lasts longer is no incident but how things are now. */
const LONGEST_CYCLES = 30;

/** Takes one cycle of all contexts in; one entry per constraint. */
export function learnTrouble(
  before: readonly Trouble[] | undefined,
  constraints: readonly Constraint[],
  baseline: VariantId,
  contexts: readonly BaselineCycle[],
): readonly Trouble[] {
  return constraints.map((constraint, index) => {
    const gains = LOSSES.map(() => 0);
    for (const { limits, measured } of contexts) {
      const standing = standingLimits(limits, constraints, baseline)[index] ?? null;
      const usual = limits.variants[baseline]?.[index] ?? null;
      const measurements = measured.get(baseline);
      if (usual === null || standing === null || measurements === undefined) continue;
      const counted = countOf(constraint, measurements, limits.baselineDurations);
      if (counted === undefined) continue;
      const expected = Math.min(expectedShare(standing), 1 - shareMissed(usual, standing));
      LOSSES.forEach((loss, place) => {
        const lower = Math.max(0.01, expected - loss);
        if (lower >= expected) return;
        gains[place] =
          (gains[place] as number) +
          counted.good * Math.log(lower / expected) +
          counted.bad * Math.log((1 - lower) / (1 - expected));
      });
    }
    const { sums = [], cycles = 0 } = before?.[index] ?? {};
    const next = gains.map((gain, place) => Math.min(HIGHEST, Math.max(0, (sums[place] ?? 0) + gain)));
    return { sums: next, cycles: cusumLevel(next) > RAISED ? cycles + 1 : 0 };
  });
}

/** Is a limit in trouble everywhere, by an alarm that is not too old? */
export function isInTrouble(trouble: Trouble | undefined): boolean {
  return trouble !== undefined && trouble.cycles > 0 && trouble.cycles <= LONGEST_CYCLES;
}

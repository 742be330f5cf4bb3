/** What one run was worth. */
import type { CycleLedger, EnvironmentTrace } from "../run-environment.ts";

/**
 * What kind of question a run was.
 *
 *   lift             something better than the base values could be had
 *   baseline-best    it could not, but one could do worse
 *   nothing-matters  all settings are alike, or nobody called
 */
export type RunKind = "lift" | "baseline-best" | "nothing-matters";

/** The scores of one run. */
export interface RunScores {
  readonly kind: RunKind;
  /**
   * Utility that was missed. For a lift, as a share of what could be won over the base values: 0 is an oracle that keeps the limits, 1 is
   * the base values for ever. Where the base values are best, as a share of what a uniform choice over the grid loses. Else 0.
   */
  readonly regret: number;
  /** The same over the last quarter of the run. */
  readonly lastQuarterRegret: number;
  /** Share of the calls, 0 to 1, on settings that break a limit while the base values keep it. */
  readonly violatingTraffic: number;
  /** Changes to another setting than the base values, per context. */
  readonly changes: number;
  /** Those that were no better (by more than 0.001) or broke a limit, per context. */
  readonly falseChanges: number;
  /** Returns to the base values from a better setting that kept the limits, per context. */
  readonly needlessReturns: number;
  /** The first cycle at which the ten cycles up to it had 80 % of what could be won; absent where that never was. */
  readonly cyclesToLift?: number;
  /** Share of the cycles, 0 to 1, in which most calls of a context met something broken; mean over the contexts. */
  readonly brokenMajority: number;
  /** In any context and cycle. */
  readonly smallestBaselineShare: number;
}

/** A lift below this, in utility per call, is none. */
const SMALLEST_LIFT = 0.002;
const LIFT_SHARE = 0.8;
const LIFT_CYCLES = 10;

/** Scores a run. */
export function scoresOf({ cycles, contexts }: EnvironmentTrace): RunScores {
  const total = sumOf(cycles);
  const kind = kindOf(total, cycles);
  const traffic = Math.max(total.traffic, Number.MIN_VALUE);
  const sum = (field: keyof CycleLedger): number => cycles.reduce((all, cycle) => all + cycle[field], 0);
  const perContext = (field: keyof CycleLedger): number => sum(field) / Math.max(1, contexts);
  const reached = kind === "lift" ? cyclesToLift(cycles) : undefined;
  return {
    kind,
    regret: regretOf(total, kind),
    lastQuarterRegret: regretOf(sumOf(cycles.slice(Math.floor(cycles.length * 0.75))), kind),
    violatingTraffic: sum("violating") / traffic,
    changes: perContext("changes"),
    falseChanges: perContext("falseChanges"),
    needlessReturns: perContext("needlessReturns"),
    ...(reached === undefined ? {} : { cyclesToLift: reached }),
    brokenMajority: perContext("brokenMajorities") / Math.max(1, cycles.length),
    smallestBaselineShare: cycles.reduce((least, cycle) => Math.min(least, cycle.smallestBaselineShare), 1),
  };
}

interface Sums {
  readonly traffic: number;
  readonly served: number;
  readonly base: number;
  readonly best: number;
  readonly uniform: number;
}

function sumOf(cycles: readonly CycleLedger[]): Sums {
  const sums = { traffic: 0, served: 0, base: 0, best: 0, uniform: 0 };
  for (const cycle of cycles) {
    sums.traffic += cycle.traffic;
    sums.served += cycle.served;
    sums.base += cycle.base;
    sums.best += cycle.best;
    sums.uniform += cycle.uniform;
  }
  return sums;
}

function kindOf({ traffic, best, base }: Sums, cycles: readonly CycleLedger[]): RunKind {
  if (traffic === 0) return "nothing-matters"; // nobody called
  if (best - base > SMALLEST_LIFT * traffic) return "lift";
  return cycles.some(({ spread }) => spread > SMALLEST_LIFT) ? "baseline-best" : "nothing-matters";
}

function regretOf({ served, base, best, uniform }: Sums, kind: RunKind): number {
  if (kind === "nothing-matters") return 0;
  const stake = kind === "lift" ? best - base : best - uniform;
  return stake > 1e-12 ? (best - served) / stake : 0;
}

/** Over ten cycles at a time, because what can be won differs from cycle to cycle. */
function cyclesToLift(cycles: readonly CycleLedger[]): number | undefined {
  for (let end = LIFT_CYCLES; end <= cycles.length; end++) {
    const { served, base, best } = sumOf(cycles.slice(end - LIFT_CYCLES, end));
    if (best - base > 1e-12 && (served - base) / (best - base) >= LIFT_SHARE) return end;
  }
  return undefined;
}

/**
 * When a window of a context closes, and what it then says about the variants that ran in it.
 *
 * Shares never change inside a window, and variants are only compared with variants of the same window: whatever is common to
 * it (an incident, the time of day, the mix of traffic) drops out of every difference.
 */
import type { VariantId } from "@trimtab/conventions";
import {
  addMoments,
  momentsOf,
  ratingFrom,
  scaleMoments,
  type UtilityMoments,
  utilityFrom,
} from "../policy/objective.ts";
import type { Objective } from "../policy/policy.ts";
import { callsOf, type Measurements } from "./evidence.ts";
import { addMeasurements } from "./measurements.ts";

/** When a window is full: enough calls, or enough cycles in a context with few. */
export interface WindowRule {
  /** Calls of all variants together. */
  readonly minimumCalls: number;
  readonly minimumCycles: number;
  /** A context this sparse closes its window after `sparseCycles`. */
  readonly sparseCalls: number;
  readonly sparseCycles: number;
}

/** Big enough to say something, small enough to react within seconds in a busy service. */
export const DEFAULT_WINDOW_RULE: WindowRule = { minimumCalls: 60, minimumCycles: 2, sparseCalls: 6, sparseCycles: 8 };

/** A window that still fills. Times in milliseconds since 1970. */
export type OpenWindow = {
  readonly from: number;
  readonly to: number;
  readonly cycles: number;
  readonly sums: Readonly<Record<VariantId, Measurements>>;
};

/** One variant in a closed window. */
export interface WindowArm {
  readonly variant: VariantId;
  readonly calls: number;
  /** Mean utility; the variance is that of the mean and holds what one cycle adds beyond sampling. */
  readonly utility: number;
  readonly variance: number;
  readonly measurements: Measurements;
  /** Share of the calls that missed each limit of the operation, in the policy's order; null where that was not measured. */
  readonly misses?: readonly (MeasuredShare | null)[];
}

/** A share, 0 to 1, and the variance of its estimate. */
export interface MeasuredShare {
  readonly share: number;
  readonly variance: number;
}

/** The ratings of one variant that arrived in a window. */
interface RatingArm {
  readonly variant: VariantId;
  readonly ratings: number;
  /** What the ratings add to the utility, and the variance of that mean. */
  readonly utility: number;
  readonly variance: number;
}

/** A window that is over. */
export interface ClosedWindow {
  readonly from: number;
  readonly to: number;
  readonly cycles: number;
  /** Only the variants whose utility is known, in the order of their ids. */
  readonly arms: readonly WindowArm[];
  /** Ratings that arrived in the window, in the order of the ids; absent where the objective has none. */
  readonly ratings?: readonly RatingArm[];
  /** Were these the shares that are still served? A window from before a change teaches but does not decide. */
  readonly isCurrent: boolean;
}

/** The window with one more cycle in it. */
export function addCycle(
  open: OpenWindow | undefined,
  cycle: { readonly from: number; readonly to: number },
  measured: ReadonlyMap<VariantId, Measurements>,
): OpenWindow {
  const sums: Record<VariantId, Measurements> = { ...open?.sums };
  for (const [variant, measurements] of measured) {
    const before = sums[variant];
    sums[variant] = before === undefined ? measurements : addMeasurements(before, measurements);
  }
  return { from: open?.from ?? cycle.from, to: cycle.to, cycles: (open?.cycles ?? 0) + 1, sums };
}

/** Has the window enough in it? */
export function isFull(window: OpenWindow, rule: WindowRule): boolean {
  let calls = 0;
  for (const measurements of Object.values(window.sums)) calls += callsOf(measurements);
  return (
    (calls >= rule.minimumCalls && window.cycles >= rule.minimumCycles) ||
    (calls >= rule.sparseCalls && window.cycles >= rule.sparseCycles)
  );
}

/** How much more a variant's mean varies than independent calls explain; over-dispersion.ts learns it. */
export interface Dispersion {
  /** By this factor, at least 1. */
  readonly factor: number;
  /** And by this variance per cycle, in utility². */
  readonly perCycle: number;
}

/** What a closed window needs to know from outside it. */
export interface WindowClosing {
  readonly objective: Objective;
  /** What is remembered of each variant of the context, this window included: how much one call differs from another. */
  readonly record: Readonly<Record<VariantId, UtilityMoments>>;
  readonly overDispersion: Dispersion;
  readonly isCurrent: boolean;
  /** How many calls of a variant missed each limit. */
  readonly missesOf: (variant: VariantId, measurements: Measurements) => WindowArm["misses"];
}

/** Closes a window. A variant for which a part of the objective was not measured is left out of it. */
export function closeWindow(
  window: OpenWindow,
  { objective, record, overDispersion, isCurrent, missesOf }: WindowClosing,
): ClosedWindow {
  const typical = Object.values(record).reduce(addMoments, {});
  const arms: WindowArm[] = [];
  const ratings: RatingArm[] = [];
  for (const variant of Object.keys(window.sums).sort()) {
    const measurements = window.sums[variant];
    if (measurements === undefined) continue;
    const spread = { own: record[variant] ?? {}, typical };
    const moments = momentsOf(measurements, objective);
    const rating = ratingFrom(moments, objective, spread);
    if (rating !== undefined) {
      const count = measurements.feedback?.count ?? 0;
      ratings.push({ variant, ratings: count, utility: rating.mean, variance: rating.variance });
    }
    const utility = utilityFrom(moments, objective, spread);
    if (utility === undefined) continue;
    const variance = overDispersion.factor * utility.variance + overDispersion.perCycle / window.cycles;
    const misses = missesOf(variant, measurements);
    const arm: WindowArm = { variant, calls: callsOf(measurements), utility: utility.mean, variance, measurements };
    arms.push(misses === undefined ? arm : { ...arm, misses });
  }
  const closed: ClosedWindow = { from: window.from, to: window.to, cycles: window.cycles, arms, isCurrent };
  return objective.feedback === undefined ? closed : { ...closed, ratings };
}

/** The record with one more window in it; old calls count less, and variants that are not `kept` are forgotten. */
export function addToRecord(
  record: Readonly<Record<VariantId, UtilityMoments>>,
  window: OpenWindow,
  objective: Objective,
  kept: ReadonlySet<VariantId>,
): Record<VariantId, UtilityMoments> {
  const next: Record<VariantId, UtilityMoments> = {};
  for (const variant of new Set([...Object.keys(record), ...Object.keys(window.sums)].sort())) {
    if (!kept.has(variant)) continue;
    const measurements = window.sums[variant];
    const before = scaleMoments(record[variant] ?? {}, RECORD_KEEP);
    next[variant] = measurements === undefined ? before : addMoments(before, momentsOf(measurements, objective));
  }
  return next;
}

/** Half of a record's weight is gone after 70 windows. */
const RECORD_KEEP = 0.99;

/** Everything that makes the utility: also the ratings where the objective has some, and then undefined in a window without any. */
export function wholeContrastOf(window: ClosedWindow, variant: VariantId, against: VariantId): Contrast | undefined {
  const calls = contrastOf(window, variant, against);
  if (window.ratings === undefined || calls === undefined) return calls;
  const ratings = ratingContrastOf(window, variant, against);
  return ratings === undefined
    ? undefined
    : { difference: calls.difference + ratings.difference, variance: calls.variance + ratings.variance };
}

/** The first variant's ratings minus the second's, as far as both had any in the window. */
export function ratingContrastOf(window: ClosedWindow, variant: VariantId, against: VariantId): Contrast | undefined {
  const one = window.ratings?.find((arm) => arm.variant === variant);
  const other = window.ratings?.find((arm) => arm.variant === against);
  if (one === undefined || other === undefined) return undefined;
  return { difference: one.utility - other.utility, variance: one.variance + other.variance };
}

/** The difference between two variants of one window, and its variance. */
export interface Contrast {
  readonly difference: number;
  readonly variance: number;
}

/** The first variant minus the second, or undefined where one of them did not run in the window. */
export function contrastOf(window: ClosedWindow, variant: VariantId, against: VariantId): Contrast | undefined {
  const one = window.arms.find((arm) => arm.variant === variant);
  const other = window.arms.find((arm) => arm.variant === against);
  if (one === undefined || other === undefined) return undefined;
  return { difference: one.utility - other.utility, variance: one.variance + other.variance };
}

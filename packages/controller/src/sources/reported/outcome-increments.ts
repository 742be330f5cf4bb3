/** One reported operation as what it adds to counters; pure. */
import { type Outcome, RATIO_BOUNDARIES } from "@trimtab/conventions";
import type { Counters, RollupCell } from "@trimtab/engine";
import { counterNames, type HistogramMeasure } from "../measured-cell.ts";

/**
 * Upper bounds of durations in seconds, from 1 ms to 10 min. Neighbours differ by a factor of at most 1.2, so that a limit of
 * 1.2 × baseline can be judged whatever the baseline is; empty buckets cost nothing here. The bounds that services have by
 * default are among them.
 */
const REPORTED_DURATION_BOUNDARIES_SECONDS: readonly number[] = [1e-3, 1e-2, 1e-1, 1, 10, 100]
  .flatMap((decade) =>
    [1, 1.2, 1.35, 1.5, 1.75, 2, 2.4, 2.75, 3, 3.5, 4, 4.5, 5, 6, 6.5, 7.5, 8.5].map((factor) =>
      Number((decade * factor).toPrecision(6)),
    ),
  )
  .filter((bound) => bound < 600)
  .concat(600);

/** What was measured of one operation. */
export interface MeasuredOutcome {
  readonly outcome: Outcome;
  /** Seconds. */
  readonly duration?: number | undefined;
  /** 0 to 1. */
  readonly quality?: number | undefined;
  /** Amounts by unit. */
  readonly cost?: Readonly<Record<string, number>> | undefined;
}

/** The bounds of every cell of reported operations: always the same, so that all of them can be added up. */
export const REPORTED_BOUNDS: RollupCell["bounds"] = {
  duration: REPORTED_DURATION_BOUNDARIES_SECONDS,
  quality: RATIO_BOUNDARIES,
};

/** The numbers that one operation adds, by the names of `counterNames`. */
export function outcomeIncrements({ outcome, duration, quality, cost }: MeasuredOutcome): Counters {
  const increments: [string, number][] = [[counterNames.calls(outcome), 1]];
  if (duration !== undefined) increments.push(...observed("duration", duration));
  if (quality !== undefined) increments.push(...observed("quality", quality));
  for (const [unit, amount] of Object.entries(cost ?? {}))
    increments.push([counterNames.cost(unit), amount], [counterNames.costSquares(unit), amount * amount]);
  return Object.fromEntries(increments); // a unit may be called anything, `__proto__` too
}

function observed(measure: HistogramMeasure, value: number): [string, number][] {
  const bounds = REPORTED_BOUNDS[measure] ?? [];
  const place = bounds.findIndex((bound) => value <= bound);
  return [
    [counterNames.bucket(measure, place < 0 ? bounds.length : place), 1],
    [counterNames.sum(measure), value],
    [counterNames.count(measure), 1],
    [counterNames.squares(measure), value * value],
  ];
}

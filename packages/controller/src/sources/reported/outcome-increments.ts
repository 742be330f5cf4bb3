/** One reported operation as what it adds to counters; pure. */
import { type Outcome, RATIO_BOUNDARIES } from "@trimtab/conventions";
import { type Counters, FINE_DURATION_BOUNDARIES_SECONDS, type RollupCell } from "@trimtab/engine";
import { counterNames, type HistogramMeasure } from "../measured-cell.ts";

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
  duration: FINE_DURATION_BOUNDARIES_SECONDS,
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

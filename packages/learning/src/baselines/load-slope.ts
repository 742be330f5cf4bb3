/**
 * How a measure moves with the load beyond what the hour of the week explains: the median of slopes between hours of low and of
 * high load, each pair used once. Up to a quarter of the hours may be wild and it holds.
 *
 * Source: Theil (1950), "A rank-invariant method of linear and polynomial regression analysis", the incomplete method.
 */
import { ascending, median } from "./seasonal-medians.ts";

/** Loads that differ by less than this, in units of the natural logarithm, tell nothing of a slope. */
const SMALLEST_DIFFERENCE = 0.02;
const FEWEST_PAIRS = 20;

/** @returns The slope; 0 where the load hardly varies. */
export function loadSlope(loads: readonly number[], values: readonly number[]): number {
  const order = loads
    .map((_, index) => index)
    .sort(
      (left, right) =>
        ascending(loads[left] ?? 0, loads[right] ?? 0) || ascending(values[left] ?? 0, values[right] ?? 0),
    );
  const half = order.length >> 1;
  const slopes: number[] = [];
  for (let index = 0; index < half; index++) {
    const low = order[index] ?? 0;
    const high = order[index + order.length - half] ?? 0;
    const difference = (loads[high] ?? 0) - (loads[low] ?? 0);
    if (difference > SMALLEST_DIFFERENCE) slopes.push(((values[high] ?? 0) - (values[low] ?? 0)) / difference);
  }
  return slopes.length < FEWEST_PAIRS ? 0 : (median(slopes.sort(ascending)) ?? 0);
}

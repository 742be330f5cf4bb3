/** A mean over seeds with its interval. */

/** A mean and the interval that holds the true mean with 95 %, by Student's t; with one value the interval is open. */
export interface Estimate {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

/** The mean of some values; NaN of none. */
export function estimateOf(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = studentT975(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, lower: mean - half, upper: mean + half };
}

/** A median with the interval that holds the true one with at least 95 %; infinite where values are, or where they are too few. */
export interface MedianEstimate {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The median of at least one value. Its interval goes from one value to another: the true median lies outside of it only where nearly
 * all values fell on one side, as by the flips of a fair coin.
 */
export function medianOf(values: readonly number[]): MedianEstimate {
  const sorted = values.toSorted((left, right) => left - right);
  const count = sorted.length;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = count >> 1;
  const median = count % 2 === 1 || at(middle) === at(middle - 1) ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  // the largest number of values to leave out at each end
  let [left, tail, flips] = [0, 0, 0.5 ** count];
  while (tail + flips <= 0.025) {
    tail += flips;
    left += 1;
    flips *= (count - left + 1) / left;
  }
  if (left === 0) return { median, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  return { median, lower: at(left - 1), upper: at(count - left) };
}

/** The interval of a share, by Wilson (1927): `right` of `count`, 95 %. */
export function shareOf(right: number, count: number): Estimate {
  if (count === 0) return { mean: Number.NaN, lower: 0, upper: 1 };
  const share = right / count;
  const z = 1.959963984540054;
  const middle = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return { mean: share, lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) };
}

/** 97.5 % quantiles of Student's t for 1 to 10 degrees of freedom, from the usual tables. */
const FEW = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];

/** The 97.5 % quantile of Student's t; beyond ten degrees of freedom by the expansion of Cornish and Fisher, to four digits. */
export function studentT975(degrees: number): number {
  const known = FEW[degrees - 1];
  if (known !== undefined) return known;
  const z = 1.959963984540054;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

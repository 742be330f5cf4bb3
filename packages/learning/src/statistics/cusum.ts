/**
 * Sequential alarms that restart at zero, so that a good past cannot hide a bad present.
 *
 * For each alternative j the logarithm of the likelihood ratio is added up and never falls below zero; the alarm is raised
 * when one passes the bound (Page 1954; as an e-detector: Shin, Ramdas & Rinaldo 2023).
 */

/** One sum per alternative; all zero at the start. */
export type CusumSums = readonly number[];

/**
 * The bound for three alternatives. The mean number of cycles between false alarms is at least 200 for a rate that lies at its
 * limit, and grows exponentially with the distance from it.
 */
export const CUSUM_BOUND: number = Math.log(3 / 0.005);

/** The largest sum: how far the alarm is raised. */
export function cusumLevel(sums: CusumSums): number {
  return Math.max(0, ...sums);
}

/**
 * After one more cycle with `good` and `bad` calls (halves are possible).
 *
 * @param expected The share of good calls at the limit, between 0 and 1.
 * @param alternatives Lower shares to watch for, each between 0 and 1.
 */
export function updateShareCusum(
  sums: CusumSums,
  good: number,
  bad: number,
  expected: number,
  alternatives: readonly number[],
): number[] {
  return alternatives.map((alternative, index) => {
    const gain = good * Math.log(alternative / expected) + bad * Math.log((1 - alternative) / (1 - expected));
    return Math.max(0, (sums[index] ?? 0) + gain);
  });
}

/** After one more difference with known variance; the alternatives are means to watch for, 0 is what is expected. */
export function updateMeanCusum(
  sums: CusumSums,
  difference: number,
  variance: number,
  alternatives: readonly number[],
): number[] {
  return alternatives.map((alternative, index) => {
    const gain = (alternative * (difference - alternative / 2)) / variance;
    return Math.max(0, (sums[index] ?? 0) + gain);
  });
}

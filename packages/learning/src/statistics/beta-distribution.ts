/** The beta distribution: what counts of successes and failures say about the rate behind them. */

/** The logarithm of the gamma function for x > 0: Stirling's series, after shifting x to 10 or more. */
export function logGamma(x: number): number {
  let shift = 0;
  let value = x;
  while (value < 10) {
    shift -= Math.log(value);
    value += 1;
  }
  const inverse = 1 / (value * value);
  const series = ((((1 / 1188) * inverse - 1 / 1680) * inverse + 1 / 1260) * inverse - 1 / 360) * inverse + 1 / 12;
  return shift + (value - 0.5) * Math.log(value) - value + Math.log(2 * Math.PI) / 2 + series / value;
}

/**
 * The probability that a Beta(a, b) variable is at most x: the regularised incomplete beta function, by its continued
 * fraction (Abramowitz & Stegun 26.5.8) with Lentz's method.
 *
 * @param a Greater than 0, like b.
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly below the mean; above it the mirrored one does.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    for (const coefficient of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / nonZero(1 + coefficient * d, tiny);
      c = nonZero(1 + coefficient / c, tiny);
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return Math.min(1, front * fraction);
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** The normal distribution: density, distribution function and quantile, accurate to about 1e-14 (relative in the tails). */

const SQRT_PI = Math.sqrt(Math.PI);
const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/**
 * The complementary error function. Below 2 by the power series of erf, above by the continued fraction
 * (Abramowitz & Stegun 7.1.6 and 7.1.14), evaluated from its tail.
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / SQRT_PI) * Math.exp(-x * x) * sum;
  }
  return (Math.exp(-x * x) / SQRT_PI) * tailFraction(x);
}

/** The probability of a value up to z. */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/** The logarithm of `normalCdf`, finite also where that has no floating-point number any more. */
export function logNormalCdf(z: number): number {
  if (z > -4) return Math.log(normalCdf(z));
  const x = -z / Math.SQRT2;
  return -x * x + Math.log(tailFraction(x) / (2 * SQRT_PI));
}

/** The density at z. */
function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / SQRT_TWO_PI;
}

/**
 * The z below which a share p of the values lies. A rational start (Abramowitz & Stegun 26.2.23) and three Halley steps.
 *
 * @returns -Infinity at 0, Infinity at 1, NaN outside 0 to 1.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  const upper = (0.010328 * t + 0.802853) * t + 2.515517;
  const lower = ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1;
  let z = upper / lower - t;
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(z) - p) / normalDensity(z);
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/** 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))): erfc(x) without its factor exp(-x²)/√π. */
function tailFraction(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return 1 / fraction;
}

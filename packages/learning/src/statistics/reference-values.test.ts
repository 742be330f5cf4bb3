/** Our arithmetic against values of an independent program, and matrices whose inverses and factors are known in closed form. */
import { describe, expect, test } from "vitest";
import { betaCdf, logGamma } from "./beta-distribution.ts";
import { confidenceSequence, tuningFor } from "./confidence-sequence.ts";
import { logEValue, logSavageDickey, posteriorOf, probabilityAbove } from "./e-value.ts";
import { cholesky, inverse, type Matrix, multiply, multiplyLower } from "./linear-algebra.ts";
import { erfc, logNormalCdf, normalCdf, normalQuantile } from "./normal-distribution.ts";
import { randomFromSeed } from "./random.ts";
import {
  BETA_CDF,
  CONFIDENCE_HALF_WIDTH,
  ERFC,
  LOG_E_VALUE,
  LOG_GAMMA,
  LOG_NORMAL_CDF,
  LOG_SAVAGE_DICKEY,
  NORMAL_CDF,
  NORMAL_QUANTILE,
} from "./reference-values.ts";

/** Distance relative to the value, or to 1 where the value is smaller and crosses 0. */
function off(value: number, expected: number, least = 0): number {
  return value === expected ? 0 : Math.abs(value - expected) / Math.max(Math.abs(expected), least);
}

describe("functions, to the digits that they promise", () => {
  test.each(ERFC)("erfc(%d)", (x, expected) => expect(off(erfc(x), expected)).toBeLessThan(2e-13));

  test.each(NORMAL_CDF)("Φ(%d), relative also in the tail", (z, expected) =>
    expect(off(normalCdf(z), expected)).toBeLessThan(5e-13),
  );

  test.each(LOG_NORMAL_CDF)("ln Φ(%d)", (z, expected) => {
    // near 0 the logarithm of a number near 1 has the absolute error of that number
    expect(Math.abs(logNormalCdf(z) - expected)).toBeLessThan(5e-13 * Math.max(1, Math.abs(expected)));
  });

  test.each(NORMAL_QUANTILE)("the quantile of %d", (p, expected) =>
    expect(off(normalQuantile(p), expected, 1e-3)).toBeLessThan(1e-12),
  );

  test.each(LOG_GAMMA)("ln Γ(%d)", (x, expected) => expect(off(logGamma(x), expected, 1)).toBeLessThan(1e-12));

  test.each(BETA_CDF)("P(Beta ≤ %d) with shapes %d and %d", (x, a, b, expected) => {
    // what is lost grows with the size of the logarithms that cancel: a + b of 100,000 leaves ten digits
    expect(off(betaCdf(x, a, b), expected)).toBeLessThan(a + b > 50_000 ? 1e-9 : 1e-10);
  });
});

describe("tests and intervals, against the integrals that they stand for", () => {
  test.each(LOG_E_VALUE)("the e-value for S = %d, V = %d, τ = %d", (score, information, scale, expected) => {
    expect(off(logEValue({ score, information }, scale), expected, 1)).toBeLessThan(1e-12);
  });

  test.each(LOG_SAVAGE_DICKEY)("the ratio for %d ± %d under a prior of %d", (mean, deviation, prior, expected) => {
    expect(off(logSavageDickey(mean, deviation, prior), expected, 1)).toBeLessThan(1e-12);
  });

  test.each(CONFIDENCE_HALF_WIDTH)(
    "the interval for V = %d, ρ² = %d, α = %d",
    (information, tuning, alpha, expected) => {
      const { lower, estimate, upper } = confidenceSequence({ score: 0.02 * information, information }, tuning, alpha);
      expect(off(upper - estimate, expected)).toBeLessThan(1e-12);
      expect(off(estimate - lower, expected)).toBeLessThan(1e-12);
      expect(off(estimate, 0.02)).toBeLessThan(1e-12);
    },
  );

  test.each([0.2, 0.05, 0.01])(
    "the tuning for α = %d makes the interval about as narrow as can be at its time",
    (alpha) => {
      const width = (tuning: number): number =>
        confidenceSequence({ score: 0, information: 1000 }, tuning, alpha).upper;
      const chosen = tuningFor(1000, alpha);
      const narrowest = Math.min(...Array.from({ length: 400 }, (_, step) => width(chosen * 1.02 ** (step - 200))));
      expect(width(chosen) / narrowest).toBeLessThan(1.002); // the formula is the first term of a Lambert W
    },
  );

  test("the posterior is the precision-weighted mean, and its probability the normal one", () => {
    // 1/(500 + 1/0.01) = 1/600, 40/600
    const { mean, deviation } = posteriorOf({ score: 40, information: 500 }, 0.1);
    expect(off(mean, 1 / 15)).toBeLessThan(1e-15);
    expect(off(deviation, 1 / Math.sqrt(600))).toBeLessThan(1e-15);
    expect(off(probabilityAbove(0.1, 0.1 + 1.96 * deviation, deviation), 0.9750021048517795)).toBeLessThan(1e-12);
  });
});

/** A matrix from its entries. */
function matrixOf(size: number, entry: (row: number, column: number) => number): Matrix {
  return Float64Array.from({ length: size * size }, (_, place) => entry(Math.floor(place / size), place % size));
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let step = 1; step <= k; step++) value = (value * (n - k + step)) / step;
  return k < 0 || k > n ? 0 : Math.round(value);
}

describe("matrices with known factors and inverses", () => {
  test("Pascal's: the factor is the triangle of binomials, exactly", () => {
    for (const size of [2, 5, 9]) {
      const factor = cholesky(
        matrixOf(size, (row, column) => binomial(row + column, row)),
        size,
      );
      expect([...factor]).toEqual([...matrixOf(size, (row, column) => binomial(row, column))]);
    }
  });

  test("Hilbert's: the inverse has integers of five digits, from a matrix with a condition of half a million", () => {
    const size = 5;
    const inverted = inverse(
      matrixOf(size, (row, column) => 1 / (row + column + 1)),
      size,
    );
    const expected = matrixOf(size, (i, j) => {
      const sign = (i + j) % 2 === 0 ? 1 : -1;
      return (
        sign *
        (i + j + 1) *
        binomial(size + i, size - j - 1) *
        binomial(size + j, size - i - 1) *
        binomial(i + j, i) ** 2
      );
    });
    inverted.forEach((value, place) => expect(off(value, expected[place] as number)).toBeLessThan(1e-9));
  });

  test.each([3, 13, 36])("second differences of %d points: the inverse is Green's function", (size) => {
    const second = matrixOf(size, (row, column) => (row === column ? 2 : Math.abs(row - column) === 1 ? -1 : 0));
    const inverted = inverse(second, size);
    const green = matrixOf(
      size,
      (row, column) => ((Math.min(row, column) + 1) * (size - Math.max(row, column))) / (size + 1),
    );
    inverted.forEach((value, place) => expect(off(value, green[place] as number)).toBeLessThan(1e-12));
    const ramp = Float64Array.from({ length: size }, (_, index) => index);
    // the second differences of a ramp vanish, except at its ends
    expect([...multiply(second, ramp)].map((value) => value + 0)).toEqual([
      -1,
      ...Array.from({ length: size - 2 }, () => 0),
      size,
    ]);
  });

  test("correlated noise has the covariance that was asked for", () => {
    const random = randomFromSeed("covariance");
    const factor = cholesky(Float64Array.of(4, 1.2, 1.2, 1), 2); // correlation 0.6
    let product = 0;
    const DRAWS = 40_000;
    for (let draw = 0; draw < DRAWS; draw++) {
      const [one = 0, other = 0] = multiplyLower(factor, Float64Array.of(random.gaussian(), random.gaussian()));
      product += (one * other) / DRAWS;
    }
    // the variance of one product is 4·1 + 1.2² = 5.44: 0.0117 for the mean; five of those, missed once in 1.7 million seeds
    expect(Math.abs(product - 1.2)).toBeLessThan(0.0585);
  });
});

describe("validity by simulation, at fixed seeds", () => {
  test("the mean of an e-value is 1 under no difference, whatever the variances of the looks", () => {
    const random = randomFromSeed("mean of e");
    const RUNS = 40_000;
    let sum = 0;
    for (let run = 0; run < RUNS; run++) {
      let score = 0;
      let information = 0;
      for (let look = 0; look < 10; look++) {
        const share = (look + 1) / 55; // looks of very different size
        score += Math.sqrt(200 * share) * random.gaussian();
        information += 200 * share;
      }
      sum += Math.exp(logEValue({ score, information }, 0.05)); // τ²V = 0.5
    }
    // E e² = E exp(τ²V·|z z′|) = 1.5396 (integrated), so one e deviates by 0.735 and the mean by 0.0037; five of those
    expect(Math.abs(sum / RUNS - 1)).toBeLessThan(0.0184);
  });

  test("the interval covers the truth at all times together, also when looks differ in size and one stops when it looks best", () => {
    const random = randomFromSeed("coverage");
    const RUNS = 2_000;
    let missed = 0;
    for (let run = 0; run < RUNS; run++) {
      let score = 0;
      let information = 0;
      for (let look = 0; look < 200; look++) {
        const variance = 0.002 * 4 ** random.uniform();
        score += (-0.015 + Math.sqrt(variance) * random.gaussian()) / variance;
        information += 1 / variance;
        const { lower, upper } = confidenceSequence({ score, information }, tuningFor(25_000, 0.05), 0.05);
        if (lower > -0.015 || upper < -0.015) {
          missed += 1;
          break;
        }
      }
    }
    // a true share of 0.05 deviates by 0.0049: 0.074 is 5 of those, missed once in 3 million seeds
    expect(missed / RUNS).toBeLessThan(0.074);
    expect(missed / RUNS).toBeGreaterThan(0.005); // an interval that never misses is far too wide, or not read at all
  });
});

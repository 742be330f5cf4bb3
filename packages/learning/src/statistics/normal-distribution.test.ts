import { expect, test } from "vitest";
import { erfc, logNormalCdf, normalCdf, normalQuantile } from "./normal-distribution.ts";

/** Relative distance. */
function off(value: number, expected: number): number {
  return Math.abs(value / expected - 1);
}

test.each([
  [0, 1],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [1.9999, 0.004679801792508857],
  [2, 0.004677734981047266],
  [3, 2.209049699858544e-5],
  [5, 1.5374597944280349e-12],
  [10, 2.088487583762545e-45],
  [-1, 1.8427007929497148],
])("erfc(%d) is the published %d", (x, expected) => {
  expect(off(erfc(x), expected)).toBeLessThan(x === 1.9999 ? 1e-3 : 1e-12);
});

test.each([
  [0, 0.5],
  [1, 0.8413447460685429],
  [1.96, 0.9750021048517795],
  [-3, 0.0013498980316300946],
  [-6, 9.865876450376946e-10],
])("the distribution function at %d is the published %d", (z, expected) => {
  expect(off(normalCdf(z), expected)).toBeLessThan(1e-12);
});

test.each([
  [0.975, 1.959963984540054],
  [0.95, 1.6448536269514722],
  [0.001, -3.090232306167813],
  [1e-10, -6.361340902404056],
])("the quantile of %d is the published %d", (p, expected) => {
  expect(off(normalQuantile(p), expected)).toBeLessThan(1e-11);
});

test("the quantile undoes the distribution function over fifteen orders of magnitude", () => {
  for (let exponent = 1; exponent <= 15; exponent++) {
    const p = 10 ** -exponent;
    expect(off(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-11);
  }
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  expect(normalQuantile(1.1)).toBeNaN();
});

test("the logarithm stays finite where the probability itself is no number any more", () => {
  expect(normalCdf(-50)).toBe(0);
  // Φ(-x) lies between φ(x)/x · (1 - 1/x²) and φ(x)/x
  const upper = -1250 - Math.log(50 * Math.sqrt(2 * Math.PI));
  expect(logNormalCdf(-50)).toBeLessThan(upper);
  expect(logNormalCdf(-50)).toBeGreaterThan(upper + Math.log(1 - 1 / 2500));
  expect(off(logNormalCdf(-4.0001), Math.log(normalCdf(-4.0001)))).toBeLessThan(1e-12);
});

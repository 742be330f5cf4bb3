import fc from "fast-check";
import { expect, test } from "vitest";
import { betaCdf, logGamma } from "./beta-distribution.ts";

test("the gamma function is the factorial, and √π at a half", () => {
  expect(Math.exp(logGamma(6))).toBeCloseTo(120, 9);
  expect(Math.exp(logGamma(0.5))).toBeCloseTo(Math.sqrt(Math.PI), 12);
  expect(logGamma(100)).toBeCloseTo(359.1342053695754, 10);
});

test("closed forms of the beta distribution", () => {
  expect(betaCdf(0.5, 2, 3)).toBeCloseTo(0.6875, 13); // 11/16
  for (const x of [0.01, 0.3, 0.7, 0.99]) {
    expect(betaCdf(x, 1, 7)).toBeCloseTo(1 - (1 - x) ** 7, 12);
    expect(betaCdf(x, 7, 1)).toBeCloseTo(x ** 7, 12);
  }
  expect(betaCdf(0, 3, 3)).toBe(0);
  expect(betaCdf(1, 3, 3)).toBe(1);
});

test("it is the tail of the binomial distribution: P(Bin(n, x) >= a) = I_x(a, n - a + 1)", () => {
  const x = 0.3;
  let tail = 0;
  for (let k = 60; k <= 200; k++)
    tail += Math.exp(
      logGamma(201) - logGamma(k + 1) - logGamma(201 - k) + k * Math.log(x) + (200 - k) * Math.log1p(-x),
    );
  expect(betaCdf(x, 60, 141)).toBeCloseTo(tail, 11);
});

test("it rises with x and mirrors", () => {
  const shape = fc.double({ min: 0.1, max: 5000, noNaN: true });
  const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(share, share, shape, shape, (x, y, a, b) => {
      const [low, high] = x < y ? [x, y] : [y, x];
      expect(betaCdf(low, a, b)).toBeLessThanOrEqual(betaCdf(high, a, b) + 1e-9);
      expect(betaCdf(x, a, b) + betaCdf(1 - x, b, a)).toBeCloseTo(1, 9);
    }),
  );
});

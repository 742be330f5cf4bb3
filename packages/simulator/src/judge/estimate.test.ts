import { expect, test } from "vitest";
import { estimateOf, medianOf, shareOf, studentT975 } from "./estimate.ts";

test("the quantiles of Student's t are those of the tables", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2, column 0.975
  const table = { 1: 12.706, 4: 2.776, 10: 2.228, 11: 2.201, 19: 2.093, 30: 2.042, 100: 1.984 };
  for (const [degrees, quantile] of Object.entries(table))
    expect(studentT975(Number(degrees))).toBeCloseTo(quantile, 3);
});

test("1, 2, 3, 4, 5 have the mean 3 and the interval 3 ± 2.776 · √(2.5/5)", () => {
  const { mean, lower, upper } = estimateOf([1, 2, 3, 4, 5]);
  expect(mean).toBe(3);
  expect(upper - mean).toBeCloseTo(2.7764 * Math.sqrt(0.5), 9);
  expect(mean - lower).toBeCloseTo(upper - mean, 9);
});

test("one value has no interval", () => {
  expect(estimateOf([0.4])).toEqual({ mean: 0.4, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY });
});

test("the median of an even number of values is between the middle two, and infinity counts as one more", () => {
  expect(medianOf([5, 1, 3]).median).toBe(3);
  expect(medianOf([4, 1, 3, 2]).median).toBe(2.5);
  expect(medianOf([30, Number.POSITIVE_INFINITY, 20]).median).toBe(30);
  expect(medianOf([9, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 8]).median).toBe(Number.POSITIVE_INFINITY);
});

test("the interval of a median leaves as many values out as a coin would in 2.5 % of the cases", () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  // all five on one side: 1/32 is more than 0.025; all six: 1/64 is less
  expect(medianOf(upTo(5))).toEqual({ median: 3, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY });
  expect(medianOf(upTo(6))).toEqual({ median: 3.5, lower: 1, upper: 6 });
  // of twenty, five or fewer on one side has the probability 0.0207, six or fewer 0.0577 (binomial table)
  expect(medianOf(upTo(20))).toEqual({ median: 10.5, lower: 6, upper: 15 });
});

test("8 of 10 is a share between 0.490 and 0.943", () => {
  const { mean, lower, upper } = shareOf(8, 10);
  expect(mean).toBe(0.8);
  expect(lower).toBeCloseTo(0.4902, 4);
  expect(upper).toBeCloseTo(0.9433, 4);
  expect(shareOf(10, 10).upper).toBeCloseTo(1, 12);
  expect(shareOf(0, 0)).toMatchObject({ lower: 0, upper: 1 });
});

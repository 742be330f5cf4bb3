import { expect, test } from "vitest";
import {
  accumulate,
  addScaled,
  cholesky,
  diagonal,
  dot,
  inverse,
  type Matrix,
  multiply,
  multiplyLower,
  quadraticForm,
} from "./linear-algebra.ts";
import { randomFromSeed } from "./random.ts";

/** R·Rᵀ + identity: positive definite, whatever R is. */
function anyPositiveDefinite(size: number, seed: string): Matrix {
  const random = randomFromSeed(seed);
  const rows = Array.from({ length: size }, () => Float64Array.from({ length: size }, () => random.gaussian()));
  const matrix = diagonal(Array.from({ length: size }, () => 1));
  rows.forEach((one, row) => {
    rows.forEach((other, column) => {
      matrix[row * size + column] = (matrix[row * size + column] as number) + dot(one, other);
    });
  });
  return matrix;
}

test.each([1, 2, 13, 36])("the inverse of %d rows undoes the matrix", (size) => {
  const matrix = anyPositiveDefinite(size, `inverse ${size}`);
  const inverted = inverse(matrix, size);
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    multiply(inverted, multiply(matrix, unit)).forEach((value, row) => {
      expect(value).toBeCloseTo(row === column ? 1 : 0, 9);
    });
  }
});

test("the Cholesky factor of [[4, 2], [2, 3]] is [[2, 0], [1, √2]]", () => {
  const factor = cholesky(Float64Array.of(4, 2, 2, 3), 2);
  expect([...factor]).toEqual([2, 0, 1, Math.SQRT2]);
  expect([...multiplyLower(factor, Float64Array.of(1, 1))]).toEqual([2, 1 + Math.SQRT2]);
});

test("a matrix that is singular by rounding still has a factor", () => {
  const factor = cholesky(Float64Array.of(1, 1, 1, 1), 2);
  expect(factor.every(Number.isFinite)).toBe(true);
});

test("sums and forms", () => {
  const sum = Float64Array.of(1, 2);
  accumulate(sum, Float64Array.of(1, 1), 3);
  expect([...sum]).toEqual([4, 5]);
  expect([...addScaled(sum, Float64Array.of(1, 1), -1)]).toEqual([3, 4]);
  expect(quadraticForm(Float64Array.of(1, 2), Float64Array.of(2, 0, 0, 3), Float64Array.of(1, 2))).toBe(14);
});

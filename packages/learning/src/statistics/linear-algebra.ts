/** Small symmetric positive definite matrices, row by row in one array. */

/** A square matrix of `size` rows. */
export type Matrix = Float64Array;

/** A matrix with these numbers on its diagonal. */
export function diagonal(values: readonly number[]): Matrix {
  const size = values.length;
  const matrix = new Float64Array(size * size);
  values.forEach((value, index) => {
    matrix[index * size + index] = value;
  });
  return matrix;
}

/** left + factor · right, as a new matrix (or vector). */
export function addScaled(left: Float64Array, right: Float64Array, factor: number): Float64Array {
  const sum = left.slice();
  for (let index = 0; index < sum.length; index++)
    sum[index] = (sum[index] as number) + factor * (right[index] as number);
  return sum;
}

/** Adds factor · right to a sum in its place: for long sums, where a new array each time would cost more than the adding. */
export function accumulate(sum: Float64Array, right: Float64Array, factor: number): void {
  for (let index = 0; index < sum.length; index++)
    sum[index] = (sum[index] as number) + factor * (right[index] as number);
}

/**
 * The lower triangle L with L·Lᵀ = matrix.
 *
 * A pivot that rounding made too small is lifted to a trillionth of the largest, so that a matrix that is positive definite on
 * paper always has a factor.
 */
export function cholesky(matrix: Matrix, size: number): Matrix {
  const factor = new Float64Array(size * size);
  let largest = 0;
  for (let row = 0; row < size; row++) largest = Math.max(largest, matrix[row * size + row] as number);
  const smallest = largest * 1e-12 || 1e-300;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column] as number;
      for (let k = 0; k < column; k++)
        sum -= (factor[row * size + k] as number) * (factor[column * size + k] as number);
      factor[row * size + column] =
        row === column ? Math.sqrt(Math.max(sum, smallest)) : sum / (factor[column * size + column] as number);
    }
  }
  return factor;
}

/** The inverse of a symmetric positive definite matrix. */
export function inverse(matrix: Matrix, size: number): Matrix {
  const factor = cholesky(matrix, size);
  const lower = new Float64Array(size * size); // L⁻¹
  for (let column = 0; column < size; column++) {
    lower[column * size + column] = 1 / (factor[column * size + column] as number);
    for (let row = column + 1; row < size; row++) {
      let sum = 0;
      for (let k = column; k < row; k++)
        sum -= (factor[row * size + k] as number) * (lower[k * size + column] as number);
      lower[row * size + column] = sum / (factor[row * size + row] as number);
    }
  }
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let k = row; k < size; k++) sum += (lower[k * size + row] as number) * (lower[k * size + column] as number);
      result[row * size + column] = sum;
      result[column * size + row] = sum;
    }
  }
  return result;
}

/** matrix · vector. */
export function multiply(matrix: Matrix, vector: Float64Array): Float64Array {
  const size = vector.length;
  const product = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let column = 0; column < size; column++)
      sum += (matrix[row * size + column] as number) * (vector[column] as number);
    product[row] = sum;
  }
  return product;
}

/** Σ left·right. */
export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] as number) * (right[index] as number);
  return sum;
}

/** leftᵀ · matrix · right. */
export function quadraticForm(left: Float64Array, matrix: Matrix, right: Float64Array): number {
  return dot(left, multiply(matrix, right));
}

/** factor · vector for a lower triangle: correlates independent numbers. */
export function multiplyLower(factor: Matrix, vector: Float64Array): Float64Array {
  const size = vector.length;
  const product = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let column = 0; column <= row; column++)
      sum += (factor[row * size + column] as number) * (vector[column] as number);
    product[row] = sum;
  }
  return product;
}

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

/** Adds factor · matrix · vector to a sum in its place. */
export function accumulateProduct(sum: Float64Array, matrix: Matrix, vector: Float64Array, factor: number): void {
  const size = vector.length;
  for (let row = 0; row < size; row++) {
    let product = 0;
    for (let column = 0, place = row * size; column < size; column++, place++)
      product += (matrix[place] as number) * (vector[column] as number);
    sum[row] = (sum[row] as number) + factor * product;
  }
}

/**
 * The lower triangle L with L·Lᵀ = matrix.
 *
 * A pivot that rounding made too small is lifted to a trillionth of the largest, so that a matrix that is positive definite on
 * paper always has a factor.
 */
export function cholesky(matrix: Matrix, size: number): Matrix {
  const factor = new Float64Array(size * size);
  factorInto(factor, matrix, size);
  return factor;
}

/** The same into an array that is there already; above the diagonal it is left as it was. */
function factorInto(factor: Matrix, matrix: Matrix, size: number): void {
  let largest = 0;
  for (let row = 0; row < size; row++) largest = Math.max(largest, matrix[row * size + row] as number);
  const smallest = largest * 1e-12 || 1e-300;
  for (let row = 0; row < size; row++) {
    const start = row * size;
    for (let column = 0; column < row; column++) {
      const other = column * size;
      let sum = matrix[start + column] as number;
      for (let k = 0; k < column; k++) sum -= (factor[start + k] as number) * (factor[other + k] as number);
      factor[start + column] = sum / (factor[other + column] as number);
    }
    let pivot = matrix[start + row] as number;
    for (let k = 0; k < row; k++) pivot -= (factor[start + k] as number) * (factor[start + k] as number);
    factor[start + row] = Math.sqrt(Math.max(pivot, smallest));
  }
}

/** The inverse of a symmetric positive definite matrix. */
export function inverse(matrix: Matrix, size: number): Matrix {
  const [factor, columns] = scratchOf(size);
  factorInto(factor, matrix, size);
  // the columns of L⁻¹, each as a row: they are read from end to end
  for (let column = 0; column < size; column++) {
    const start = column * size;
    columns[start + column] = 1 / (factor[column * size + column] as number);
    for (let row = column + 1; row < size; row++) {
      const other = row * size;
      let sum = 0;
      for (let k = column; k < row; k++) sum -= (factor[other + k] as number) * (columns[start + k] as number);
      columns[start + row] = sum / (factor[other + row] as number);
    }
  }
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const start = row * size;
    for (let column = 0; column <= row; column++) {
      const other = column * size;
      let sum = 0;
      for (let k = row; k < size; k++) sum += (columns[start + k] as number) * (columns[other + k] as number);
      result[start + column] = sum;
      result[other + row] = sum;
    }
  }
  return result;
}

/** Room for the steps of an inverse, written anew each time: thousands are taken in a turn, and none of them calls another. */
let scratch: readonly [Matrix, Matrix] = [new Float64Array(0), new Float64Array(0)];

function scratchOf(size: number): readonly [Matrix, Matrix] {
  const length = size * size;
  if (scratch[0].length < length) scratch = [new Float64Array(length), new Float64Array(length)];
  return scratch;
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
  const size = right.length;
  let form = 0;
  for (let row = 0, place = 0; row < size; row++) {
    let product = 0;
    for (let column = 0; column < size; column++, place++)
      product += (matrix[place] as number) * (right[column] as number);
    form += (left[row] as number) * product;
  }
  return form;
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

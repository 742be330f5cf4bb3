/** Histograms in typed arrays, with the sum of squares beside them: with sum and count it gives the variance. */

/** Upper bounds of buckets, shared by all cells that have them. */
export class Buckets {
  /** Ascending, without infinity. */
  readonly boundaries: readonly number[];
  readonly limits: Float64Array;
  /** As the label `le` writes them, with infinity. */
  readonly texts: readonly string[];

  constructor(boundaries: readonly number[]) {
    this.boundaries = boundaries;
    this.limits = Float64Array.from(boundaries);
    this.texts = [...boundaries.map(String), "+Inf"];
  }
}

const SUM = 0;
const SQUARES = 1;
const FIRST_BUCKET = 2;

/** A histogram with the sum of squares beside it. */
export class Distribution {
  readonly buckets: Buckets;
  readonly #values: Float64Array;

  constructor(buckets: Buckets) {
    this.buckets = buckets;
    this.#values = new Float64Array(FIRST_BUCKET + buckets.limits.length + 1);
  }

  get sum(): number {
    return this.#values[SUM] as number;
  }

  get squares(): number {
    return this.#values[SQUARES] as number;
  }

  /** The observations of each bucket alone, the one without an upper bound last. */
  get counts(): Float64Array {
    return this.#values.subarray(FIRST_BUCKET);
  }

  get count(): number {
    return this.counts.reduce((total, each) => total + each, 0);
  }

  /** Adds another distribution with the same buckets. */
  add(other: Distribution): void {
    const values = this.#values;
    other.#values.forEach((value, at) => {
      values[at] = (values[at] as number) + value;
    });
  }

  /**
   * Below which value a share of the observations lies, with even spread inside a bucket, as Prometheus takes it; undefined without
   * any. Above the last bound it is that bound.
   */
  quantile(share: number): number | undefined {
    const { counts } = this;
    const { limits } = this.buckets;
    const rank = share * this.count;
    if (rank === 0) return undefined;
    let below = 0;
    for (let at = 0; at < limits.length; at++) {
      const count = counts[at] as number;
      const upper = limits[at] as number;
      const lower = at === 0 ? 0 : (limits[at - 1] as number);
      if (below + count >= rank) return lower + ((upper - lower) * (rank - below)) / count;
      below += count;
    }
    return limits.at(-1);
  }

  record(value: number): void {
    const values = this.#values;
    const { limits } = this.buckets;
    let low = 0;
    let high = limits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (limits[middle] as number)) high = middle;
      else low = middle + 1;
    }
    const at = FIRST_BUCKET + low;
    values[at] = (values[at] as number) + 1;
    values[SUM] = (values[SUM] as number) + value;
    values[SQUARES] = (values[SQUARES] as number) + value * value;
  }
}

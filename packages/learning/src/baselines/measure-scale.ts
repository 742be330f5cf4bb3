/** The scales on which a measure is compared: where its noise is alike at all levels, and how to read it back. */

/** What has a baseline. */
export type BaselineMeasure = "success" | "latency" | "quality";

/** Every measure with a baseline. */
export const BASELINE_MEASURES: readonly BaselineMeasure[] = ["success", "latency", "quality"];

/** One measure's scale. */
export interface MeasureScale {
  /** @param count What the value is a mean over. */
  to(value: number, count: number): number;
  from(scaled: number, count: number): number;
  /** The least standard deviation that a mean over so many can have: no range is narrower than it allows. */
  noise(count: number): number;
}

/**
 * A share of calls x / n: asin √((x + 3/8) / (n + 3/4)) has a standard deviation of 1 / (2 √n) whatever the share. So the range of a
 * service that never failed is not a point: with 1,000 calls an hour it takes two failures to leave it.
 *
 * Source: Anscombe (1948), "The transformation of Poisson, binomial and negative-binomial data".
 */
const share: MeasureScale = {
  to: (value, count) => Math.asin(Math.sqrt((value * count + 0.375) / (count + 0.75))),
  from(scaled, count) {
    const inside = Math.min(Math.PI / 2, Math.max(0, scaled));
    return Math.min(1, Math.max(0, (Math.sin(inside) ** 2 * (count + 0.75) - 0.375) / count));
  },
  noise: (count) => 0.5 / Math.sqrt(count),
};

const SHORTEST_SECONDS = 1e-6;

/** Scales by measure: a success rate as a share, a mean latency by its logarithm, a mean quality as it is. */
export const MEASURE_SCALES: Readonly<Record<BaselineMeasure, MeasureScale>> = {
  success: share,
  latency: {
    to: (value) => Math.log(Math.max(SHORTEST_SECONDS, value)),
    from: (scaled) => Math.exp(scaled),
    noise: () => 1e-3, // a thousandth of the latency
  },
  quality: {
    to: (value) => value,
    from: (scaled) => Math.min(1, Math.max(0, scaled)),
    noise: () => 1e-3,
  },
};

import { expect, test } from "vitest";
import type { Histogram } from "../evidence/evidence.ts";
import { countAbove, histogramQuantile } from "./histogram-quantile.ts";
import { normalCdf } from "./normal-distribution.ts";

const HISTOGRAM = { bounds: [1, 2, 4], counts: [10, 60, 20, 10], sum: 200, count: 100 };

test("a quantile is interpolated as PromQL does it", () => {
  expect(histogramQuantile(HISTOGRAM, 0.05)).toBeCloseTo(0.5, 12);
  expect(histogramQuantile(HISTOGRAM, 0.4)).toBeCloseTo(1.5, 12);
  expect(histogramQuantile(HISTOGRAM, 0.8)).toBeCloseTo(3, 12);
  expect(histogramQuantile(HISTOGRAM, 0.95)).toBe(4); // above the last bound nobody knows more
});

test("on the log scale the middle of a bucket is its geometric mean", () => {
  expect(histogramQuantile(HISTOGRAM, 0.4, "log")).toBeCloseTo(Math.SQRT2, 12);
  expect(countAbove(HISTOGRAM, Math.SQRT2)).toBeCloseTo(60, 9);
});

test("counting above a quantile gives back its share", () => {
  for (const share of [0.02, 0.3, 0.65, 0.88]) {
    for (const scale of ["linear", "log", "leaning"] as const) {
      const value = histogramQuantile(HISTOGRAM, share, scale) ?? Number.NaN;
      expect(countAbove(HISTOGRAM, value, scale)).toBeCloseTo(100 * (1 - share), 9);
    }
  }
});

test("without observations or buckets there is no quantile, and it is not 0", () => {
  expect(histogramQuantile({ bounds: [1], counts: [0, 0], sum: 0, count: 0 }, 0.5)).toBeUndefined();
  expect(histogramQuantile({ bounds: [], counts: [], sum: 9, count: 3 }, 0.5)).toBeUndefined();
  expect(countAbove({ bounds: [], counts: [], sum: 9, count: 3 }, 1)).toBeUndefined();
});

test("how many lie above a value past the last bound is unknown, unless none do", () => {
  expect(countAbove(HISTOGRAM, 5)).toBeUndefined();
  expect(countAbove({ ...HISTOGRAM, counts: [10, 60, 30, 0] }, 5)).toBe(0);
});

test("a density that leans to its neighbours finds the tail of a falling curve in coarse buckets", () => {
  // exactly log-normal, median 0.5 s, deviation 0.4, in the buckets of the telemetry contract: p95 is 0.9655 s
  const bounds = [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3];
  const below = (seconds: number): number => normalCdf(Math.log(seconds / 0.5) / 0.4);
  const shares = [...bounds.map(below), 1];
  const counts = shares.map((share, index) => 1e6 * (share - (shares[index - 1] ?? 0)));
  const histogram: Histogram = { bounds, counts, sum: 5e5, count: 1e6 };
  const p95 = 0.5 * Math.exp(1.6448536269514722 * 0.4);
  const errorOf = (kind: "log" | "leaning"): number =>
    Math.abs((histogramQuantile(histogram, 0.95, kind) ?? 0) / p95 - 1);
  expect(errorOf("leaning")).toBeLessThan(0.01);
  expect(errorOf("leaning")).toBeLessThan(errorOf("log"));
  const above = (kind: "log" | "leaning"): number => (countAbove(histogram, 1.25, kind) ?? 0) / 1e6;
  const truth = 1 - below(1.25);
  expect(Math.abs(above("leaning") - truth)).toBeLessThan(Math.abs(above("log") - truth) / 2);
});

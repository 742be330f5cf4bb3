import { DURATION_BOUNDARIES_SECONDS, RATIO_BOUNDARIES } from "@trimtab/conventions";
import { expect, test } from "vitest";
import type { Histogram } from "../evidence/evidence.ts";
import { randomFromSeed } from "../statistics/random.ts";
import { addMoments, latencyUtility, momentsOf, utilityFrom, utilityOf } from "./objective.ts";

function histogramOf(values: readonly number[], bounds: readonly number[]): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  for (const value of values) {
    const index = bounds.findIndex((bound) => value <= bound);
    const bucket = index < 0 ? bounds.length : index;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { bounds, counts, sum: values.reduce((sum, value) => sum + value, 0), count: values.length };
}

test("success alone: 80 of 100, and a partial counts one half with its exact second moment", () => {
  const objective = { success: { weight: 1 } };
  const plain = utilityOf({ success: 80, failure: 20, partial: 0 }, objective);
  expect(plain?.mean).toBeCloseTo(0.8, 12);
  expect(plain?.variance).toBeCloseTo((0.16 * 100) / 99 / 100, 12);
  const halves = utilityOf({ success: 0, failure: 0, partial: 100 }, objective);
  expect(halves?.mean).toBe(0.5);
  // every call was worth exactly one half: only the floor of the variance is left
  expect(halves?.variance).toBeCloseTo(0.25 / 104 / 100, 12);
});

test("latency is 1 up to good, 0 from bad, and one half in the geometric middle", () => {
  const term = { weight: 1, goodSeconds: 0.1, badSeconds: 10 };
  expect([0.01, 0.1, 1, 10, 60].map((seconds) => latencyUtility(term, seconds))).toEqual([1, 1, 0.5, 0, 0]);
});

test("latency from buckets is close to latency from every single call", () => {
  const random = randomFromSeed("durations");
  const durations = Array.from({ length: 20_000 }, () => 0.4 * Math.exp(0.6 * random.gaussian()));
  const term = { weight: 1, goodSeconds: 0.2, badSeconds: 2 };
  const exact = durations.map((seconds) => latencyUtility(term, seconds));
  const mean = exact.reduce((sum, value) => sum + value, 0) / exact.length;
  const variance = exact.reduce((sum, value) => sum + (value - mean) ** 2, 0) / exact.length;
  const measured = utilityOf(
    { success: 20_000, failure: 0, partial: 0, duration: histogramOf(durations, DURATION_BOUNDARIES_SECONDS) },
    { latency: term },
  );
  expect(Math.abs((measured?.mean ?? 0) - mean)).toBeLessThan(0.005);
  expect(Math.abs((measured?.variance ?? 0) * 20_000 - variance)).toBeLessThan(0.003);
});

test("durations without buckets give the utility of their mean, and the largest variance it can have", () => {
  const duration = { bounds: [], counts: [], sum: 100, count: 100 };
  const utility = utilityOf(
    { success: 100, failure: 0, partial: 0, duration },
    { latency: { weight: 1, goodSeconds: 0.1, badSeconds: 10 } },
  );
  expect(utility?.mean).toBeCloseTo(0.5, 12);
  expect(utility?.variance).toBeCloseTo(0.25 / 99, 12);
});

test("quality: the mean is exact, the variance comes from buckets or, better, from squares", () => {
  const random = randomFromSeed("scores");
  const scores = Array.from({ length: 5000 }, () => 0.3 + 0.5 * random.uniform());
  const quality = histogramOf(scores, RATIO_BOUNDARIES);
  const squares = scores.reduce((sum, score) => sum + score * score, 0);
  const counts = { success: 5000, failure: 0, partial: 0 };
  const byBuckets = utilityOf({ ...counts, quality }, { quality: { weight: 1 } });
  const bySquares = utilityOf({ ...counts, quality: { ...quality, squares } }, { quality: { weight: 1 } });
  expect(byBuckets?.mean).toBe(quality.sum / 5000);
  // 0.25/12 is the variance of an even spread over one half
  for (const utility of [byBuckets, bySquares])
    expect(Math.abs((utility?.variance ?? 0) * 5000 - 0.25 / 12)).toBeLessThan(0.001);
});

test("an unscored call neither helps nor harms: the variance is that of the scored ones", () => {
  const quality = histogramOf([0.4, 0.6, 0.4, 0.6], RATIO_BOUNDARIES);
  const few = utilityOf({ success: 4, failure: 0, partial: 0, quality }, { quality: { weight: 1 } });
  const many = utilityOf({ success: 4000, failure: 0, partial: 0, quality }, { quality: { weight: 1 } });
  expect(many).toEqual(few);
  expect(few?.mean).toBeCloseTo(0.5, 12);
});

test("cost is 1 when free and 0 from the reference on", () => {
  const objective = { cost: { weight: 1, unit: "usd", reference: 0.01 } };
  const spending = (sum: number) =>
    utilityOf({ success: 100, failure: 0, partial: 0, cost: { usd: { sum } } }, objective)?.mean;
  expect([spending(0), spending(0.25), spending(5)]).toEqual([1, 0.75, 0]);
});

test("a part that was not measured makes the whole unknown, not zero", () => {
  const objective = { success: { weight: 0.5 }, quality: { weight: 0.5 } };
  expect(utilityOf({ success: 100, failure: 0, partial: 0 }, objective)).toBeUndefined();
  expect(utilityOf({ success: 0, failure: 0, partial: 0 }, { success: { weight: 1 } })).toBeUndefined();
  const inEuro = { success: 1, failure: 0, partial: 0, cost: { eur: { sum: 1 } } };
  expect(utilityOf(inEuro, { cost: { weight: 1, unit: "usd", reference: 1 } })).toBeUndefined();
});

test("moments add up, and a lucky window borrows the spread of the longer record", () => {
  const objective = { success: { weight: 1 } };
  const lucky = momentsOf({ success: 3, failure: 0, partial: 0 }, objective);
  const usual = momentsOf({ success: 800, failure: 200, partial: 0 }, objective);
  expect(addMoments(lucky, usual).success).toEqual({ count: 1003, sum: 803, squares: 803 });
  const alone = utilityFrom(lucky, objective)?.variance ?? 0;
  const informed = utilityFrom(lucky, objective, { own: addMoments(lucky, usual), typical: usual })?.variance ?? 0;
  expect(informed).toBeGreaterThan(alone);
  expect(informed).toBeCloseTo(0.16 / 3, 3);
});

/** The tests that may be read at any time, read at every time. */
import { expect, test } from "vitest";
import { confidenceSequence, tuningFor } from "./confidence-sequence.ts";
import { CUSUM_BOUND, cusumLevel, updateMeanCusum, updateShareCusum } from "./cusum.ts";
import { logEValue, logSavageDickey, posteriorOf, probabilityAbove } from "./e-value.ts";
import { randomFromSeed } from "./random.ts";

const RUNS = 1000;
const LOOKS = 300;

/** The share of runs in which the alarm is ever raised, when the difference has this mean and this variance per look. */
function everRaised(mean: number, variance: number, isRaised: (score: number, information: number) => boolean): number {
  const random = randomFromSeed(`looks ${mean} ${variance}`);
  let raised = 0;
  for (let run = 0; run < RUNS; run++) {
    let score = 0;
    let information = 0;
    for (let look = 0; look < LOOKS; look++) {
      score += (mean + Math.sqrt(variance) * random.gaussian()) / variance;
      information += 1 / variance;
      if (isRaised(score, information)) {
        raised += 1;
        break;
      }
    }
  }
  return raised / RUNS;
}

test("an e-value that is read 300 times is wrong in no more than 5 % of the runs", () => {
  const share = everRaised(0, 0.01, (score, information) => logEValue({ score, information }, 0.1) >= Math.log(20));
  // a true share of 0.05 has standard error 0.0069: 0.08 is 4.3 of those, missed once in 100,000 seeds
  expect(share).toBeLessThan(0.08);
  expect(share).toBeGreaterThan(0); // a test that never speaks would pass the line above
});

test("a z-test that is read as often is wrong in far more: this is why", () => {
  expect(everRaised(0, 0.01, (score, information) => score / Math.sqrt(information) > 1.645)).toBeGreaterThan(0.25);
});

test("a difference of one deviation of a look is found within 300 looks", () => {
  expect(
    everRaised(0.1, 0.01, (score, information) => logEValue({ score, information }, 0.1) >= Math.log(20)),
  ).toBeGreaterThan(0.999);
});

test("the confidence sequence holds the truth at all 300 looks together in 95 % of the runs", () => {
  const tuning = tuningFor(100 / 0.01, 0.05);
  const missed = everRaised(0.03, 0.01, (score, information) => {
    const { lower, upper } = confidenceSequence({ score, information }, tuning, 0.05);
    return lower > 0.03 || upper < 0.03;
  });
  expect(missed).toBeLessThan(0.08); // as above
});

test("the confidence sequence is the published formula", () => {
  // V = 100, ρ² = 0.05, α = 0.05: half = √(6/(10,000·0.05) · ln(6/0.0025))
  const { estimate, upper } = confidenceSequence({ score: 20, information: 100 }, 0.05, 0.05);
  expect(estimate).toBeCloseTo(0.2, 12);
  expect(upper - estimate).toBeCloseTo(Math.sqrt(0.012 * Math.log(2400)), 12);
  expect(confidenceSequence({ score: 0, information: 0 }, 0.05, 0.05).upper).toBe(Number.POSITIVE_INFINITY);
});

test("both forms of the e-value agree where the posterior comes from the same sums", () => {
  const sums = { score: 40, information: 500 };
  const { mean, deviation } = posteriorOf(sums, 0.1);
  expect(logSavageDickey(mean, deviation, 0.1)).toBeCloseTo(logEValue(sums, 0.1), 10);
  expect(probabilityAbove(0, mean, deviation)).toBeCloseTo(0.9488, 4);
});

test("at its limit a success rate raises an alarm less than once in 200 cycles, and 12 points below it within a few", () => {
  const random = randomFromSeed("cusum");
  const cyclesToAlarm = (rate: number, most: number): number => {
    let sums: number[] = [0, 0, 0];
    for (let cycle = 1; cycle <= most; cycle++) {
      let good = 0;
      for (let call = 0; call < 40; call++) if (random.uniform() < rate) good += 1;
      sums = updateShareCusum(sums, good, 40 - good, 0.9, [0.86, 0.78, 0.6]);
      if (cusumLevel(sums) > CUSUM_BOUND) return cycle;
    }
    return most;
  };
  const mean = (rate: number, most: number): number =>
    Array.from({ length: 60 }, () => cyclesToAlarm(rate, most)).reduce((a, b) => a + b) / 60;
  // the bound on the mean is 200, met with room by this detector: 60 runs cut at 2,000 cycles lie near 1,000, deviation about 100
  expect(mean(0.9, 2000)).toBeGreaterThan(400);
  expect(mean(0.78, 2000)).toBeLessThan(6);
  expect(mean(0.5, 2000)).toBeLessThan(2.5);
});

test("a cusum forgets a good past at once", () => {
  let sums: number[] = [];
  for (let cycle = 0; cycle < 1000; cycle++) sums = updateMeanCusum(sums, 0.05, 0.001, [-0.02, -0.06, -0.2]);
  expect(cusumLevel(sums)).toBe(0);
  for (let cycle = 0; cycle < 4; cycle++) sums = updateMeanCusum(sums, -0.06, 0.001, [-0.02, -0.06, -0.2]);
  expect(cusumLevel(sums)).toBeCloseTo((4 * 0.06 * 0.03) / 0.001, 9);
});

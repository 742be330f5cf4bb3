import { expect, test } from "vitest";
import { randomFromSeed } from "../statistics/random.ts";
import { trendSlope } from "./trend-slope.ts";

function days(count: number, perDay: number, seed: string): { day: number; value: number }[] {
  const random = randomFromSeed(seed);
  return Array.from({ length: count }, (_, day) => ({ day, value: 0.5 + perDay * day + 0.02 * random.gaussian() }));
}

test("a measure that rises for half a year rises, by as much", () => {
  const slope = trendSlope(days(180, 0.0005, "rise"));
  expect(slope?.direction).toBe("rising");
  // Standard error of a slope over 180 days with a noise of 0.02: 0.02 · √(12 / 180³) = 0.00003; five of these.
  expect(Math.abs((slope?.perDay ?? 0) - 0.0005)).toBeLessThan(0.00015);
});

test("what only shakes is steady in 99 of 100 cases", () => {
  const steady = Array.from({ length: 300 }, (_, run) => trendSlope(days(60, 0, `steady-${run}`))?.direction).filter(
    (direction) => direction === "steady",
  ).length;
  // 300 runs at 99 %: 297 with a standard deviation of 1.7. 287 is 5.8 of them below.
  expect(steady).toBeGreaterThanOrEqual(287);
});

test("a few wild days change no direction", () => {
  const falling = days(90, -0.001, "fall").map((point) => (point.day % 13 === 0 ? { ...point, value: 9 } : point));
  expect(trendSlope(falling)?.direction).toBe("falling");
});

test("before two weeks nothing is told, and a day twice is no slope", () => {
  expect(trendSlope(days(13, 0.01, "short"))).toBeUndefined();
  expect(trendSlope(Array.from({ length: 20 }, () => ({ day: 3, value: 1 })))).toBeUndefined();
});

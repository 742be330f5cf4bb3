import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backOffMilliseconds, nextDue, passTimes } from "./cycle-times.ts";

describe("when passes are due", () => {
  test("three operations of one interval ask one after the other, evenly spread", () => {
    const times = [0, 1, 2].map((place) => passTimes(30_000, 5_000, { place, of: 3 }));
    expect(times.map((time) => time.offsetMilliseconds)).toEqual([5_500, 15_500, 25_500]);
    expect(times.map((time) => nextDue(time, 900_000))).toEqual([905_500, 915_500, 925_500]);
  });

  test("an interval is rounded up to whole steps of the grid", () => {
    expect(passTimes(1_000, 15_000, { place: 0, of: 1 }).intervalMilliseconds).toBe(15_000);
    expect(passTimes(31_000, 15_000, { place: 0, of: 1 }).intervalMilliseconds).toBe(45_000);
    expect(passTimes(30_000, 15_000, { place: 0, of: 1 }).intervalMilliseconds).toBe(30_000);
  });

  test("a pass is due every interval, after now, and a tenth of a step away from the grid", () => {
    const input = fc.record({
      interval: fc.integer({ min: 1_000, max: 3_600_000 }),
      grid: fc.integer({ min: 1, max: 120 }).map((seconds) => seconds * 1_000),
      of: fc.integer({ min: 1, max: 500 }),
      place: fc.nat({ max: 499 }),
      now: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    });
    fc.assert(
      fc.property(input, ({ interval, grid, of, place, now }) => {
        const times = passTimes(interval, grid, { place: place % of, of });
        expect(times.offsetMilliseconds).toBeGreaterThanOrEqual(0);
        expect(times.offsetMilliseconds).toBeLessThan(times.intervalMilliseconds);
        const due = nextDue(times, now);
        expect(due).toBeGreaterThan(now);
        expect(due - now).toBeLessThanOrEqual(times.intervalMilliseconds);
        expect(nextDue(times, due)).toBe(due + times.intervalMilliseconds);
        expect(due % grid).toBeGreaterThanOrEqual(grid / 10 - 1);
        expect(due % grid).toBeLessThanOrEqual((grid * 9) / 10);
      }),
    );
  });
});

test("after a failure an operation waits one to two intervals", () => {
  expect(backOffMilliseconds(1_000, 0)).toBe(2_000);
  expect(backOffMilliseconds(1_000, 0.5)).toBe(1_500);
  expect(backOffMilliseconds(1_000, 1)).toBe(1_000);
});

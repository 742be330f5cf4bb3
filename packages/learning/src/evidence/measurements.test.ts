import { expect, test } from "vitest";
import type { Measurements } from "./evidence.ts";
import { addMeasurements, measurementsProblem, successRateOf } from "./measurements.ts";

const SOUND: Measurements = {
  success: 2,
  failure: 1,
  partial: 1,
  duration: { bounds: [1], counts: [3, 1], sum: 4, count: 4, squares: 9 },
  quality: { bounds: [0.5, 1], counts: [1, 1, 0], sum: 1.2, count: 2 },
  cost: { usd: { sum: 1 } },
};

test("a partial counts one half of a success", () => {
  expect(successRateOf(SOUND)).toBe(0.625);
  expect(successRateOf({ success: 0, failure: 0, partial: 0 })).toBeUndefined();
});

test("windows add up, squares only where both have them", () => {
  const sum = addMeasurements(SOUND, { ...SOUND, duration: { bounds: [1], counts: [1, 0], sum: 1, count: 1 } });
  expect(sum.success).toBe(4);
  expect(sum.duration).toEqual({ bounds: [1], counts: [4, 1], sum: 5, count: 5 });
  expect(sum.cost).toEqual({ usd: { sum: 2 } });
});

test("counts under other bounds are not added: the newer ones stay", () => {
  const newer = { bounds: [1, 2], counts: [5, 5, 0], sum: 9, count: 10 };
  expect(addMeasurements(SOUND, { ...SOUND, duration: newer }).duration).toBe(newer);
});

test.each<[string, Partial<Measurements>]>([
  ["NaN calls", { success: Number.NaN }],
  ["negative calls", { failure: -1 }],
  ["infinitely many calls", { partial: Number.POSITIVE_INFINITY }],
  ["a NaN in a bucket", { duration: { bounds: [1], counts: [1, Number.NaN], sum: 1, count: 1 } }],
  ["a negative sum", { duration: { bounds: [1], counts: [1, 0], sum: -1, count: 1 } }],
  ["buckets that do not fit the bounds", { duration: { bounds: [1, 2], counts: [1, 0], sum: 1, count: 1 } }],
  ["bounds out of order", { duration: { bounds: [2, 1], counts: [1, 0, 0], sum: 1, count: 1 } }],
  ["NaN squares", { duration: { bounds: [1], counts: [1, 0], sum: 1, count: 1, squares: Number.NaN } }],
  ["scores above 1", { quality: { bounds: [1], counts: [1, 1], sum: 9, count: 2 } }],
  ["a negative cost", { cost: { usd: { sum: -0.1 } } }],
])("%s are nobody's measurement", (_, wrong) => {
  expect(measurementsProblem(SOUND)).toBeUndefined();
  expect(measurementsProblem({ ...SOUND, ...wrong })).toBeTypeOf("string");
});

import { expect, test } from "vitest";
import { summarize } from "./performance-summary.ts";

test("two variants together: totals, rates, durations and quality", () => {
  const summary = summarize([
    {
      success: 60,
      failure: 10,
      partial: 10,
      duration: { bounds: [0.1, 1], counts: [40, 40, 0], sum: 20, count: 80 },
      quality: { bounds: [0.5, 1], counts: [10, 10, 0], sum: 12, count: 20 },
      cost: { usd: { sum: 3 } },
    },
    {
      success: 20,
      failure: 0,
      partial: 0,
      duration: { bounds: [0.1, 1], counts: [10, 10, 0], sum: 5, count: 20 },
      cost: { usd: { sum: 1 } },
    },
  ]);
  expect(summary.total).toBe(100);
  expect(summary.byOutcome).toEqual({ success: 80, failure: 10, partial: 10 });
  expect(summary.successRate).toEqual({ kind: "value", value: 0.85 });
  expect(summary.meanDurationSeconds).toEqual({ kind: "value", value: 0.25 });
  expect(summary.p50DurationSeconds).toEqual({ kind: "value", value: 0.1 });
  expect(summary.p95DurationSeconds).toEqual({ kind: "value", value: 0.91 });
  expect(summary.meanQuality).toEqual({ kind: "value", value: 0.6 });
  expect(summary.scored).toBe(20);
  expect(summary.cost).toEqual({ usd: { sum: 4, mean: { kind: "value", value: 0.04 } } });
});

test("nothing measured is no data everywhere, never 0", () => {
  const summary = summarize([]);
  expect(summary.total).toBe(0);
  for (const reading of [
    summary.successRate,
    summary.meanDurationSeconds,
    summary.p95DurationSeconds,
    summary.meanQuality,
  ]) {
    expect(reading.kind).toBe("no-data");
  }
});

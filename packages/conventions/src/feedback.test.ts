import { describe, expect, test } from "vitest";
import { feedbackScore } from "./feedback.ts";

describe("the score of feedback", () => {
  test("is a fifth of a rating, so that the best is 1 and the worst 0.2", () => {
    expect([1, 2, 3, 4, 5].map((rating) => feedbackScore({ rating }))).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });

  test("is what an error rate leaves", () => {
    expect(feedbackScore({ errorRate: 0.25 })).toBe(0.75);
  });

  test.each([
    { rating: 0 },
    { rating: 6 },
    { rating: Number.NaN },
    { score: 1.1 },
    { score: -0.1 },
    { errorRate: 2 },
    {},
  ])("is unknown for %j", (item) => {
    expect(feedbackScore(item)).toBeUndefined();
  });
});

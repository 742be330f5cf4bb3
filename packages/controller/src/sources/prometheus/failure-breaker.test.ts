import { expect, test } from "vitest";
import { createFailureBreaker } from "./failure-breaker.ts";

test("two failures change nothing; the third stops the questions for a second", () => {
  const breaker = createFailureBreaker({ random: () => 0 });
  breaker.failed(0);
  breaker.failed(0);
  expect(breaker.isOpen(0)).toBe(false);
  breaker.failed(0);
  expect(breaker.isOpen(0)).toBe(true);
  expect(breaker.isOpen(999)).toBe(true);
  expect(breaker.remainingMilliseconds(400)).toBe(600);
});

test("after the pause one question goes out; while it is under way no other does", () => {
  const breaker = createFailureBreaker({ random: () => 0 });
  for (let failure = 0; failure < 3; failure++) breaker.failed(0);
  expect(breaker.isOpen(1_000)).toBe(false);
  expect(breaker.isOpen(1_000)).toBe(true);
  breaker.succeeded();
  expect([breaker.isOpen(1_001), breaker.isOpen(1_001), breaker.failures]).toEqual([false, false, 0]);
});

test("each failed probe doubles the pause, up to a minute", () => {
  const breaker = createFailureBreaker({ random: () => 0 });
  for (let failure = 0; failure < 3; failure++) breaker.failed(0);
  const pauses: number[] = [];
  for (let now = 1_000; pauses.length < 8; ) {
    expect(breaker.isOpen(now)).toBe(false);
    breaker.failed(now);
    pauses.push(breaker.remainingMilliseconds(now));
    now += breaker.remainingMilliseconds(now);
  }
  expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("a pause is never longer than the longest, up to a quarter shorter by chance, and a clock that is set back does not draw it out", () => {
  const breaker = createFailureBreaker({ longestPauseMilliseconds: 1_500, random: () => 0.5 });
  for (let failure = 0; failure < 8; failure++) breaker.failed(100_000);
  expect(breaker.remainingMilliseconds(100_000)).toBe(1_312.5);
  expect(breaker.isOpen(100_000)).toBe(true);
  expect(breaker.isOpen(40_000)).toBe(false);
});

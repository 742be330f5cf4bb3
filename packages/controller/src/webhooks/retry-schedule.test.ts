import fc from "fast-check";
import { expect, test } from "vitest";
import { afterAttempt } from "./retry-schedule.ts";

const DAY = 86_400_000;
const at = { now: 1_000_000, retryForMilliseconds: DAY, chance: 0 };
const delivery = (attempts: number, waitingSince = at.now) => ({ attempts, waitingSince });
const answered = (status: number, retryAfter?: string) => ({ kind: "answered", status, retryAfter }) as const;
const failed = { kind: "failed", problem: "ECONNREFUSED" } as const;

test("any 2xx is a delivery; a redirect is not followed and counts as a failure", () => {
  expect(afterAttempt(delivery(0), answered(204), at).status).toBe("delivered");
  expect(afterAttempt(delivery(0), answered(302), at)).toMatchObject({ status: "waiting", answer: "HTTP 302" });
});

test("waits double from 1 s to 5 min", () => {
  const waits = [0, 1, 2, 3, 8, 9, 60].map((n) => afterAttempt(delivery(n), failed, at).nextAttemptAt - at.now);
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
});

test("chance takes off at most one half", () => {
  fc.assert(
    fc.property(fc.nat(40), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, chance) => {
      const full = afterAttempt(delivery(attempts), failed, at).nextAttemptAt - at.now;
      const wait = afterAttempt(delivery(attempts), failed, { ...at, chance }).nextAttemptAt - at.now;
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full);
    }),
  );
});

test("a target that says when to come back is believed, up to an hour", () => {
  const wait = (retryAfter: string): number =>
    afterAttempt(delivery(0), answered(429, retryAfter), at).nextAttemptAt - at.now;
  expect(wait("120")).toBe(120_000);
  expect(wait(new Date(at.now + 60_000).toUTCString())).toBe(60_000);
  expect(wait("999999")).toBe(3_600_000);
  expect(wait("soon")).toBe(1_000);
});

test("a notice that the target refuses gets five attempts; one that it may take later, or a target that is away, a day", () => {
  expect(afterAttempt(delivery(3), answered(400), at).status).toBe("waiting");
  expect(afterAttempt(delivery(4), answered(400), at).status).toBe("dead");
  for (const outcome of [answered(429), answered(503), failed])
    expect(afterAttempt(delivery(100), outcome, at).status).toBe("waiting");
  expect(afterAttempt(delivery(100, at.now - DAY), failed, at).status).toBe("dead");
});

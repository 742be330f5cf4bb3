import { describe, expect, test } from "vitest";
import { type DocumentAge, exploreFor, exploringLeft, trustIn } from "./last-known-good.ts";

const minute = 60_000;
const times = { issuedAt: "2026-11-20T10:00:00Z", exploreUntil: "2026-11-20T10:05:00Z" };
const at = (text: string): number => Date.parse(`2026-11-20T${text}Z`);

describe("trust in a document", () => {
  const age: DocumentAge = { confirmedAt: 0, exploringEndsAt: 3 * minute, exploreForMilliseconds: 5 * minute };

  test("with challengers ends when their time does, however often it is confirmed", () => {
    expect(trustIn(age, true, 3 * minute)).toBe("fresh");
    expect(trustIn({ ...age, confirmedAt: 3 * minute }, true, 3 * minute + 1)).toBe("last_known_good");
  });

  test("without challengers ends when it was not confirmed for as long as it allowed exploring", () => {
    expect(trustIn(age, false, 5 * minute)).toBe("fresh");
    expect(trustIn(age, false, 5 * minute + 1)).toBe("last_known_good");
    expect(trustIn({ ...age, confirmedAt: 60 * minute }, false, 61 * minute)).toBe("fresh");
  });

  test("is that of last known good for one from disk that nobody confirmed", () => {
    expect(trustIn({ ...age, confirmedAt: undefined }, false, 0)).toBe("last_known_good");
  });
});

describe("the time to explore", () => {
  test("is a difference of the controller's own times", () => {
    expect(exploreFor(times)).toBe(5 * minute);
    expect(exploreFor({ issuedAt: times.exploreUntil, exploreUntil: times.issuedAt })).toBe(0);
  });

  test("is what is left of it by the controller's clock", () => {
    expect(exploringLeft(times, at("10:03:00"))).toBe(2 * minute);
    expect(exploringLeft(times, at("10:06:00"))).toBe(0);
  });

  test("is never longer than the whole, whatever a clock or a cache says", () => {
    expect(exploringLeft(times, at("09:00:00"))).toBe(5 * minute);
    expect(exploringLeft(times, undefined)).toBe(5 * minute);
  });
});

import { expect, test } from "vitest";
import { exploreFor, trustIn } from "./last-known-good.ts";

test("a document is fresh until exploring is over, counted from the last confirmation", () => {
  const held = { confirmedAt: 1000, exploreForMilliseconds: 300_000 };
  expect(trustIn(held, 1000)).toBe("fresh");
  expect(trustIn(held, 301_000)).toBe("fresh");
  expect(trustIn(held, 301_001)).toBe("last_known_good");
});

test("a document from disk that nobody confirmed is last known good", () => {
  expect(trustIn({ confirmedAt: undefined, exploreForMilliseconds: 300_000 }, 0)).toBe("last_known_good");
});

test("the time for exploring is a difference of the controller's own times, so no clock of ours matters", () => {
  expect(exploreFor({ issuedAt: "2001-01-01T00:00:00Z", exploreUntil: "2001-01-01T00:05:00Z" })).toBe(300_000);
  expect(exploreFor({ issuedAt: "2001-01-01T00:05:00Z", exploreUntil: "2001-01-01T00:00:00Z" })).toBe(0);
});

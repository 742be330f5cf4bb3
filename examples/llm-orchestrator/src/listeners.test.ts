import { expect, test } from "vitest";
import { Listeners, type Rating } from "./listeners.ts";
import { draws } from "./stand-in/seeded.ts";

function listenersOf(give: (resultId: string, rating: Rating) => Promise<unknown>): Listeners {
  return new Listeners("run-1", draws(3), give);
}

test("each song that is to be rated is rated once, each tenth form sent twice under its key", async () => {
  const given: { resultId: string; rating: Rating }[] = [];
  const listeners = listenersOf(async (resultId, rating) => given.push({ resultId, rating }));
  for (let song = 0; song < 25; song++) listeners.rateLater(`song-${song}`, song / 25);
  expect(given).toEqual([]);
  await listeners.giveAll();
  expect(listeners.counts).toEqual({ ratings: 25, ratingsRepeated: 2, ratingsRun: "run-1" });
  expect(given).toHaveLength(27);
  expect(new Set(given.map(({ rating }) => rating.key)).size).toBe(25);
  expect(new Set(given.map(({ resultId }) => resultId)).size).toBe(25);
  for (const { rating } of given) expect([1, 2, 3, 4, 5]).toContain(rating.rating);
});

test("better songs have better ratings on average", async () => {
  const sums = { good: 0, bad: 0 };
  const listeners = listenersOf(async (resultId, { rating }) => (sums[resultId as "good" | "bad"] += rating));
  for (let song = 0; song < 100; song++) {
    listeners.rateLater("good", 0.9);
    listeners.rateLater("bad", 0.3);
  }
  await listeners.giveAll();
  expect(sums.good - sums.bad).toBeGreaterThan(150);
});

test("a rating that is refused is told, and stops no other", async () => {
  const listeners = listenersOf(() => Promise.reject(new Error("no room")));
  listeners.rateLater("one", 0.5);
  listeners.rateLater("two", 0.5);
  await listeners.giveAll();
  expect(listeners.refusal).toBe("no room");
  expect(listeners.counts.ratings).toBe(2);
});

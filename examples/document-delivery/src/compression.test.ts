import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ALGORITHMS, compress, decompress, LEVELS, savedRatio } from "./compression.ts";

const sentence = Buffer.from("The trim tab is the small surface that moves the large rudder. ".repeat(500));

test.each(ALGORITHMS)("%s: every level makes the text smaller and gives it back to the byte", async (algorithm) => {
  for (let level = LEVELS.min; level <= LEVELS.max; level++) {
    const compressed = await compress(algorithm, level, sentence);
    expect(compressed.length).toBeLessThan(sentence.length / 10);
    expect((await decompress(algorithm, compressed)).equals(sentence)).toBe(true);
  }
});

test.each(ALGORITHMS)("%s: what cannot be compressed comes back too, and saves nothing", async (algorithm) => {
  const noise = randomBytes(50_000);
  const compressed = await compress(algorithm, 1, noise);
  expect((await decompress(algorithm, compressed)).equals(noise)).toBe(true);
  expect(savedRatio(noise.length, compressed.length)).toBe(0);
});

test.each(ALGORITHMS)("%s: an empty document stays empty", async (algorithm) => {
  expect(await decompress(algorithm, await compress(algorithm, 6, Buffer.alloc(0)))).toHaveLength(0);
});

test("the saved share is 0 to 1, and growth is 0", () => {
  expect(savedRatio(1000, 250)).toBe(0.75);
  expect(savedRatio(1000, 1018)).toBe(0);
  expect(savedRatio(0, 20)).toBe(0);
});

import { describe, expect, test } from "vitest";
import { scoreLyrics } from "./score-lyrics.ts";

const ORDER = { theme: "harbour", lines: 4 };
const GOOD = `We left the harbour in the night,
And steered towards another light.
The harbour bells rang in the rain,
And no one came back home again.`;

test("a song that keeps to everything that was asked for has 1", () => {
  expect(scoreLyrics(GOOD, ORDER)).toEqual({ rhyme: 1, freshness: 1, theme: 1, completeness: 1, total: 1 });
});

test("headings are no lines", () => {
  expect(scoreLyrics(`[Verse 1]\n${GOOD}\n\n# end`, ORDER).total).toBe(1);
});

describe("each part falls by itself", () => {
  test("one couplet of two that does not rhyme takes half of 0.4", () => {
    const score = scoreLyrics(GOOD.replace("another light", "another table"), ORDER);
    expect(score).toMatchObject({ rhyme: 0.5, freshness: 1, theme: 1, completeness: 1 });
    expect(score.total).toBeCloseTo(0.8, 12);
  });

  test("a stock phrase in one couplet takes half of 0.3", () => {
    expect(scoreLyrics(GOOD.replace("We left", "Baby yeah, we left"), ORDER).total).toBeCloseTo(0.85, 12);
  });

  test("a line that was there before is not fresh", () => {
    const [first = "", second = ""] = GOOD.split("\n");
    expect(scoreLyrics([first, second, first, second].join("\n"), ORDER).freshness).toBe(0.5);
  });

  test("a couplet that does not name the theme takes half of 0.2", () => {
    expect(scoreLyrics(GOOD.replace("The harbour bells", "The bells"), ORDER).total).toBeCloseTo(0.9, 12);
  });

  test("half of the lines take half of 0.1, and more than asked for give no more than 1", () => {
    const half = GOOD.split("\n").slice(0, 2).join("\n");
    expect(scoreLyrics(half, ORDER).total).toBeCloseTo(0.95, 12);
    expect(scoreLyrics(GOOD, { ...ORDER, lines: 2 }).completeness).toBe(1);
  });
});

test.each([
  ["night", "light", true],
  ["stone", "alone", true],
  ["rain", "plane", true],
  ["Sky!", "fly", true],
  ["night", "night", false],
  ["table", "window", false],
  ["winter", "summer", true], // by spelling; a person would disagree
])("%s and %s rhyme: %s", (one, other, rhymes) => {
  expect(scoreLyrics(`The ${one}\nThe ${other}`, ORDER).rhyme).toBe(rhymes ? 1 : 0);
});

test.each(["", "\n\n", "only one line", "[Verse]"])("%o is no song", (text) => {
  expect(scoreLyrics(text, ORDER).total).toBe(0);
});

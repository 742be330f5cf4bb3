import { describe, expect, test } from "vitest";
import { scoreLyrics } from "../score-lyrics.ts";
import { STAND_IN_PROVIDERS } from "./catalogue.ts";
import type { PromptStyle } from "./prompt-reader.ts";
import { qualityOf } from "./quality-surface.ts";
import { draws } from "./seeded.ts";
import { writeSong } from "./songwriter.ts";

const MODELS = Object.values(STAND_IN_PROVIDERS).flatMap(({ models }) => Object.keys(models));
const STYLES: readonly PromptStyle[] = ["plain", "structured", "example"];
const BEST: Readonly<Record<string, number>> = { rock: 0.9, rap: 1.1, lullaby: 0.5, folk: 0.7 };
const GENRES = Object.keys(BEST);
const BASE = { model: "aurora-large", style: "plain", temperature: 0.7 } as const;

describe.each(GENRES)("the quality of %s", (genre) => {
  test("is best at one temperature, and falls with each step away from it", () => {
    const best = BEST[genre] ?? Number.NaN;
    for (const model of MODELS) {
      for (const style of STYLES) {
        const at = (temperature: number): number => qualityOf({ genre, model, style, temperature });
        for (const step of [0.1, 0.2, 0.3]) {
          expect(at(best + step)).toBeLessThan(at(best + step - 0.1));
          expect(at(best - step)).toBeLessThan(at(best - step + 0.1));
        }
      }
    }
  });

  test("lies between 0 and 1 whatever is asked", () => {
    for (const model of [...MODELS, "unknown"]) {
      for (const temperature of [0, 2]) {
        const quality = qualityOf({ genre, model, style: "plain", temperature });
        expect(quality).toBeGreaterThan(0);
        expect(quality).toBeLessThan(1);
      }
    }
  });
});

test("there is much to gain over the base values in three genres, and nothing in the fourth", () => {
  const gain = (genre: string): number => {
    const settings = MODELS.flatMap((model) =>
      STYLES.flatMap((style) => [0.3, 0.5, 0.7, 0.9, 1.1, 1.3].map((temperature) => ({ model, style, temperature }))),
    );
    const best = Math.max(...settings.map((setting) => qualityOf({ genre, ...setting })));
    return best - qualityOf({ genre, ...BASE });
  };
  expect(GENRES.filter((genre) => gain(genre) > 0.15)).toEqual(["rock", "rap", "lullaby"]);
  expect(gain("folk")).toBe(0);
});

test("the mean score of songs rises with the quality that they were written by", () => {
  const theme = "harbour";
  const means = [0.1, 0.3, 0.5, 0.7, 0.9].map((quality) => {
    const scores = Array.from({ length: 400 }, (_, index) => {
      const song = writeSong({ quality, theme, lines: 12, withParts: index % 2 === 0 }, draws(1, "song", index));
      return scoreLyrics(song.join("\n"), { theme, lines: 12 }).total;
    });
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
  // A song's score deviates by at most 0.12, the mean of 400 by 0.006; 0.03 is five of those.
  for (const [index, mean] of means.entries()) {
    expect(Math.abs(mean - (0.1 + 0.9 * (0.1 + index * 0.2)))).toBeLessThan(0.03);
  }
});

import { randomFrom } from "@trimtab/example-artist-builder/random";
import { expect, test } from "vitest";
import { AUDIENCES, type Audience, TEMPLATES } from "./content.ts";
import { plainGenerator } from "./plain-generator.ts";
import { ARTIST } from "./sample-post.test.support.ts";
import { textQuality } from "./text-quality.ts";

test.each([
  ["press", "Ada Birch plays on Friday.", "What do you think?"],
  ["newcomers", "Who is Ada Birch?", "Rain on the window."],
  ["fans", "Rain on the window, dust in the light.", "Ada Birch plays on Friday."],
] as const)("for %s, %j is better than %j", (audience, better, worse) => {
  expect(textQuality(better, audience, ARTIST)).toBeGreaterThan(textQuality(worse, audience, ARTIST) + 0.1);
});

test("worn words cost, and quality stays between 0 and 1", () => {
  const worn = textQuality("Amazing! Huge! Thrilled!", "fans", ARTIST);
  expect(worn).toBeLessThan(textQuality("Tea. Bread. Salt.", "fans", ARTIST));
  expect(worn).toBeGreaterThanOrEqual(0);
  expect(textQuality("", "press", ARTIST)).toBeLessThanOrEqual(1);
});

test("each audience has a template of its own that is best on average, and more drafts are better", async () => {
  const mean = async (audience: Audience, template: (typeof TEMPLATES)[number], drafts: number): Promise<number> => {
    const generate = plainGenerator(randomFrom(5));
    let sum = 0;
    for (let post = 0; post < 300; post++) {
      const texts = await Promise.all(
        Array.from({ length: drafts }, () => generate({ template, strategy: "news", artist: ARTIST })),
      );
      sum += Math.max(...texts.map(({ text }) => textQuality(text, audience, ARTIST)));
    }
    return sum / 300;
  };
  const best = await Promise.all(
    AUDIENCES.map(async (audience) => {
      const means = await Promise.all(TEMPLATES.map((template) => mean(audience, template, 1)));
      return TEMPLATES[means.indexOf(Math.max(...means))];
    }),
  );
  expect(best).toEqual(["scene", "question", "announcement"]);
  expect(await mean("press", "announcement", 4)).toBeGreaterThan((await mean("press", "announcement", 1)) + 0.05);
});

import { describe, expect, test } from "vitest";
import { CORRECTIONS, type Correction, correct, keptOf } from "./corrections.ts";
import type { ArtistProfile } from "./profile.ts";
import { type RuleName, type RuleSettings, validateProfile } from "./validation-rules.ts";

const STRICT: RuleSettings = { bio_length: "strict", distinct_name: "strict", genre_match: "strict" };
const BROKEN: ArtistProfile = {
  name: "Vesper Dunn",
  artistType: "folk",
  genres: ["ballads", "grime"],
  bio: "Plays every show without a set list. ".repeat(8).trim(),
  tone: "warm",
  postsPerWeek: 7,
};

/** Does it help, and how much of the artist's own is left? */
function outcome(correction: Correction, rule: RuleName): { readonly helps: boolean; readonly kept: number } {
  const corrected = correct(correction, BROKEN, rule, STRICT);
  const helps = !validateProfile(corrected, STRICT).some((problem) => problem.rule === rule);
  return { helps, kept: keptOf(BROKEN, corrected, rule) };
}

describe("corrections", () => {
  test.each([
    ["bio_length", "shorten"],
    ["distinct_name", "extend"],
    ["genre_match", "shorten"],
  ] as const)("of %s: %s helps and keeps the most", (rule, best) => {
    const helping = CORRECTIONS.filter((each) => outcome(each, rule).helps);
    expect(helping).toContain("replace"); // the base value always helps, and keeps the least
    expect(helping).toContain(best);
    for (const other of helping.filter((each) => each !== best))
      expect(outcome(best, rule).kept).toBeGreaterThan(outcome(other, rule).kept);
  });

  test("some do not help, and then another one is needed", () => {
    expect(outcome("extend", "bio_length").helps).toBe(false);
    expect(outcome("shorten", "distinct_name").helps).toBe(false);
    expect(outcome("extend", "genre_match").helps).toBe(false);
  });

  test("whole sentences are kept, and a first sentence that does not fit is left as it is", () => {
    expect(correct("shorten", BROKEN, "bio_length", STRICT).bio).toBe(
      "Plays every show without a set list. ".repeat(4).trim(),
    );
    const long = { ...BROKEN, bio: `${"x".repeat(300)}.` };
    expect(correct("shorten", long, "bio_length", STRICT).bio).toBe(long.bio);
  });

  test("a rule that is off corrects nothing", () => {
    expect(correct("replace", BROKEN, "bio_length", { ...STRICT, bio_length: "off" })).toBe(BROKEN);
  });
});

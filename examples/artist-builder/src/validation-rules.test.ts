import { describe, expect, test } from "vitest";
import type { ArtistProfile } from "./profile.ts";
import { LONGEST_BIO, RULES, type RuleSettings, validateProfile } from "./validation-rules.ts";

const OFF: RuleSettings = { bio_length: "off", distinct_name: "off", genre_match: "off" };
const profile = (changes: Partial<ArtistProfile>): ArtistProfile => ({
  name: "Ada Birch",
  artistType: "folk",
  genres: ["folk"],
  bio: "Sings at the market.",
  tone: "warm",
  postsPerWeek: 7,
  ...changes,
});
const brokenBy = (given: ArtistProfile, settings: Partial<RuleSettings>): string[] =>
  validateProfile(given, { ...OFF, ...settings }).map(({ rule }) => rule);

describe("each rule by itself", () => {
  test.each([
    ["bio_length", { bio: "x".repeat(LONGEST_BIO.strict + 1) }, [], ["bio_length"]],
    ["bio_length", { bio: "x".repeat(LONGEST_BIO.lenient + 1) }, ["bio_length"], ["bio_length"]],
    ["bio_length", { bio: "x".repeat(LONGEST_BIO.strict) }, [], []],
    ["distinct_name", { name: "vesper-lane" }, ["distinct_name"], ["distinct_name"]],
    ["distinct_name", { name: "Vesper Hale" }, [], ["distinct_name"]],
    ["distinct_name", { name: "The Ada" }, [], []],
    ["genre_match", { genres: ["folk", "rap"] }, [], ["genre_match"]],
    ["genre_match", { genres: ["rap"] }, ["genre_match"], ["genre_match"]],
  ] as const)("%s of %j", (rule, changes, lenient, strict) => {
    const given = profile(changes);
    expect(brokenBy(given, { [rule]: "lenient" })).toEqual(lenient);
    expect(brokenBy(given, { [rule]: "strict" })).toEqual(strict);
    expect(brokenBy(given, {})).toEqual([]);
  });

  test("says what is wrong and with which value, for every rule that is broken", () => {
    const all = { bio_length: "strict", distinct_name: "strict", genre_match: "strict" } as const;
    const problems = validateProfile(profile({ bio: "x".repeat(200), name: "Otis Vale", genres: ["rap"] }), all);
    expect(problems.map(({ rule }) => rule)).toEqual(RULES);
    expect(problems.map(({ message }) => message)).toEqual([
      "bio has 200 characters; at most 180",
      'name "Otis Vale" is taken',
      "none of the genres rap is usual for folk",
    ]);
  });
});

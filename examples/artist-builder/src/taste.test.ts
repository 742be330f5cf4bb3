import { describe, expect, test } from "vitest";
import { CORRECTIONS, correct } from "./corrections.ts";
import { ARTIST_TYPES, type ArtistProfile, type ArtistType, type ProfileRequest } from "./profile.ts";
import { randomFrom } from "./random.ts";
import { inventRequest } from "./requests.ts";
import { likingOf, ratingOf } from "./taste.ts";
import { type RuleSettings, validateProfile } from "./validation-rules.ts";

const BASE: RuleSettings = { bio_length: "lenient", distinct_name: "lenient", genre_match: "lenient" };

function requestsOf(type: ArtistType): ProfileRequest[] {
  const random = randomFrom(7);
  return Array.from({ length: 400 }, () => inventRequest(type, random));
}

/** The mean liking over many requests when these rules hold, with the first correction that helps. */
function meanLiking(type: ArtistType, settings: RuleSettings): number {
  const requests = requestsOf(type);
  const sum = requests.reduce((total, request) => {
    let profile: ArtistProfile = { ...request, tone: request.tone ?? "warm", postsPerWeek: request.postsPerWeek ?? 7 };
    for (const { rule } of validateProfile(profile, settings)) {
      const helping = CORRECTIONS.map((each) => correct(each, profile, rule, settings)).find(
        (corrected) => !validateProfile(corrected, settings).some((problem) => problem.rule === rule),
      );
      profile = helping ?? profile;
    }
    const isRefused = validateProfile(profile, settings).length > 0;
    return total + likingOf({ request, profile, isRefused });
  }, 0);
  return sum / requests.length;
}

describe("there is something to learn, rule by rule, and not the same for all", () => {
  test.each([
    ["electronic", { bio_length: "strict" }, true],
    ["folk", { bio_length: "strict" }, false],
    ["electronic", { distinct_name: "strict" }, true],
    ["folk", { distinct_name: "strict" }, false],
    ["folk", { genre_match: "strict" }, true],
    ["hiphop", { genre_match: "strict" }, false],
  ] as const)("%s with %j: better %s", (type, change, isBetter) => {
    const difference = meanLiking(type, { ...BASE, ...change }) - meanLiking(type, BASE);
    expect(Math.abs(difference)).toBeGreaterThan(0.02);
    expect(difference > 0).toBe(isBetter);
  });
});

test("ratings are whole numbers from 1 to 5, and follow what is liked", () => {
  const random = randomFrom(3);
  for (const type of ARTIST_TYPES) {
    const request = requestsOf(type)[0] as ProfileRequest;
    const profile: ArtistProfile = { ...request, tone: "warm", postsPerWeek: 7 };
    const refused = Array.from({ length: 50 }, () => ratingOf({ request, profile, isRefused: true }, random));
    expect(refused.every((rating) => [1, 2, 3].includes(rating))).toBe(true);
  }
});

import { describeModule, reproducible, simulateFeedback, valuesByContext } from "@trimtab/module-kit/testing";
import { describe, expect, test } from "vitest";
import { artistBuilder } from "./artist-builder.ts";
import type { ArtistProfile, ProfileRequest } from "./profile.ts";
import { likingOf } from "./taste.ts";

const REQUEST: ProfileRequest = {
  name: "Ada Birch",
  artistType: "folk",
  genres: ["folk"],
  bio: "Sings at the market.",
};
const PROFILE: ArtistProfile = { ...REQUEST, tone: "warm", postsPerWeek: 7 };
const make = (dependencies: Parameters<typeof artistBuilder.create>[1]) => artistBuilder.create({}, dependencies);

describeModule("filling in defaults", { make, operation: "fill_defaults", input: REQUEST }, { describe, test });
describeModule("validating a profile", { make, operation: "validate_profile", input: PROFILE }, { describe, test });
describeModule(
  "correcting a profile",
  {
    make,
    operation: "correct_profile",
    input: {
      profile: { ...PROFILE, name: "Otis Vale" },
      rule: "distinct_name",
      settings: { bio_length: "off", distinct_name: "lenient", genre_match: "off" },
    },
  },
  { describe, test },
);

test("the tone is learnt per kind of artist from ratings that come two rounds late, without a controller", async () => {
  await using module = make(reproducible(1));
  const { lastResults } = await simulateFeedback(module, {
    name: "late ratings",
    operation: "fill_defaults",
    rounds: 26,
    callsPerRound: 160,
    delayRounds: 2,
    input: ({ index }): ProfileRequest => ({
      ...REQUEST,
      artistType: index % 2 === 0 ? "electronic" : "hiphop",
      genres: [index % 2 === 0 ? "house" : "rap"],
    }),
    feedback({ data }, { random }) {
      const profile = data as ArtistProfile;
      const { tone: _tone, postsPerWeek: _posts, ...request } = profile;
      const liking = likingOf({ request, profile, isRefused: false }) + 0.2 * random.gaussian();
      return { rating: Math.round(1 + 4 * Math.max(0, Math.min(1, liking))) };
    },
  });
  expect(valuesByContext(lastResults)).toMatchObject({
    "artist_type=electronic": { tone: "mysterious" },
    "artist_type=hiphop": { tone: "bold" },
  });
}, 120_000);

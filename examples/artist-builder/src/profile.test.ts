import { expect, test } from "vitest";
import { type ArtistProfile, profileRequestSchema, uniquenessOf, withMoreUniqueness } from "./profile.ts";

const PLAIN: ArtistProfile = {
  name: "Hugo Keene",
  artistType: "folk",
  genres: ["bluegrass"],
  bio: "A talented artist with a passionate sound. Mends violins at night.",
  tone: "warm",
  postsPerWeek: 7,
};

test("a biography of worn words is little unique, and becomes more so without them", () => {
  expect(uniquenessOf({ bio: "Amazing music, a passionate journey." })).toBe(0);
  expect(uniquenessOf({ bio: "Mends accordions in a former fire station." })).toBe(1);
  const changed = withMoreUniqueness(PLAIN);
  expect(uniquenessOf(changed)).toBeGreaterThan(uniquenessOf(PLAIN));
  expect(changed.bio).toBe("Mends violins at night. Hugo Keene plays bluegrass, warm and never twice alike.");
  expect(withMoreUniqueness(changed)).toBe(changed); // where nothing would change, nothing does
});

test("a request with keys that nobody knows, or without a name, is refused", () => {
  const { tone: _tone, postsPerWeek: _posts, ...request } = PLAIN;
  expect(profileRequestSchema.safeParse(request).success).toBe(true);
  expect(profileRequestSchema.safeParse({ ...request, age: 30 }).success).toBe(false);
  expect(profileRequestSchema.safeParse({ ...request, name: " " }).success).toBe(false);
});

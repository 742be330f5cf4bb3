/** The simulated people: what they think of a profile. Nothing in the service knows of this file. */
import { isAlike, isTaken } from "./catalogue.ts";
import { type ArtistProfile, type ArtistType, GENRES, type ProfileRequest, type Tone, wordsOf } from "./profile.ts";

/** What the listeners of one kind of artist want. */
interface Taste {
  readonly tone: Tone;
  readonly postsPerWeek: number;
  /** Longer biographies are not read to the end. */
  readonly longestBio: number;
  /** What it costs to have a name that begins like another's. */
  readonly alike: number;
  /** What it costs to have genres that are not usual; below zero, they like it. */
  readonly oddGenres: number;
}

const TASTES: Readonly<Record<ArtistType, Taste>> = {
  electronic: { tone: "mysterious", postsPerWeek: 4, longestBio: 180, alike: 0.3, oddGenres: 0.25 },
  folk: { tone: "warm", postsPerWeek: 3, longestBio: 2000, alike: 0, oddGenres: 0.3 },
  hiphop: { tone: "bold", postsPerWeek: 11, longestBio: 360, alike: 0.3, oddGenres: -0.1 },
};

/** What somebody was given. */
export interface Given {
  readonly request: ProfileRequest;
  readonly profile: ArtistProfile;
  readonly isRefused: boolean;
}

/** How much the simulated people like what came of a request, 0 to 1, without the chance in each opinion. */
export function likingOf({ request, profile, isRefused }: Given): number {
  if (isRefused) return 0;
  const taste = TASTES[request.artistType];
  const { name, genres, bio, tone, postsPerWeek } = profile;
  let liking = 0.95;
  if (request.tone === undefined && tone !== taste.tone) liking -= 0.25;
  if (request.postsPerWeek === undefined) liking -= Math.min(0.3, 0.05 * Math.abs(postsPerWeek - taste.postsPerWeek));
  if (bio.length > taste.longestBio) liking -= 0.3;
  if (isTaken(name)) liking -= 0.45;
  else if (isAlike(name)) liking -= taste.alike;
  if (genres.some((genre) => !GENRES[request.artistType].includes(genre))) liking -= taste.oddGenres;
  // Nobody likes to find less in the profile than the artist had written, or another name without need.
  if (wordsOf(bio).length < 0.85 * wordsOf(request.bio).length && request.bio.length <= taste.longestBio) liking -= 0.3;
  if (name !== request.name && !isTaken(request.name) && taste.alike === 0) liking -= 0.2;
  if (taste.oddGenres < 0 && genres.length < request.genres.length) liking -= 0.2;
  return Math.max(0, Math.min(1, liking));
}

/** One opinion, 1 to 5. @param random Uniform between 0 and 1. */
export function ratingOf(given: Given, random: () => number): number {
  const noise = (random() + random() + random() - 1.5) * 0.4; // bell-shaped, deviation 0.2
  return Math.round(1 + 4 * Math.max(0, Math.min(1, likingOf(given) + noise)));
}

/** What an artist's profile is, and what somebody hands in to get one. */
import { z } from "zod";

/** The kinds of artists that are taken on. */
export const ARTIST_TYPES = ["electronic", "folk", "hiphop"] as const;

/** The voice in which an artist speaks. */
export const TONES = ["warm", "bold", "mysterious"] as const;

/** One of the kinds. */
export type ArtistType = (typeof ARTIST_TYPES)[number];

/** One of the voices. */
export type Tone = (typeof TONES)[number];

/** What is handed in. `tone` and `postsPerWeek` are filled in where they are left out. */
export interface ProfileRequest {
  readonly name: string;
  readonly artistType: ArtistType;
  readonly genres: readonly string[];
  readonly bio: string;
  readonly tone?: Tone | undefined;
  readonly postsPerWeek?: number | undefined;
}

/** A profile with everything in it. */
export interface ArtistProfile extends ProfileRequest {
  readonly tone: Tone;
  readonly postsPerWeek: number;
}

const requestShape = {
  name: z.string().trim().min(1).max(80),
  artistType: z.enum(ARTIST_TYPES),
  genres: z.array(z.string().trim().min(1).max(40)).min(1).max(8),
  bio: z.string().trim().min(1).max(2000),
};

/** The form of a request. It is always checked; what can be argued about is left to the rules of validation-rules.ts. */
export const profileRequestSchema: z.ZodType<ProfileRequest> = z.strictObject({
  ...requestShape,
  tone: z.enum(TONES).optional(),
  postsPerWeek: z.int().min(1).max(14).optional(),
});

/** The form of a profile. */
export const artistProfileSchema: z.ZodType<ArtistProfile> = z.strictObject({
  ...requestShape,
  tone: z.enum(TONES),
  postsPerWeek: z.int().min(1).max(14),
});

/** The genres that belong to each kind, the most typical one first. */
export const GENRES: Readonly<Record<ArtistType, readonly string[]>> = {
  electronic: ["house", "techno", "ambient", "synthwave"],
  folk: ["folk", "bluegrass", "ballads", "country"],
  hiphop: ["rap", "trap", "boom bap", "grime"],
};

/** Words that every second biography has. The more of them, the less one remembers of it. */
const WORN_WORDS: readonly string[] = [
  "amazing",
  "unique",
  "passionate",
  "journey",
  "music",
  "sound",
  "talented",
  "inspiring",
  "soul",
  "dream",
];

/** How much of a biography could not stand in any other, 0 to 1: the share of its longer words that are not worn, stretched. */
export function uniquenessOf({ bio }: Pick<ArtistProfile, "bio">): number {
  const words = wordsOf(bio).filter((word) => word.length > 3);
  if (words.length === 0) return 0;
  const worn = words.filter((word) => WORN_WORDS.includes(word)).length;
  return Math.max(0, 1 - (2 * worn) / words.length);
}

/** Lower-case words, without what stands between them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Sentences with their full stops. */
export function sentencesOf(text: string): string[] {
  return text.match(/[^.!?]+[.!?]+|[^.!?]+$/g)?.map((sentence) => sentence.trim()) ?? [];
}

/**
 * The change that `increase_uniqueness` asks for: sentences with worn words go, and what only this artist has comes in their place.
 *
 * @returns The profile with another biography; the same one where it has no worn words.
 */
export function withMoreUniqueness(profile: ArtistProfile): ArtistProfile {
  const sentences = sentencesOf(profile.bio);
  const own = sentences.filter((sentence) => !wordsOf(sentence).some((word) => WORN_WORDS.includes(word)));
  if (own.length === sentences.length) return profile;
  const told = `${profile.name} plays ${profile.genres.join(" and ")}, ${profile.tone} and never twice alike.`;
  return { ...profile, bio: [...own, told].join(" ") };
}

/** Words of the service: who reads, when something is published, of what kind it is, and how it is written. */

/** Who reads. */
export const AUDIENCES = ["fans", "newcomers", "press"] as const;

/** When in the day something is published. */
export const SLOTS = ["morning", "noon", "evening", "night"] as const;

/** What a post is about. */
export const STRATEGIES = ["news", "behind_the_scenes", "challenge", "story"] as const;

/** How the text is asked for. */
export const TEMPLATES = ["announcement", "question", "scene"] as const;

/** One of the audiences. */
export type Audience = (typeof AUDIENCES)[number];
/** One of the hours. */
export type Slot = (typeof SLOTS)[number];
/** One of the subjects. */
export type Strategy = (typeof STRATEGIES)[number];
/** One of the ways to ask. */
export type Template = (typeof TEMPLATES)[number];

/** An artist, as far as posts need to know. */
export interface PostedArtist {
  readonly id: string;
  readonly name: string;
  readonly genre: string;
  readonly artistType: string;
  readonly tone: string;
  /** 0 to 1: how much of the profile could not stand in any other. */
  readonly uniqueness: number;
  /** Counts the profiles that the artist has had. */
  readonly version: number;
}

/** A post before it is out. */
export interface Post {
  readonly id: string;
  readonly artist: PostedArtist;
  readonly audience: Audience;
  readonly slot: Slot;
  readonly strategy: Strategy;
  readonly template: Template;
  readonly text: string;
  /** 0 to 1: how well the text keeps what the house asks for with this audience. */
  readonly quality: number;
}

/** A day of the calendar is so long here: the rhythm of a week in half a minute. */
export const DAY_MILLISECONDS = 4000;

/** When a slot begins next, in milliseconds since 1970. @param now The same. */
export function nextTimeOf(slot: Slot, now: number): number {
  const offset = (SLOTS.indexOf(slot) / SLOTS.length) * DAY_MILLISECONDS;
  const today = Math.floor(now / DAY_MILLISECONDS) * DAY_MILLISECONDS + offset;
  return today > now ? today : today + DAY_MILLISECONDS;
}

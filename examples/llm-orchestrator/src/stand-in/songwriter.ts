/**
 * Writes a song that is as good as it is told: each couplet rhymes, is fresh and names the theme with this probability, each apart
 * from the others. So the mean score of many songs follows the quality, and a single song may be better or worse.
 */
import { pick } from "./seeded.ts";

const RHYMES: readonly (readonly [string, string])[] = [
  ["night", "light"],
  ["rain", "train"],
  ["fire", "wire"],
  ["stone", "alone"],
  ["sky", "fly"],
  ["ground", "sound"],
  ["door", "shore"],
  ["flame", "name"],
  ["road", "load"],
  ["sleep", "deep"],
];
const UNRHYMED = ["table", "winter", "garden", "paper", "silver", "orange", "window", "music"] as const;
const OPENINGS = [
  "We carried",
  "You promised",
  "I counted",
  "They painted",
  "Nobody followed",
  "She remembered",
  "He whispered",
  "Somebody borrowed",
] as const;
const MIDDLES = [
  "every colour",
  "half a letter",
  "seven summers",
  "broken mirrors",
  "all the thunder",
  "one more reason",
  "quiet engines",
  "paper lanterns",
  "yesterday's weather",
  "a hundred miles",
] as const;

/** What a lazy song says; the scorer knows some of it as well. */
const STOCK_LINE = "Baby yeah, oh oh, tonight";

/** What is to be written. */
export interface SongOrder {
  /** 0 to 1. */
  readonly quality: number;
  readonly theme: string;
  readonly lines: number;
  /** With `[Verse]` and `[Chorus]` above its parts. */
  readonly withParts: boolean;
}

/** The song, line by line. */
export function writeSong({ quality, theme, lines, withParts }: SongOrder, draw: () => number): string[] {
  const song: string[] = [];
  for (let written = 0; written < lines; written += 2) {
    if (withParts && written % 8 === 0) song.push(written % 16 === 0 ? "[Verse]" : "[Chorus]");
    const couplet = writeCouplet({ quality, theme }, draw);
    song.push(...couplet.slice(0, lines - written));
  }
  return song;
}

function writeCouplet({ quality, theme }: Pick<SongOrder, "quality" | "theme">, draw: () => number): string[] {
  const [rhymes, isFresh, namesTheme] = [draw() < quality, draw() < quality, draw() < quality];
  const [first, second] = rhymes ? pick(RHYMES, draw) : [pick(UNRHYMED, draw), pick(RHYMES, draw)[0]];
  const about = namesTheme ? `for the ${theme} ` : "";
  const opening = isFresh ? `${pick(OPENINGS, draw)} ${pick(MIDDLES, draw)}` : STOCK_LINE;
  return [
    `${opening} ${about}at the ${first},`,
    `${pick(OPENINGS, draw)} ${pick(MIDDLES, draw)} ${Math.floor(draw() * 1000)} times by the ${second}.`,
  ];
}

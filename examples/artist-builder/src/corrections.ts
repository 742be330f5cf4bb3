/** What can be done about a broken rule. Which of them to try first is learnt for each kind of error. */
import { isAlike } from "./catalogue.ts";
import { type ArtistProfile, GENRES, sentencesOf, wordsOf } from "./profile.ts";
import { LONGEST_BIO, type RuleName, type RuleSettings, type Strictness } from "./validation-rules.ts";

/** Everything that may be tried. */
export const CORRECTIONS = ["replace", "shorten", "extend"] as const;

/** One thing to try. */
export type Correction = (typeof CORRECTIONS)[number];

type Held = Exclude<Strictness, "off">;
type Repair = (profile: ArtistProfile, strictness: Held) => ArtistProfile;

/** What each correction does about each rule. Some are no help, as in life: nobody knows beforehand which. */
const REPAIRS: Readonly<Record<RuleName, Readonly<Record<Correction, Repair>>>> = {
  bio_length: {
    replace: (profile) => ({
      ...profile,
      bio: `${profile.name}: ${profile.genres[0] ?? profile.artistType}. ${profile.tone} in tone.`,
    }),
    shorten: (profile, strictness) => ({ ...profile, bio: wholeSentences(profile.bio, LONGEST_BIO[strictness]) }),
    extend: (profile) => ({ ...profile, bio: `${profile.bio} More about ${profile.name} soon.` }),
  },
  distinct_name: {
    replace: (profile) => ({ ...profile, name: inventedName(profile) }),
    shorten: (profile) => ({ ...profile, name: profile.name.split(/\s+/)[0] ?? profile.name }),
    extend: (profile) => ({
      ...profile,
      name: `${capitalised(profile.genres[0] ?? profile.artistType)} ${profile.name}`,
    }),
  },
  genre_match: {
    replace: (profile) => ({ ...profile, genres: GENRES[profile.artistType].slice(0, 2) }),
    shorten(profile) {
      const usual = profile.genres.filter((genre) => GENRES[profile.artistType].includes(genre));
      return { ...profile, genres: usual.length > 0 ? usual : profile.genres.slice(0, 1) };
    },
    extend: (profile) => ({ ...profile, genres: [...profile.genres, GENRES[profile.artistType][0] ?? "folk"] }),
  },
};

/** Applies one correction to what breaks one rule. A rule that is off is left alone. */
export function correct(
  correction: Correction,
  profile: ArtistProfile,
  rule: RuleName,
  settings: RuleSettings,
): ArtistProfile {
  const strictness = settings[rule];
  return strictness === "off" ? profile : REPAIRS[rule][correction](profile, strictness);
}

/** How much of what the artist wrote is left in what a rule is about, 0 to 1. */
export function keptOf(before: ArtistProfile, after: ArtistProfile, rule: RuleName): number {
  const wordsIn = (profile: ArtistProfile): string[] =>
    rule === "bio_length"
      ? wordsOf(profile.bio)
      : rule === "distinct_name"
        ? wordsOf(profile.name)
        : profile.genres.map((genre) => genre.toLowerCase());
  const [own, now] = [new Set(wordsIn(before)), new Set(wordsIn(after))];
  const shared = [...own].filter((word) => now.has(word)).length;
  const all = new Set([...own, ...now]).size;
  return all === 0 ? 1 : shared / all;
}

/** As many sentences from the beginning as fit; the whole text where not even the first does. */
function wholeSentences(text: string, longest: number): string {
  let kept = "";
  for (const sentence of sentencesOf(text)) {
    const longer = kept === "" ? sentence : `${kept} ${sentence}`;
    if (longer.length > longest) break;
    kept = longer;
  }
  return kept === "" ? text : kept;
}

/** A name that nobody has, made of the artist's words turned around. */
function inventedName({ name, artistType }: ArtistProfile): string {
  const turned = Array.from(wordsOf(name)[0] ?? artistType)
    .toReversed()
    .join("");
  const invented = `${capitalised(turned)} ${capitalised(artistType)}`;
  return isAlike(invented) ? `New ${invented}` : invented;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

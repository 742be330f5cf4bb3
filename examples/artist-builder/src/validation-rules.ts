/**
 * The rules that a profile may be held to. Each one is off, lenient or strict by itself: a parameter whose effect on what people say
 * of the profile later is measured apart from the others'.
 */
import { z } from "zod";
import { isAlike, isTaken } from "./catalogue.ts";
import { type ArtistProfile, GENRES } from "./profile.ts";

/** How a rule is held. */
export const STRICTNESS = ["off", "lenient", "strict"] as const;

/** One way to hold a rule. */
export type Strictness = (typeof STRICTNESS)[number];

/** The rules, in the order in which they are looked at. */
export const RULES = ["bio_length", "distinct_name", "genre_match"] as const;

/** What a profile did wrong: the context by which corrections are learnt. */
export type RuleName = (typeof RULES)[number];

/** How each rule is held. */
export type RuleSettings = Readonly<Record<RuleName, Strictness>>;

/** A rule that a profile breaks. */
export interface RuleProblem {
  readonly rule: RuleName;
  readonly message: string;
}

/** The longest biography, in characters. */
export const LONGEST_BIO: Readonly<Record<Exclude<Strictness, "off">, number>> = { lenient: 360, strict: 180 };

type Check = (profile: ArtistProfile, strictness: Exclude<Strictness, "off">) => string | undefined;

const CHECKS: Readonly<Record<RuleName, Check>> = {
  bio_length({ bio }, strictness) {
    const most = LONGEST_BIO[strictness];
    return bio.length > most ? `bio has ${bio.length} characters; at most ${most}` : undefined;
  },
  distinct_name({ name }, strictness) {
    if (isTaken(name)) return `name "${name}" is taken`;
    return strictness === "strict" && isAlike(name)
      ? `name "${name}" begins as the name of another artist does`
      : undefined;
  },
  genre_match({ genres, artistType }, strictness) {
    const odd = genres.filter((genre) => !GENRES[artistType].includes(genre));
    if (odd.length === genres.length) return `none of the genres ${genres.join(", ")} is usual for ${artistType}`;
    return strictness === "strict" && odd.length > 0 ? `${odd.join(", ")} is not usual for ${artistType}` : undefined;
  },
};

/** A profile as these rules want it. Every rule that is broken is an issue, with its name in `params.rule`. */
function schemaOf(settings: RuleSettings): z.ZodType<ArtistProfile> {
  return z.custom<ArtistProfile>().superRefine((profile, context) => {
    for (const rule of RULES) {
      const strictness = settings[rule];
      const message = strictness === "off" ? undefined : CHECKS[rule](profile, strictness);
      if (message !== undefined) context.addIssue({ code: "custom", message, params: { rule } });
    }
  });
}

/** Every rule that the profile breaks; none where it may be taken. */
export function validateProfile(profile: ArtistProfile, settings: RuleSettings): RuleProblem[] {
  const { error } = schemaOf(settings).safeParse(profile);
  return (error?.issues ?? []).map((issue) => ({
    rule: (issue as { params?: { rule: RuleName } }).params?.rule ?? "bio_length",
    message: issue.message,
  }));
}

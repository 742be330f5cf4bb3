/** How well a text keeps what the house asks for, measured on the text: the quality by which prompt templates are compared. */
import type { Audience, PostedArtist } from "./content.ts";

/** What the house asks for with an audience: marks with their weights, together 1. */
type StyleGuide = Readonly<Record<Mark, number>>;

/** What can be seen in a text. */
type Mark = "namesTheArtist" | "asks" | "shows" | "tellsWhen" | "isShort" | "isFresh";

const GUIDES: Readonly<Record<Audience, StyleGuide>> = {
  fans: { namesTheArtist: 0.1, asks: 0.1, shows: 0.4, tellsWhen: 0.1, isShort: 0.1, isFresh: 0.2 },
  newcomers: { namesTheArtist: 0.2, asks: 0.4, shows: 0.1, tellsWhen: 0, isShort: 0.1, isFresh: 0.2 },
  press: { namesTheArtist: 0.25, asks: 0, shows: 0, tellsWhen: 0.4, isShort: 0.2, isFresh: 0.15 },
};

const SEEN = /\b(light|rain|hands|window|stairs|smoke|dust|wire)\b/gi;
const WHEN = /\b(monday|friday|saturday|tonight|tomorrow|at \d+)\b/i;
const WORN = /\b(amazing|excited|huge|thrilled|vibes|journey)\b/gi;
const SHORT_WORDS = 26;

/** @returns 0 to 1. */
export function textQuality(text: string, audience: Audience, artist: Pick<PostedArtist, "name">): number {
  const worn = text.match(WORN)?.length ?? 0;
  const seen = new Set(text.toLowerCase().match(SEEN)).size;
  const words = text.split(/\s+/).length;
  const marks: Readonly<Record<Mark, number>> = {
    namesTheArtist: text.includes(artist.name) ? 1 : 0,
    asks: text.includes("?") ? 1 : 0,
    shows: Math.min(1, seen / 2),
    tellsWhen: WHEN.test(text) ? 1 : 0,
    isShort: Math.min(1, SHORT_WORDS / words),
    isFresh: Math.max(0, 1 - worn / 2),
  };
  const guide = GUIDES[audience];
  return (Object.keys(marks) as Mark[]).reduce((sum, mark) => sum + guide[mark] * marks[mark], 0);
}

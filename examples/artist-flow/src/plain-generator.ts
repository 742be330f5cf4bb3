/**
 * A stand-in for a language model: fills a template with phrases by chance, so that some drafts are better than others. It is here so
 * that the example runs by itself; orchestrator-generator.ts asks a real one.
 */
import type { ResultHandle } from "@trimtab/conventions";
import type { PostedArtist, Strategy, Template } from "./content.ts";

/** What is asked for. */
export interface TextRequest {
  readonly template: Template;
  readonly strategy: Strategy;
  readonly artist: PostedArtist;
}

/** A text and what it cost. */
export interface Draft {
  readonly text: string;
  readonly costUsd: number;
  /** Where another service wrote it: what its words are to be credited with. */
  readonly handle?: ResultHandle;
}

/** Whoever writes. */
export type TextGenerator = (request: TextRequest) => Promise<Draft>;

/** About what a small hosted model takes for so short a text. */
const DRAFT_COST_USD = 0.002;

const OPENERS: Readonly<Record<Template, readonly string[]>> = {
  announcement: [
    "{name} plays on Friday.",
    "New from {name}, tonight.",
    "{name}: the record is out.",
    "Huge news from {name}!",
  ],
  question: [
    "What would you ask {name}?",
    "Which song by {name} stays with you?",
    "Who is {name}, you say?",
    "So excited! Guess who?",
  ],
  scene: [
    "Rain on the window, one take.",
    "Dust in the light, hands on wire.",
    "Four stairs down, smoke, a hum.",
    "An amazing journey begins.",
  ],
};

const MIDDLES: Readonly<Record<Strategy, readonly string[]>> = {
  news: [
    "The first single comes tomorrow.",
    "Doors open at 8.",
    "A new {genre} record, ten songs.",
    "We are thrilled.",
  ],
  behind_the_scenes: [
    "The hands you see belong to {name}.",
    "A wire broke in the third take.",
    "So many vibes in one room.",
    "{genre} by the window.",
  ],
  challenge: [
    "Sing the second voice and send it.",
    "Can you play it backwards?",
    "Find the sample and win the light.",
    "Huge prize.",
  ],
  story: [
    "It began on the stairs of a {genre} club.",
    "Nobody had a key, so {name} sang outside.",
    "An amazing night.",
    "Then the light went out.",
  ],
};

const ENDINGS = ["", "More soon.", "Stay close.", "What do you think?", "Saturday, then."];

/** @param random Uniform between 0 and 1. */
export function plainGenerator(random: () => number): TextGenerator {
  return async (request) => ({
    text: framed(request, pick(MIDDLES[request.strategy], random), random),
    costUsd: DRAFT_COST_USD,
  });
}

/** What the template says before and behind the heart of a text. */
export function framed({ template, artist }: TextRequest, heart: string, random: () => number): string {
  return [pick(OPENERS[template], random), heart, pick(ENDINGS, random)]
    .filter((part) => part !== "")
    .join(" ")
    .replaceAll("{name}", artist.name)
    .replaceAll("{genre}", artist.genre);
}

function pick(phrases: readonly string[], random: () => number): string {
  return phrases[Math.floor(random() * phrases.length)] ?? "";
}

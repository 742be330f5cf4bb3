/** Texts by the LLM orchestrator: each draft is framed as its template says, around the first two lines of a verse by a language model. */
import type { ResultHandle } from "@trimtab/conventions";
import type { Strategy } from "./content.ts";
import { framed, type TextGenerator } from "./plain-generator.ts";

/** The orchestrator knows four genres of songs; each kind of artist gets the one that is nearest. */
const SONG_GENRES: Readonly<Record<string, string>> = { electronic: "rock", folk: "folk", hiphop: "rap" };

const THEMES: Readonly<Record<Strategy, string>> = {
  news: "the first night",
  behind_the_scenes: "hands on wire",
  challenge: "a dare",
  story: "the last train",
};

const VERSE_LINES = 4;
const QUOTED_LINES = 2;
const PATIENCE_MILLISECONDS = 20_000;

/** @param url Of the orchestrator's service. @param random Uniform between 0 and 1; picks what stands around the lines. */
export function orchestratorGenerator(url: string, random: () => number): TextGenerator {
  return async (request) => {
    const { strategy, artist } = request;
    const response = await fetch(`${url}/songs`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        genre: SONG_GENRES[artist.artistType] ?? "folk",
        theme: THEMES[strategy],
        lines: VERSE_LINES,
      }),
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    if (!response.ok)
      throw new Error(`POST /songs was answered with ${response.status}: ${(await response.text()).slice(0, 200)}`);
    const song = (await response.json()) as {
      readonly text: string;
      readonly costUsd: number;
      readonly handle: ResultHandle;
    };
    const lines = song.text.split("\n").filter((line) => line.trim() !== "");
    return {
      text: framed(request, lines.slice(0, QUOTED_LINES).join(" / "), random),
      costUsd: song.costUsd,
      handle: song.handle,
    };
  };
}

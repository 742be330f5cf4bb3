import { defineOperation } from "@trimtab/instrumentation";

const generateLyrics = defineOperation({
  name: "generate_lyrics",
  context: ["genre"],
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
});

/** Writes a song; a model would stand here. */
export function writeSong(genre: string): Promise<string> {
  return generateLyrics.track({ genre }, async (call) => {
    if (genre === "") throw new RangeError("a song needs a genre");
    const song = await Promise.resolve(`${genre} at ${call.parameters.temperature}`);
    call.quality(0.8);
    call.cost(0.002, "usd");
    return song;
  });
}

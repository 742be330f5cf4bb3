// What both servers serve: one operation with 60 contexts, each with three variants, and the bodies that ask for them.

export const TOKEN = "a-token-of-the-benchmark";
export const GENRES = ["rock", "jazz", "folk", "blues", "soul", "metal", "disco", "opera", "swing", "house"];
export const MOODS = ["calm", "bright", "dark", "slow", "wild", "soft"];
export const KEY = "llm_orchestrator.generate_lyrics";

export const PARAMETERS = {
  temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 },
  retries: { type: "integer", base: 2, min: 0, max: 5 },
};

/** The bodies of evaluations: 60 contexts in turn, each with a key of its own. */
export const BODIES = GENRES.flatMap((genre) =>
  MOODS.map((mood) => JSON.stringify({ context: { targetingKey: `user-${genre}-${mood}`, genre, mood } })),
);

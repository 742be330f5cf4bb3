/**
 * What there is to learn, and what the orchestrator never sees: how good the songs of an invented model are by genre, style of the
 * prompt and temperature.
 *
 *     quality = clip(skill(model) + affinity(genre, model) + effect(genre, style) − 0.8 · (temperature − best(genre))², 0.05, 0.97)
 *
 * It is smooth and has no noise of its own. The noise is in the songs that are written by it.
 */
import type { PromptStyle } from "./prompt-reader.ts";

const SKILL: Readonly<Record<string, number>> = {
  "aurora-large": 0.72,
  "aurora-small": 0.55,
  "borealis-writer": 0.66,
  "cirrus-mini": 0.52,
};

/** What is known of a genre. */
interface GenreSurface {
  readonly bestTemperature: number;
  readonly affinity: Readonly<Record<string, number>>;
  readonly styles: Readonly<Record<PromptStyle, number>>;
}

const GENRES: Readonly<Record<string, GenreSurface>> = {
  rock: {
    bestTemperature: 0.9,
    affinity: { "borealis-writer": 0.14, "aurora-large": -0.05 },
    styles: { plain: 0, structured: 0.04, example: 0.12 },
  },
  rap: {
    bestTemperature: 1.1,
    affinity: { "borealis-writer": 0.1, "aurora-large": -0.1, "aurora-small": -0.05 },
    styles: { plain: 0, structured: 0.12, example: 0.03 },
  },
  lullaby: {
    bestTemperature: 0.5,
    affinity: { "cirrus-mini": 0.22, "aurora-small": 0.1, "aurora-large": -0.02 },
    styles: { plain: 0, structured: 0.02, example: 0.1 },
  },
  // The base values are the best here: a large model, asked plainly, at 0.7.
  folk: {
    bestTemperature: 0.7,
    affinity: { "aurora-large": 0.14, "borealis-writer": -0.12, "cirrus-mini": -0.1 },
    styles: { plain: 0.05, structured: -0.08, example: -0.03 },
  },
};

const UNKNOWN_GENRE: GenreSurface = {
  bestTemperature: 0.7,
  affinity: {},
  styles: { plain: 0, structured: 0, example: 0 },
};

/** What a song is written with. */
export interface Setting {
  readonly genre: string | undefined;
  readonly model: string;
  readonly style: PromptStyle;
  /** 0 to 2. */
  readonly temperature: number;
}

/** How good songs of this setting are on average, 0 to 1. */
export function qualityOf({ genre, model, style, temperature }: Setting): number {
  const { bestTemperature, affinity, styles } = GENRES[genre ?? ""] ?? UNKNOWN_GENRE;
  const distance = temperature - bestTemperature;
  const quality = (SKILL[model] ?? 0.5) + (affinity[model] ?? 0) + styles[style] - 0.8 * distance * distance;
  return Math.min(0.97, Math.max(0.05, quality));
}

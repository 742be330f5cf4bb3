/** The simulated audience: how much it does when it sees a post. Nothing in the service knows of this file. */
import type { Audience, Post, Slot, Strategy } from "./content.ts";

/** What moves one kind of audience, each part 0 to 1. */
interface Taste {
  readonly slots: Readonly<Record<Slot, number>>;
  readonly strategies: Readonly<Record<Strategy, number>>;
  /** How much the quality of a text matters. */
  readonly quality: number;
}

const TASTES: Readonly<Record<Audience, Taste>> = {
  fans: {
    slots: { morning: 0.2, noon: 0.3, evening: 0.7, night: 1 },
    strategies: { news: 0.3, behind_the_scenes: 1, challenge: 0.5, story: 0.6 },
    quality: 0.1,
  },
  newcomers: {
    slots: { morning: 0.4, noon: 0.4, evening: 1, night: 0.3 },
    strategies: { news: 0.2, behind_the_scenes: 0.4, challenge: 1, story: 0.7 },
    quality: 0.3,
  },
  press: {
    slots: { morning: 1, noon: 0.5, evening: 0.2, night: 0 },
    strategies: { news: 1, behind_the_scenes: 0.3, challenge: 0.1, story: 0.5 },
    quality: 0.2,
  },
};

/** What the audience does on average, 0 to 1. */
export function usualEngagement({ audience, slot, strategy, quality, artist }: Post): number {
  const taste = TASTES[audience];
  return (
    0.05 +
    0.25 * taste.slots[slot] +
    0.25 * taste.strategies[strategy] +
    taste.quality * quality +
    0.25 * artist.uniqueness
  );
}

/** What it does about one post, 0 to 1. @param random Uniform between 0 and 1. */
export function engagementOf(post: Post, random: () => number): number {
  const noise = (random() + random() + random() - 1.5) * 0.24; // bell-shaped, deviation 0.12
  return Math.round(1000 * Math.max(0, Math.min(1, usualEngagement(post) + noise))) / 1000;
}

/**
 * What is usual: the engagement of posts of other artists with the same audience, slot and strategy. An artist is compared with that
 * and not with everything, else a poor hour of the day would pass for a poor artist.
 */
import type { Post } from "./content.ts";

/** Below this part of what is usual a post counts as low. */
export const LOW_RATIO = 0.5;

const ENOUGH_POSTS = 8;
/** Newer posts count more: after so many, an old one counts a third. */
const MEMORY_POSTS = 60;

/** Remembers means; small, and rebuilt within a minute after a restart. */
export class Benchmarks {
  readonly #usual = new Map<string, Map<string, { readonly mean: number; readonly posts: number }>>();

  /** @param engagement 0 to 1. */
  learn({ artist, audience, slot, strategy }: Post, engagement: number): void {
    const key = `${audience} ${slot} ${strategy}`;
    const byArtist = this.#usual.get(key) ?? new Map();
    const { mean, posts } = byArtist.get(artist.id) ?? { mean: engagement, posts: 0 };
    const weight = 1 / Math.min(MEMORY_POSTS, posts + 1);
    byArtist.set(artist.id, { mean: mean + weight * (engagement - mean), posts: posts + 1 });
    this.#usual.set(key, byArtist);
  }

  /** 0 to 1; undefined where too few posts of others are known. */
  usualFor({ artist, audience, slot, strategy }: Post): number | undefined {
    const others = [...(this.#usual.get(`${audience} ${slot} ${strategy}`) ?? [])].filter(([id]) => id !== artist.id);
    const posts = others.reduce((sum, [, each]) => sum + each.posts, 0);
    if (posts < ENOUGH_POSTS) return undefined;
    return others.reduce((sum, [, each]) => sum + each.mean * each.posts, 0) / posts;
  }
}

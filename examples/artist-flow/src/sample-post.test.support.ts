/** An artist and a post for tests. */
import type { Post, PostedArtist } from "./content.ts";

/** An artist whose profile is all its own. */
export const ARTIST: PostedArtist = {
  id: "artist-1",
  name: "Ada Birch",
  genre: "folk",
  artistType: "folk",
  tone: "warm",
  uniqueness: 1,
  version: 1,
};

/** A post of that artist to the fans. */
export const POST: Post = {
  id: "post-1",
  artist: ARTIST,
  audience: "fans",
  slot: "noon",
  strategy: "news",
  template: "scene",
  text: "Rain.",
  quality: 0.5,
};

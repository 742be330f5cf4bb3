/** From an artist and an audience to a post in the calendar. */
import { randomUUID } from "node:crypto";
import type { ResultHandle } from "@trimtab/conventions";
import type { ArtistFlow } from "./artist-flow.ts";
import { type Audience, nextTimeOf, type Post, type PostedArtist } from "./content.ts";

/** A post, when it is to be published, and what people's reactions are to be credited with. */
export interface PlannedPost {
  readonly post: Post;
  /** Milliseconds since 1970. */
  readonly publishAt: number;
  readonly handles: {
    readonly plan: ResultHandle;
    readonly text: ResultHandle;
    /** Of the draft that was taken, where another service wrote it. */
    readonly draft?: ResultHandle;
  };
}

/**
 * Plans a post and has it written.
 *
 * @param now Milliseconds since 1970.
 * @throws {ModuleProcessingError} where not one draft was written.
 */
export async function makePost(
  module: ArtistFlow,
  artist: PostedArtist,
  audience: Audience,
  now: number,
): Promise<PlannedPost> {
  const plan = await module.operations.plan_post.process({ audience });
  const { slot, strategy } = plan.data;
  const written = await module.operations.write_post.process({ artist, audience, strategy });
  const { template, text, quality, handle: draft } = written.data;
  const post: Post = { id: randomUUID(), artist, audience, slot, strategy, template, text, quality };
  const handles = { plan: plan.handle, text: written.handle, ...(draft === undefined ? {} : { draft }) };
  return { post, publishAt: nextTimeOf(slot, now), handles };
}

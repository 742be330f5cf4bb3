/** From an artist and an audience to a post in the calendar. */
import { randomUUID } from "node:crypto";
import type { ResultHandle } from "@trimtab/conventions";
import { type Audience, nextTimeOf, type Post, type PostedArtist } from "./content.ts";
import { planPost, writePost } from "./operations.ts";
import type { Draft, TextGenerator } from "./plain-generator.ts";
import { textQuality } from "./text-quality.ts";

/** A post, when it is to be published, and what people's reactions are to be credited with. */
export interface PlannedPost {
  readonly post: Post;
  /** Milliseconds since 1970. */
  readonly publishAt: number;
  readonly handles: { readonly plan: ResultHandle; readonly text: ResultHandle };
}

/** Plans a post and has it written. @param now Milliseconds since 1970. @throws what the generator throws, where not one draft came. */
export async function makePost(
  artist: PostedArtist,
  audience: Audience,
  generate: TextGenerator,
  now: number,
): Promise<PlannedPost> {
  const plan = planPost.track({ audience }, (call) => ({ ...call.parameters, handle: call.result() }));
  const { slot, strategy } = plan;
  return writePost.track({ audience }, async (call) => {
    const { template, drafts } = call.parameters;
    const asked = Array.from({ length: drafts }, () => generate({ template, strategy, artist }));
    const written = (await Promise.allSettled(asked)).flatMap((draft) =>
      draft.status === "fulfilled" ? [draft.value] : [],
    );
    const scored = written.map((draft) => ({ ...draft, quality: textQuality(draft.text, audience, artist) }));
    const best = scored.reduce<(Draft & { quality: number }) | undefined>(
      (found, draft) => (found === undefined || draft.quality > found.quality ? draft : found),
      undefined,
    );
    call.cost(
      written.reduce((sum, { costUsd }) => sum + costUsd, 0),
      "usd",
    );
    if (best === undefined) throw new Error(`none of ${drafts} drafts for ${audience} was written`);
    if (written.length < drafts) call.partial();
    call.quality(best.quality);
    const { text, quality } = best;
    const post: Post = { id: randomUUID(), artist, audience, slot, strategy, template, text, quality };
    return { post, publishAt: nextTimeOf(slot, now), handles: { plan: plan.handle, text: call.result() } };
  });
}

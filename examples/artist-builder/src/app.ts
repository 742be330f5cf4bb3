/** The HTTP interface of the service. */
import { randomUUID } from "node:crypto";
import type { FeedbackItem } from "@trimtab/conventions";
import type { Express } from "express";
import { z } from "zod";
import type { ArtistBuilder } from "./artist-builder.ts";
import type { ArtistStore } from "./artist-store.ts";
import { COMPONENT } from "./component.ts";
import { type CreatedProfile, createProfile } from "./create-profile.ts";
import type { FeedbackOutbox } from "./feedback-outbox.ts";
import { jsonApp, refuse } from "./json-app.ts";
import { profileRequestSchema, uniquenessOf } from "./profile.ts";

/** What somebody says of a profile, or of being refused one. */
const reviewSchema = z.strictObject({
  /** Of the review: sent again, it counts once. */
  id: z.string().min(1).max(100),
  request: z.string().min(1).max(100),
  rating: z.int().min(1).max(5),
  comment: z.string().max(1000).optional(),
});

/** What it works with. */
export interface AppParts {
  readonly module: ArtistBuilder;
  readonly store: ArtistStore;
  readonly outbox: FeedbackOutbox;
}

/** The application, without a port. */
export function createApp({ module, store, outbox }: AppParts): Express {
  return jsonApp((app) => {
    app.post("/profiles", async (request, response) => {
      const parsed = profileRequestSchema.safeParse(request.body);
      if (!parsed.success) return refuse(response, 400, z.prettifyError(parsed.error));
      const created = await createProfile(module, parsed.data);
      const id = randomUUID();
      store.keepRequest(id, created.handles);
      const { profile, corrected, problems } = created;
      response.status(problems.length === 0 ? 201 : 422).json({ id, profile, corrected, problems });
    });

    app.post("/reviews", (request, response) => {
      const parsed = reviewSchema.safeParse(request.body);
      if (!parsed.success) return refuse(response, 400, z.prettifyError(parsed.error));
      const handles = store.handlesOf(parsed.data.request);
      if (handles === undefined) return refuse(response, 404, `there is no request "${parsed.data.request}"`);
      outbox.add(parsed.data.id, () => feedbackOf(parsed.data, handles));
      response.status(202).json({ kept: true }); // it is on disk: whoever sent it need not send it again
    });

    app.put("/artists/:id", async (request, response) => {
      const parsed = profileRequestSchema.safeParse(request.body);
      if (!parsed.success) return refuse(response, 400, z.prettifyError(parsed.error));
      const known = store.artist(request.params.id);
      if (known !== undefined) return response.json(shown(known));
      const { profile, problems } = await createProfile(module, parsed.data);
      if (problems.length > 0) return refuse(response, 422, problems.map(({ message }) => message).join("; "));
      return response.status(201).json(shown(store.addArtist(request.params.id, profile)));
    });

    app.get("/artists", (_request, response) => response.json({ artists: store.artists().map(shown) }));
    app.get("/counts", (_request, response) =>
      response.json({ feedback: outbox.counts(), suggestions: store.appliedSuggestions() }),
    );
    app.get("/performance", async (_request, response) => response.json(await module.getPerformanceMetrics("1h")));
  });
}

/** The rating, once for the rules that held and once for what was filled in. */
function feedbackOf(
  { id, rating, comment }: z.infer<typeof reviewSchema>,
  handles: CreatedProfile["handles"],
): FeedbackItem[] {
  const at = new Date().toISOString();
  return (["rules", "defaults"] as const).flatMap((part) => {
    const result = handles[part];
    const said = { type: "user_rating", source: COMPONENT, rating, at, ...(comment === undefined ? {} : { comment }) };
    return result === undefined ? [] : [{ id: `${id}:${part}`, result, ...said }];
  });
}

function shown(artist: ReturnType<ArtistStore["addArtist"]>): unknown {
  return { ...artist, uniqueness: uniquenessOf(artist.profile) };
}

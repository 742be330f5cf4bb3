/** The HTTP interface of the service. */
import type { FeedbackOutbox } from "@trimtab/example-artist-builder/feedback-outbox";
import { jsonApp, refuse } from "@trimtab/example-artist-builder/json-app";
import type { Express } from "express";
import { z } from "zod";
import type { ArtistDirectory } from "./artist-directory.ts";
import type { ArtistFlow } from "./artist-flow.ts";
import type { Benchmarks } from "./benchmark.ts";
import type { Calendar } from "./calendar.ts";
import { AUDIENCES } from "./content.ts";
import { feedbackOf } from "./engagement-feedback.ts";
import { makePost } from "./make-post.ts";

/** What it works with. */
export interface AppParts {
  readonly directory: ArtistDirectory;
  readonly calendar: Calendar;
  readonly outbox: FeedbackOutbox;
  readonly benchmarks: Benchmarks;
  readonly module: ArtistFlow;
}

const orderSchema = z.strictObject({ audience: z.enum(AUDIENCES), artist: z.string().min(1).max(100) });
const reportSchema = z.strictObject({
  id: z.string().min(1).max(100),
  post: z.string().min(1).max(100),
  engagement: z.number().min(0).max(1),
});

/** The application, without a port. */
export function createApp({ directory, calendar, outbox, benchmarks, module }: AppParts): Express {
  return jsonApp((app) => {
    app.post("/posts", async (request, response) => {
      const parsed = orderSchema.safeParse(request.body);
      if (!parsed.success) return refuse(response, 400, z.prettifyError(parsed.error));
      const artist = directory.find(parsed.data.artist);
      if (artist === undefined) return refuse(response, 404, `there is no artist "${parsed.data.artist}"`);
      const planned = await makePost(module, artist, parsed.data.audience, Date.now());
      calendar.add(planned);
      response.status(201).json({ ...planned.post, publishAt: new Date(planned.publishAt).toISOString() });
    });

    app.post("/engagement", (request, response) => {
      const parsed = reportSchema.safeParse(request.body);
      if (!parsed.success) return refuse(response, 400, z.prettifyError(parsed.error));
      const found = calendar.find(parsed.data.post);
      if (found === undefined) return refuse(response, 404, `there is no post "${parsed.data.post}"`);
      const artist = directory.find(found.post.artist.id);
      outbox.add(parsed.data.id, () => feedbackOf(parsed.data, { ...found, artist }, benchmarks, new Date()));
      response.status(202).json({ kept: true }); // it is on disk: the platform need not send it again
    });

    app.get("/artists", (_request, response) => response.json({ artists: directory.artists() }));
    app.get("/counts", (_request, response) => response.json({ feedback: outbox.counts() }));
    app.get("/performance", async (_request, response) => response.json(await module.getPerformanceMetrics("1h")));
  });
}

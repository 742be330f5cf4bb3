/**
 * The service: makes profiles of artists.
 *
 *     POST /profiles              a request; 201 with the profile, 422 where it breaks a rule that cannot be corrected
 *     POST /reviews               what somebody says of it later: { id, request, rating }
 *     PUT  /artists/{id}          puts an artist on the roster
 *     GET  /artists               the roster
 *     GET  /performance           what it did in the last hour
 *     GET  /counts                feedback that was taken, sent and acknowledged; suggestions that were applied
 *
 *     OTEL_SERVICE_NAME=artist_builder TRIMTAB_CONTROLLER_URL=http://127.0.0.1:4600 PORT=8081 ARTIST_BUILDER_STATE=./state \
 *       node --import @trimtab/instrumentation/register src/service.ts
 *
 * Without TRIMTAB_CONTROLLER_URL it learns in its own process. What is learnt stands in artist-builder.ts.
 */
import { join } from "node:path";
import { runService } from "@trimtab/example-demonstration/service";
import { createApp } from "./app.ts";
import { artistBuilder } from "./artist-builder.ts";
import { ArtistStore } from "./artist-store.ts";
import { COMPONENT } from "./component.ts";
import { FeedbackOutbox, feedbackSender } from "./feedback-outbox.ts";
import { moduleSender } from "./module-learning.ts";
import { keepTaking, suggestionSource } from "./suggestion-inbox.ts";

const { TRIMTAB_CONTROLLER_URL: controller, TRIMTAB_TOKEN: token, ARTIST_BUILDER_STATE: folder } = process.env;
const module = artistBuilder.create();
const store = new ArtistStore(folder === undefined ? ":memory:" : join(folder, "artist-builder.db"));
const outbox = new FeedbackOutbox(folder === undefined ? ":memory:" : join(folder, "artist-builder-feedback.db"));
const stopped = new AbortController();

const work =
  controller === undefined
    ? [outbox.keepSending(moduleSender(module), stopped.signal)]
    : [
        outbox.keepSending(feedbackSender(controller, token), stopped.signal),
        keepTaking(suggestionSource(controller, COMPONENT, token), (each) => store.apply(each), stopped.signal),
      ];

runService(createApp({ module, store, outbox }), {
  port: Number(process.env["PORT"] ?? 8081),
  async onStop() {
    stopped.abort();
    await Promise.allSettled(work);
    await module.close();
    outbox.close();
    store.close();
  },
});

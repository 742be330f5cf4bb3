/**
 * The service: plans posts of artists for each audience, has them written, publishes them at their time, and hears what came of it.
 *
 *     POST /posts         { audience, artist }: plans one, writes it, puts it into the calendar
 *     POST /engagement    { id, post, engagement }: what the platform reports later, as often as it likes
 *     GET  /artists       whose posts are planned
 *     GET  /performance   what it did in the last hour
 *     GET  /counts        feedback that was taken, sent and acknowledged
 *
 *     OTEL_SERVICE_NAME=artist_flow TRIMTAB_CONTROLLER_URL=http://127.0.0.1:4600 PORT=8082 PLATFORM_URL=http://127.0.0.1:8083 \
 *       ARTIST_BUILDER_URL=http://127.0.0.1:8081 ARTIST_FLOW_STATE=./state \
 *       node --import @trimtab/instrumentation/register src/service.ts
 *
 * Without ARTIST_BUILDER_URL the artists are those of roster.ts; without LLM_ORCHESTRATOR_URL the texts are phrases by chance. Without TRIMTAB_CONTROLLER_URL it learns in its own
 * process. What is learnt stands in artist-flow.ts.
 */
import { join } from "node:path";
import { FeedbackOutbox, feedbackSender } from "@trimtab/example-artist-builder/feedback-outbox";
import { moduleSender } from "@trimtab/example-artist-builder/module-learning";
import { randomFrom } from "@trimtab/example-artist-builder/random";
import { runService } from "@trimtab/example-demonstration/service";
import { createApp } from "./app.ts";
import { ArtistDirectory } from "./artist-directory.ts";
import { artistFlow } from "./artist-flow.ts";
import { Benchmarks } from "./benchmark.ts";
import { Calendar } from "./calendar.ts";
import { orchestratorGenerator } from "./orchestrator-generator.ts";
import { plainGenerator } from "./plain-generator.ts";
import { keepPublishing, publishTo } from "./publisher.ts";
import { ROSTER } from "./roster.ts";

const {
  TRIMTAB_CONTROLLER_URL: controller,
  TRIMTAB_TOKEN: token,
  ARTIST_FLOW_STATE: folder,
  ARTIST_BUILDER_URL: builder,
  PLATFORM_URL: platform,
  LLM_ORCHESTRATOR_URL: orchestrator,
  ARTIST_FLOW_SEED: seed = "1",
} = process.env;
const inFolder = (name: string): string => (folder === undefined ? ":memory:" : join(folder, name));
const random = randomFrom(Number(seed));
const generate = orchestrator === undefined ? plainGenerator(random) : orchestratorGenerator(orchestrator, random);
const module = artistFlow.create({ generate });
const calendar = new Calendar(inFolder("artist-flow.db"));
const outbox = new FeedbackOutbox(inFolder("artist-flow-feedback.db"));
const directory = new ArtistDirectory(ROSTER);
const stopped = new AbortController();
const { signal } = stopped;

const work = [
  outbox.keepSending(controller === undefined ? moduleSender(module) : feedbackSender(controller, token), signal),
  ...(builder === undefined ? [] : [directory.follow(builder, ROSTER, signal)]),
  ...(platform === undefined ? [] : [keepPublishing(calendar, publishTo(platform), signal)]),
];

runService(createApp({ directory, calendar, outbox, benchmarks: new Benchmarks(), module }), {
  port: Number(process.env["PORT"] ?? 8082),
  async onStop() {
    stopped.abort();
    await Promise.allSettled(work);
    await module.close();
    outbox.close();
    calendar.close();
  },
});

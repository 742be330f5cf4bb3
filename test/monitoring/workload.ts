/**
 * A service that uses everything of the instrumentation that gives a metric. Started with `--import …/register.ts`; runs until it
 * is ended.
 */
import { defineOperation, feedback, type OperationHandle, track } from "../../packages/instrumentation/src/index.ts";

class RateLimitError extends Error {
  override readonly name = "RateLimitError";
}

const writeLyrics = defineOperation({
  name: "write_lyrics",
  context: ["genre", "mood"],
  parameters: {
    temperature: { type: "number", base: 0.6, min: 0.5, max: 0.8, step: 0.1 },
    model: { type: "choice", base: "small", choices: ["small", "large"] },
  },
});
const render = defineOperation({
  name: "render",
  parameters: { level: { type: "integer", base: 5, min: 1, max: 9 } },
});
// The configuration allows up to 9: the controller tells that they differ, and nothing of it is applied here.
const mix = defineOperation({
  name: "mix",
  parameters: { gain: { type: "integer", base: 3, min: 1, max: 5 } },
});
const browse = defineOperation({ name: "browse", context: ["page"] });

/** Every level but its own breaks it, so that the process stops challengers by itself. */
function renderFrame(): void {
  try {
    render.track({}, (call) => {
      if (call.parameters.level !== 5) throw new RangeError("the level breaks it");
      call.quality(0.5);
    });
  } catch {
    // what a caller would see; here it is only counted
  }
}

async function writeOne(count: number): Promise<void> {
  const context = { genre: count % 2 === 0 ? "rock" : "jazz", mood: count % 4 < 2 ? "calm" : "wild" };
  await writeLyrics
    .track(context, async (call) => {
      const { temperature, model } = call.parameters;
      await new Promise((resolve) => setTimeout(resolve, count % 7));
      call.cost(model === "large" ? 0.002 : 0.001, "usd");
      call.tokens({ input: 120, output: 80 + (count % 40) });
      if (count % 23 === 0) throw new RateLimitError("too many requests");
      if (count % 41 === 0) throw new TypeError("no text");
      if (count % 31 === 0) call.partial();
      call.quality(count % 97 === 0 ? 7 : 0.4 + temperature / 2);
      await engage(call, count);
    })
    .catch(() => undefined);
}

/** People look at the result, and some of them say what they think of it. */
async function engage(call: OperationHandle, count: number): Promise<void> {
  call.engagement(count % 3 === 0 ? "share" : "view");
  if (count % 5 === 0) feedback(call.result(), { rating: 2 + (count % 4), source: "app" });
  if (count % 50 === 0) feedback({ entity: "artist-1" }, { score: 0.2, type: "low_engagement", target: "studio" });
}

let count = 0;
setInterval(() => {
  count++;
  void writeOne(count);
  renderFrame();
  renderFrame();
  mix.track({}, (call) => call.parameters.gain);
  track("page_view", {}, () => count);
  // More pages than the process has room for: the rest is recorded as one.
  if (count > 40) browse.track({ page: `page-${count % 30}` }, () => count);
}, 15);

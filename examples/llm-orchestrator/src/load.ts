/**
 * The orchestrator in a process of its own, under load: asks for songs of each genre at a fixed rate, a third of them as a stream,
 * and has a quarter of them rated seconds later. Addresses and keys come from the environment (README.md).
 *
 *     node --conditions=source --import @trimtab/instrumentation/register src/load.ts [--rate 20] [--seed 1] [--budget 1]
 *
 * It is bounded: while `MAXIMUM_IN_FLIGHT` songs are under way the next one is left out and counted.
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { stopWithParent } from "@trimtab/example-demonstration/parent";
import { GENRES } from "./configuration.ts";
import { configuredOrchestrator } from "./configured-orchestrator.ts";
import { Listeners } from "./listeners.ts";
import type { LoadCounts, LoadMessage } from "./load-counts.ts";
import { draws, pick } from "./stand-in/seeded.ts";

const THEMES = ["harbour", "autumn", "the last train", "snow", "a red kite", "home"] as const;
const LINES = 12;
const MAXIMUM_IN_FLIGHT = 80;
const STREAMED_RATIO = 1 / 3;
const RATED_RATIO = 1 / 4;

/** Whoever ends the run waits no longer for the songs that are under way. */
const FINISH_MILLISECONDS = 5000;

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    budget: { type: "string" },
  },
});
const [rate, seed] = [Number(values.rate), Number(values.seed)];
const budgetUsd = values.budget === undefined ? Number.POSITIVE_INFINITY : Number(values.budget);
if (!(rate > 0 && rate <= 100 && Number.isInteger(seed) && budgetUsd > 0)) {
  console.error(
    "usage: load.ts [--rate <songs per second and genre, up to 100>] [--seed <whole number>] [--budget <US dollars>]",
  );
  process.exit(2);
}

const module = configuredOrchestrator();
const draw = draws(seed, "load");
const listeners = new Listeners(`run-${Date.now()}`, draws(seed, "listeners"), (resultId, rating) =>
  module.applyFeedback(resultId, rating),
);
const counted = { songs: 0, streamed: 0, recovered: 0, failed: 0, leftOut: 0, tokens: 0, costUsd: 0 };
let lastFailure: string | undefined;
let inFlight = 0;
let isFinishing = false;

async function writeSong(genre: string): Promise<void> {
  inFlight++;
  const isStreamed = draw() < STREAMED_RATIO;
  let streamed = "";
  try {
    const song = await module.operations.generate_lyrics.process({
      genre,
      theme: pick(THEMES, draw),
      lines: LINES,
      ...(isStreamed ? { onText: (text: string) => (streamed += text) } : {}),
    });
    const { text, tokens, costUsd, errors } = song.data;
    if (isStreamed && streamed !== text) throw new Error("the pieces of a stream are not its whole text");
    counted.songs++;
    if (isStreamed) counted.streamed++;
    if (errors.length > 0) counted.recovered++;
    counted.tokens += tokens.input + tokens.output;
    counted.costUsd += costUsd;
    if (draw() < RATED_RATIO) listeners.rateLater(song.id, song.quality ?? 0);
    if (counted.costUsd >= budgetUsd) isFinishing = true;
  } catch (error) {
    counted.failed++;
    lastFailure = error instanceof Error ? error.message : String(error);
  } finally {
    inFlight--;
  }
}

/** The gaps vary by a quarter, so that genres do not march in step. */
function askFor(genre: string): void {
  const gapMilliseconds = (1000 / rate) * (0.75 + draw() / 2);
  setTimeout(() => {
    if (isFinishing) return;
    if (inFlight >= MAXIMUM_IN_FLIGHT) counted.leftOut++;
    else void writeSong(genre);
    askFor(genre);
  }, gapMilliseconds);
}

function counts(): LoadCounts {
  const failure = listeners.refusal ?? lastFailure;
  const isBudgetSpent = counted.costUsd >= budgetUsd;
  return { ...counted, ...listeners.counts, isBudgetSpent, ...(failure === undefined ? {} : { lastFailure: failure }) };
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}

/** Asks for nothing more, and has everything rated that is to be. */
async function finish(): Promise<void> {
  isFinishing = true;
  const end = Date.now() + FINISH_MILLISECONDS;
  while (inFlight > 0 && Date.now() < end) await wait(20);
  await listeners.giveAll();
  tell({ kind: "finished", counts: counts() });
}

let stopping = false;
function stop(): void {
  if (stopping) process.exit(1);
  stopping = true;
  isFinishing = true;
  if (process.send === undefined) console.log(JSON.stringify(counts()));
  const late = setTimeout(() => process.exit(1), 1400);
  late.unref();
  void module.close().finally(() => process.exit(0));
}

process.on("message", (message) => {
  if (message === "finish") void finish();
});
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
stopWithParent();
for (const genre of GENRES) askFor(genre);
setInterval(() => tell({ kind: "counts", counts: counts() }), 1000);
tell({ kind: "ready" });

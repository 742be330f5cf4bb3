// A read of parameters in the service: 60 contexts in turn, in this process, synchronous. Nanoseconds of CPU; the loop itself is measured
// with reads of nested Maps, which is about the least that a compiled snapshot can cost.
import { variantId } from "@trimtab/conventions";
import { configure, parameters } from "../../packages/instrumentation/src/index.ts";
import { instrumentation } from "../../packages/instrumentation/src/instance.ts";
import { median } from "./processes.mjs";
import { GENRES, MOODS, PARAMETERS } from "./served.mjs";
import { missed } from "./targets.mjs";

const READS = 2_000_000;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);

/** @param {boolean} isSplit */
function documentOf(isSplit) {
  const base = { temperature: 0.7, retries: 2 };
  const learnt = { temperature: 0.6, retries: 3 };
  const now = Date.now();
  return {
    schema: 1,
    revision: "1-abcd",
    issuedAt: new Date(now).toISOString(),
    exploreUntil: new Date(now + 36e5).toISOString(),
    component: "llm_orchestrator",
    operations: {
      generate_lyrics: {
        context: ["genre", "mood"],
        holdoutSalt: "h",
        parameters: PARAMETERS,
        allocations: contexts.map((context, index) => ({
          context,
          salt: `s${index}`,
          variants: isSplit
            ? [
                { id: variantId(base, "baseline"), role: "baseline", weight: 0.05, parameters: base },
                { id: variantId(learnt), role: "incumbent", weight: 0.95, parameters: learnt },
              ]
            : [{ id: variantId(learnt), role: "incumbent", weight: 1, parameters: learnt }],
        })),
      },
    },
  };
}

const contexts = GENRES.flatMap((genre) => MOODS.map((mood) => ({ genre, mood })));

let sink = 0;
/** @param {(context: { genre: string, mood: string }, at: number) => number} read */
function nanoseconds(read) {
  const before = process.cpuUsage();
  for (let at = 0, next = 0; at < READS; at++) {
    const context = contexts[next];
    if (context !== undefined) sink += read(context, at);
    if (++next === contexts.length) next = 0;
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / READS;
}

export function measureReads() {
  configure({ component: "llm_orchestrator" });
  const { main } = instrumentation();
  /** @param {boolean} isSplit */
  const serve = (isSplit) => {
    const problem = main.parameters.apply(documentOf(isSplit), main.operations(), { controllerTime: Date.now() });
    if (problem !== undefined) throw new Error(problem);
  };
  const keys = Array.from({ length: 1000 }, (_, index) => `user-${index}`);
  /** @type {Map<string, Map<string, { temperature: number }>>} */
  const maps = new Map(GENRES.map((genre) => [genre, new Map(MOODS.map((mood) => [mood, { temperature: 0.6 }]))]));
  /** @type {{ name: string, isSplit: boolean, target?: number, read: (context: { genre: string, mood: string }, at: number) => number }[]} */
  const readers = [
    {
      name: "nested Maps (a floor)",
      isSplit: false,
      read: ({ genre, mood }) => maps.get(genre)?.get(mood)?.temperature ?? 0,
    },
    {
      name: "parameters(), one variant",
      isSplit: false,
      target: 100,
      read: (context) => Number(parameters("generate_lyrics", context).values["temperature"]),
    },
    {
      name: "parameters(), two variants, by chance",
      isSplit: true,
      target: 100,
      read: (context) => Number(parameters("generate_lyrics", context).values["temperature"]),
    },
    {
      name: "parameters(), two variants, by key",
      isSplit: true,
      read: (context, at) =>
        Number(parameters("generate_lyrics", context, { key: keys[at % 1000] ?? "" }).values["temperature"]),
    },
  ];
  console.log(`${"".padEnd(40)}${"ns CPU".padStart(8)}   (median of ${ROUNDS} rounds of ${READS} reads)`);
  for (const { name, isSplit, target, read } of readers) {
    serve(isSplit);
    nanoseconds(read); // compiles
    const each = median(Array.from({ length: ROUNDS }, () => nanoseconds(read)));
    console.log(`${name.padEnd(40)}${each.toFixed(0).padStart(8)}   ${missed(name, each, target)}`);
  }
  if (Number.isNaN(sink)) throw new Error("a read gave no number");
}

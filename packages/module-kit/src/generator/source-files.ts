/**
 * The sources of a generated module: one file for each of its questions. The work that they begin with is real and small, a summary
 * of a text by its own sentences, so that the module runs, learns and is tested before a line of it was changed.
 */
import type { ModuleNames } from "./module-names.ts";

/** src/index.ts */
export function indexFile({ value, type, words }: ModuleNames): string {
  return `/** The ${words}: what others may use of it. */
export type { ${type}Config } from "./configuration.ts";
export { ${type}Error } from "./errors.ts";
export { type Reading, readingFeedback } from "./feedback.ts";
export { ${value} } from "./module.ts";
export type { ${type}Data, ${type}Input } from "./schemas.ts";
`;
}

/** src/configuration.ts */
export function configurationFile({ type }: ModuleNames): string {
  return `/**
 * What a person sets. A key that is not here is refused with the nearest right one. Every module also has enableAdaptation (true),
 * adaptationThreshold (0.7: below it an adaptation is only a suggestion) and metricsCollectionLevel ("standard").
 */
import { z } from "zod";

/** The schema. */
export const ${type}Config = z.object({
  /** Longer texts are refused, in characters. */
  longestText: z.int().min(1).default(100_000),
  /** The share of the sentences that is kept before anything was learnt, 0.1 to 0.9. */
  share: z.number().min(0.1).max(0.9).default(0.5),
});

/** A configuration that was read. */
export type ${type}Config = z.output<typeof ${type}Config>;
`;
}

/** src/schemas.ts */
export function schemasFile({ type }: ModuleNames): string {
  return `/** What goes in and what comes out. */
import { z } from "zod";

/** What does not fit is refused with a ModuleProcessingError, and recorded as a failure. */
export const ${type}Input = z.object({
  /** What kind of text it is: few kinds, because each becomes a metric label. */
  kind: z.enum(["news", "story", "manual"]),
  text: z.string().min(1),
});

/** What goes in. */
export type ${type}Input = z.output<typeof ${type}Input>;

/** What comes out. */
export interface ${type}Data {
  readonly summary: string;
  readonly sentences: { readonly kept: number; readonly all: number };
}
`;
}

/** src/adaptation.ts */
export function adaptationFile({ type }: ModuleNames): string {
  return `/** What may be learnt: the parameters with their bounds, and the context by which the best values may differ. */
import type { ${type}Config } from "./configuration.ts";
import type { ${type}Input } from "./schemas.ts";

/** Nothing outside these bounds is ever tried. The base values serve until something better is proven. */
export const parameters = {
  /** The share of the sentences that is kept. */
  share: { type: "number", base: 0.5, min: 0.1, max: 0.9, step: 0.1 },
  /** Which sentences are kept. */
  pick: { type: "choice", base: "first", choices: ["first", "longest"] },
} as const;

/** Base values that the configuration says. */
export const baseValues = (config: ${type}Config): { share: number } => ({ share: config.share });

/** Low-cardinality keys alone: a kind, a size, a language; never an id. */
export const context = {
  kind: (input: ${type}Input): string => input.kind,
};
`;
}

/** src/core.ts */
export function coreFile({ type }: ModuleNames): string {
  return `/** The work, without anything of learning: the same input and parameters give the same data. Replace it by yours. */
import { ${type}Error } from "./errors.ts";
import type { ${type}Data, ${type}Input } from "./schemas.ts";

/** The values that this run is to use. */
export interface CoreParameters {
  readonly share: number;
  readonly pick: "first" | "longest";
}

/** Keeps a share of the sentences, in their order. */
export function work({ text }: ${type}Input, { share, pick }: CoreParameters, longestText: number): ${type}Data {
  if (text.length > longestText) {
    throw new ${type}Error(\`the text has \${text.length} characters; the configuration allows \${longestText}\`);
  }
  const all = sentencesOf(text);
  const wanted = Math.max(1, Math.round(all.length * share));
  const places = all.map((_, place) => place);
  if (pick === "longest") places.sort((left, right) => (all[right]?.length ?? 0) - (all[left]?.length ?? 0));
  const kept = places.slice(0, wanted).sort((left, right) => left - right);
  return {
    summary: kept.map((place) => all[place]).join(" "),
    sentences: { kept: kept.length, all: all.length },
  };
}

function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}
`;
}

/** src/metrics.ts */
export function metricsFile({ type }: ModuleNames): string {
  return `/**
 * What is measured. Runs, outcomes, durations and errors by type are counted without a line here; this file says how good a result
 * is, 0 to 1. Learning is only as good as this number: say what you want, not what is easy to count.
 */
import type { ${type}Data, ${type}Input } from "./schemas.ts";

/** How much of the text a reader of this kind has the patience for: an opinion, to be replaced by what you know of your readers. */
const PATIENCE = { news: 0.2, story: 0.8, manual: 0.5 } as const;

/** Half for the words that are still there, half for the reader's patience. */
export function quality({ summary }: ${type}Data, { kind, text }: ${type}Input): number {
  const words = wordsOf(text);
  const covered = wordsOf(summary).size / Math.max(1, words.size);
  const length = summary.length / text.length;
  return clamp(0.5 * covered + 0.5 * (1 - 2 * Math.abs(length - PATIENCE[kind])));
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/\\p{L}{4,}/gu) ?? []);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
`;
}

/** src/feedback.ts */
export function feedbackFile({ words }: ModuleNames): string {
  return `/** What others say of a result, as feedback that the ${words} learns from. Ratings and error rates need no code. */
import type { ModuleFeedback } from "@trimtab/module-kit";

/** How a summary was read. */
export interface Reading {
  readonly readSeconds: number;
  readonly neededSeconds: number;
  /** Names the reading, so that it counts once however often it is told. */
  readonly id: string;
}

/** Who reads to the end was served well: the share that was read is the score. */
export function readingFeedback({ readSeconds, neededSeconds, id }: Reading): ModuleFeedback {
  const told = { type: "reading", key: id, data: { readSeconds, neededSeconds } };
  if (!(neededSeconds > 0)) return told; // nothing to measure by: kept without a score, which is not a bad one
  return { ...told, score: Math.min(1, Math.max(0, readSeconds / neededSeconds)) };
}
`;
}

/** src/errors.ts */
export function errorsFile({ type, words }: ModuleNames): string {
  return `/**
 * What the work of the ${words} throws. Whoever calls \`process\` gets a ModuleProcessingError with this as its \`cause\`; errors of
 * the configuration, of metrics and of learning are those of @trimtab/module-kit.
 */
export class ${type}Error extends Error {
  override readonly name = "${type}Error";
}
`;
}

/** src/module.ts: all of it put together. */
export function moduleFile({ component, value, type, words }: ModuleNames): string {
  return `/** The ${words}: its parts put together. */
import { defineModule } from "@trimtab/module-kit";
import { baseValues, context, parameters } from "./adaptation.ts";
import { ${type}Config } from "./configuration.ts";
import { work } from "./core.ts";
import { quality } from "./metrics.ts";
import { ${type}Input } from "./schemas.ts";

/** The module: \`${value}.create(configuration)\` makes one. */
export const ${value} = defineModule({
  name: "${component}",
  config: ${type}Config,
  input: ${type}Input,
  context,
  parameters,
  baseValues,
  process(input, run) {
    const data = work(input, run.parameters, run.config.longestText);
    run.metadata("sentences", data.sentences.all);
    return data;
  },
  quality: (data, { input }) => quality(data, input),
});
`;
}

/** src/main.ts */
export function mainFile({ value, words }: ModuleNames): string {
  return `/**
 * Shows the ${words} learning: texts of three kinds, scored by src/metrics.ts. It learns in this process; with TRIMTAB_CONTROLLER_URL the
 * controller there learns instead, from the metrics page that stands here at port 9464.
 *
 *     npm start              20 seconds
 *     npm start -- 120       two minutes
 */
import { createServer } from "node:http";
import { metricsText } from "@trimtab/instrumentation";
import { consoleLog, type ModuleAdaptation } from "@trimtab/module-kit";
import { ${value} } from "./module.ts";
import { KINDS, type Kind, textOf } from "./sample-texts.ts";

const seconds = Number(process.argv[2] ?? "20");
if (!(seconds > 0)) throw new RangeError(\`"\${process.argv[2]}" is no number of seconds\`);

const { METRICS_PORT = "9464", TRIMTAB_CONTROLLER_URL: controller } = process.env;
const page = createServer((_, response) => {
  response.setHeader("content-type", "text/plain; version=0.0.4").end(metricsText());
});
page.on("error", (error) => {
  console.error(\`The metrics page is off: \${error.message}. METRICS_PORT names another port.\`);
});
page.listen(Number(METRICS_PORT), "127.0.0.1");

const module = ${value}.create({}, { learning: { intervalMilliseconds: 1000 }, log: consoleLog("error") });
await module.ready();
const place = module.learning === "controller" ? \`at \${controller}\` : "in this process";
console.log(\`\${module.name} learns \${place} for \${seconds} s.\n\`);

const first: Record<Kind, number[]> = { news: [], story: [], manual: [] };
const last: Record<Kind, number[]> = { news: [], story: [], manual: [] };
const startedAt = performance.now();
const end = startedAt + seconds * 1000;
for (let call = 0; performance.now() < end; call++) {
  const kind = KINDS[call % KINDS.length] ?? "news";
  const { quality = 0 } = await module.process({ kind, text: textOf(kind, call) });
  if (first[kind].length < 50) first[kind].push(quality);
  last[kind] = [...last[kind].slice(-199), quality];
  await new Promise((resolve) => setTimeout(resolve, 5));
}

console.log("kind     quality of the first 50   of the last 200");
for (const kind of KINDS) {
  const [before, after] = [meanOf(first[kind]).toFixed(2), meanOf(last[kind]).toFixed(2)];
  console.log(\`\${kind.padEnd(8)} \${before.padStart(23)}   \${after.padStart(15)}\`);
}
const adaptations = await module.adaptations().catch((error: unknown) => {
  console.log(\`\\nThe adaptations cannot be told: \${String(error)}\`);
  return [];
});
console.log(\`\\n\${adaptations.length} adaptations, the newest first:\`);
for (const adaptation of adaptations.slice(0, 12)) console.log(lineOf(adaptation));
const { total, successRate = 0 } = await module.getPerformanceMetrics("1h");
console.log(\`\\n\${total ?? 0} runs, \${(successRate * 100).toFixed(1)} % of them successful.\`);
await module.close();
page.close();
page.closeAllConnections();

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function lineOf({ context, parameter, oldValue, newValue, confidence, status }: ModuleAdaptation): string {
  const place = Object.entries(context).map(([key, value]) => \`\${key}=\${value}\`);
  return \`  \${place.join(",").padEnd(12)} \${parameter}: \${oldValue} -> \${newValue}   confidence \${confidence.toFixed(2)}, \${status}\`;
}
`;
}

/** src/sample-texts.ts */
export const SAMPLE_TEXTS_FILE = `/** Texts for \`npm start\` and the tests, made by rule: no two of a kind are alike, and the same number gives the same text. */

/** What kind of text. */
export type Kind = "news" | "story" | "manual";

/** Every kind. */
export const KINDS: readonly Kind[] = ["news", "story", "manual"];

const SUBJECTS = ["The council", "A stranger", "The engine", "Every visitor", "The old bridge", "Nobody"];
const VERBS = ["opened", "remembered", "measured", "repaired", "crossed", "described"];
const OBJECTS = ["the northern harbour", "a forgotten letter", "the second valve", "three narrow streets"];
const ADDITIONS = ["", " before noon", " with great care and some doubt", " although it had rained for many weeks"];

/** A text of 10 to 19 sentences of different lengths. */
export function textOf(kind: Kind, number: number): string {
  const seed = number + KINDS.indexOf(kind) * 7;
  const sentences = Array.from({ length: 10 + (seed % 10) }, (_, at) => {
    const pick = (list: readonly string[], by: number): string => list[(seed * by + at * (by + 2)) % list.length] ?? "";
    return \`\${pick(SUBJECTS, 1)} \${pick(VERBS, 3)} \${pick(OBJECTS, 5)}\${pick(ADDITIONS, 7)}.\`;
  });
  return sentences.join(" ");
}
`;

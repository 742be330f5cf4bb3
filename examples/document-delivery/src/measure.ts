/**
 * Measures every setting on every document, so that everybody can see what there is to learn: nothing is tracked and nothing is
 * learnt here.
 *
 *     node scripts/dev.mjs exec node --conditions=source examples/document-delivery/src/measure.ts [--rounds 3] [--all] [--json]
 *
 * The utility is computed by the learner's own code from the same buckets that the service exports.
 */
import { parseArgs } from "node:util";
import { type Histogram, type Measurements, utilityOf } from "@trimtab/learning";
import { ALGORITHMS, type Algorithm, BASE, compress, LEVELS, savedRatio } from "./compression.ts";
import { DURATION_BOUNDARIES_SECONDS, readObjective } from "./configuration.ts";
import { DOCUMENT_TYPES, type DocumentType, loadDocuments } from "./documents.ts";

interface Setting {
  readonly algorithm: Algorithm;
  readonly level: number;
}

interface MeasuredSetting extends Setting {
  readonly utility: number;
  readonly meanMilliseconds: number;
  readonly savedRatio: number;
}

const SETTINGS: readonly Setting[] = ALGORITHMS.flatMap((algorithm) =>
  Array.from({ length: LEVELS.max - LEVELS.min + 1 }, (_, index) => ({ algorithm, level: LEVELS.min + index })),
);

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, all: { type: "boolean" }, json: { type: "boolean" } },
});
const results: Partial<Record<DocumentType, MeasuredSetting[]>> = {};
const library = loadDocuments();
for (const type of DOCUMENT_TYPES) {
  const bodies = library[type].map(({ body }) => body);
  results[type] = await measure(bodies, Number(values.rounds));
  if (values.json !== true) print(type, bodies, results[type]);
}
if (values.json === true) console.log(JSON.stringify(results, undefined, 2));

/** All settings in turn for each document, so that whatever else the machine does meets them alike. Best first. */
async function measure(bodies: readonly Buffer[], rounds: number): Promise<MeasuredSetting[]> {
  const observed = SETTINGS.map((setting) => ({ ...setting, seconds: [] as number[], saved: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const body of bodies) {
      for (const { algorithm, level, seconds, saved } of observed) {
        const startedAt = performance.now();
        const compressed = await compress(algorithm, level, body);
        seconds.push((performance.now() - startedAt) / 1000);
        saved.push(savedRatio(body.length, compressed.length));
      }
    }
  }
  const objective = readObjective();
  return observed
    .map(({ algorithm, level, seconds, saved }) => {
      const measurements: Measurements = {
        success: seconds.length,
        failure: 0,
        partial: 0,
        duration: histogram(seconds, DURATION_BOUNDARIES_SECONDS),
        quality: histogram(saved, [1]),
      };
      return {
        algorithm,
        level,
        utility: utilityOf(measurements, objective)?.mean ?? Number.NaN,
        meanMilliseconds: mean(seconds) * 1000,
        savedRatio: mean(saved),
      };
    })
    .sort((left, right) => right.utility - left.utility);
}

function histogram(values: readonly number[], bounds: readonly number[]): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  for (const value of values) {
    const bucket = bounds.findIndex((bound) => value <= bound);
    const index = bucket === -1 ? bounds.length : bucket;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return { bounds, counts, sum: values.reduce((sum, value) => sum + value, 0), count: values.length };
}

function print(type: DocumentType, bodies: readonly Buffer[], settings: readonly MeasuredSetting[]): void {
  const base = settings.findIndex(({ algorithm, level }) => algorithm === BASE.algorithm && level === BASE.level);
  const kilobytes = Math.round(mean(bodies.map((body) => body.length)) / 1000);
  console.log(`\n${type}: ${bodies.length} documents of ${kilobytes} kB on average`);
  for (const [index, { algorithm, level, utility, meanMilliseconds, savedRatio: saved }] of settings.entries()) {
    if (values.all !== true && index > 2 && index !== base) continue;
    const name = `${algorithm} ${level}`.padEnd(10);
    const loss = index === 0 ? "best" : `${((settings[0]?.utility ?? 0) - utility).toFixed(3)} less than the best`;
    const numbers = `utility ${utility.toFixed(3)}  ${meanMilliseconds.toFixed(2).padStart(6)} ms  ${(saved * 100).toFixed(1).padStart(5)} % saved`;
    console.log(`  ${String(index + 1).padStart(2)}. ${name} ${numbers}   ${loss}${index === base ? "  <- base" : ""}`);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

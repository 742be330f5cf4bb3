/**
 * A strict reader of OpenMetrics 1.0 text. It refuses what the specification forbids, also where Prometheus lets it pass: lines after
 * the end mark or none of it, a family in two places, a unit that is not the end of the name, an exemplar in the wrong bucket.
 */
import type { Sample } from "./exposition.test.support.ts";

/** A call that a series shows as an example. */
interface ReadExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Seconds since 1970. */
  readonly at: number | undefined;
}

/** One line of the page. */
export interface OpenSample extends Sample {
  readonly exemplar: ReadExemplar | undefined;
}

/** One family of the page. */
export interface OpenFamily {
  readonly name: string;
  type: string;
  unit: string;
  help: string | undefined;
  readonly samples: OpenSample[];
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total", "_created"],
  histogram: ["_bucket", "_count", "_sum", "_created"],
  gauge: [""],
  unknown: [""],
};
const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN]`;
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const LABELS = String.raw`\{(?:${LABEL}(?:,${LABEL})*)?\}`;
const SAMPLE = new RegExp(
  `^(${NAME})(${LABELS})? (${NUMBER})(?: (${NUMBER}))?(?: # (${LABELS}) (${NUMBER})(?: (${NUMBER}))?)?$`,
);
const METADATA = new RegExp(
  String.raw`^# (?:(TYPE) (${NAME}) ([a-z]+)|(UNIT) (${NAME}) ([a-zA-Z0-9_:]*)|(HELP) (${NAME}) ((?:[^"\\]|\\["\\n])*))$`,
);

/** @throws {SyntaxError} at the first line that OpenMetrics forbids. */
export function parseOpenMetrics(page: string): readonly OpenFamily[] {
  if (!page.endsWith("# EOF\n") && !page.endsWith("# EOF")) throw new SyntaxError("no end mark");
  const families = new Map<string, OpenFamily>();
  let current: OpenFamily | undefined;
  const lines = page.replace(/# EOF\n?$/, "").split("\n");
  if (lines.pop() !== "") throw new SyntaxError("the end mark does not stand on a line of its own");
  for (const line of lines) {
    const [, ...parts] = METADATA.exec(line) ?? [];
    const [keyword, name, text] = parts.filter((part) => part !== undefined);
    if (keyword !== undefined && name !== undefined) {
      if (current?.name !== name) {
        if (families.has(name)) throw new SyntaxError(`in two places: ${line}`);
        current = { name, type: "", unit: "", help: undefined, samples: [] };
        families.set(name, current);
      }
      takeMetadata(current, keyword, text ?? "", line);
      continue;
    }
    if (current === undefined) throw new SyntaxError(`no family: ${line}`);
    current.samples.push(parseSample(line, current));
  }
  const names = new Set<string>();
  for (const family of families.values()) check(family, names);
  return [...families.values()];
}

/** Every sample of the page. */
export function samplesOf(families: readonly OpenFamily[]): readonly OpenSample[] {
  return families.flatMap(({ samples }) => samples);
}

function takeMetadata(family: OpenFamily, keyword: string, text: string, line: string): void {
  if (family.samples.length > 0) throw new SyntaxError(`after its samples: ${line}`);
  if (keyword === "TYPE") {
    if (family.type !== "" || !(text in SUFFIXES)) throw new SyntaxError(`no type: ${line}`);
    family.type = text;
  } else if (keyword === "UNIT") {
    if (family.unit !== "" || !family.name.endsWith(`_${text}`)) throw new SyntaxError(`no unit: ${line}`);
    family.unit = text;
  } else {
    if (family.help !== undefined) throw new SyntaxError(`told twice: ${line}`);
    family.help = text;
  }
}

function parseSample(line: string, family: OpenFamily): OpenSample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new SyntaxError(`no sample: ${line}`);
  const [, name = "", labels = "{}", value = "", , exemplarLabels, exemplarValue = "", exemplarAt] = match;
  const suffix = name.slice(family.name.length);
  const isOfFamily = name.startsWith(family.name) && SUFFIXES[family.type || "unknown"]?.includes(suffix) === true;
  if (!isOfFamily) throw new SyntaxError(`not of ${family.type} ${family.name}: ${line}`);
  const exemplar =
    exemplarLabels === undefined
      ? undefined
      : {
          labels: parseLabels(exemplarLabels, line),
          value: numberOf(exemplarValue),
          at: exemplarAt === undefined ? undefined : Number(exemplarAt),
        };
  if (exemplar !== undefined) {
    if (suffix !== "_total" && suffix !== "_bucket") throw new SyntaxError(`no place for an exemplar: ${line}`);
    const text = Object.entries(exemplar.labels).flat().join("");
    if (Array.from(text).length > 128) throw new SyntaxError(`an exemplar of more than 128 characters: ${line}`);
  }
  return { name, labels: parseLabels(labels, line), value: numberOf(value), exemplar };
}

function parseLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, key = "", value = ""] of text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g)) {
    if (key in labels) throw new SyntaxError(`label "${key}" is not unique: ${line}`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function numberOf(text: string): number {
  if (!/inf/i.test(text)) return Number(/nan/i.test(text) ? Number.NaN : text);
  return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function check({ name, type, samples }: OpenFamily, names: Set<string>): void {
  for (const each of new Set([name, ...(SUFFIXES[type || "unknown"] ?? []).map((suffix) => name + suffix)])) {
    if (names.has(each)) throw new SyntaxError(`two families have a name ${each}`);
    names.add(each);
  }
  const series = new Set<string>();
  for (const sample of samples) {
    const identity = identityOf(sample);
    if (series.has(identity)) throw new SyntaxError(`twice on the page: ${identity}`);
    series.add(identity);
    if (type === "counter" && !(sample.value >= 0)) throw new SyntaxError(`no count: ${identity}`);
  }
  if (type === "histogram") for (const points of byLabels(samples).values()) checkHistogram(name, points);
}

function checkHistogram(name: string, points: readonly OpenSample[]): void {
  const valueOf = (suffix: string): number | undefined => points.find((point) => point.name === name + suffix)?.value;
  const buckets = points.filter((point) => point.name === `${name}_bucket`);
  let lower = Number.NEGATIVE_INFINITY;
  let below = 0;
  for (const { labels, value, exemplar } of buckets) {
    const upper = numberOf(labels["le"] ?? "NaN");
    if (!(upper > lower) || !(value >= below)) throw new SyntaxError(`buckets out of order: ${name} ${labels["le"]}`);
    const isInside = exemplar === undefined || (exemplar.value > lower && exemplar.value <= upper);
    if (!isInside) throw new SyntaxError(`an exemplar outside its bucket: ${name} ${labels["le"]}`);
    lower = upper;
    below = value;
  }
  if (lower !== Infinity) throw new SyntaxError(`no bucket without an upper bound: ${name}`);
  if (valueOf("_count") !== below || valueOf("_sum") === undefined) throw new SyntaxError(`no count or sum: ${name}`);
}

function byLabels(samples: readonly OpenSample[]): ReadonlyMap<string, readonly OpenSample[]> {
  return Map.groupBy(samples, ({ labels }) => {
    const own = Object.entries(labels).filter(([key]) => key !== "le");
    return identityOf({ name: "", labels: Object.fromEntries(own), value: 0 });
  });
}

function identityOf({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))]);
}

/** A strict reader of the Prometheus text format, version 0.0.4: whatever Prometheus would refuse, it refuses. */

/** One line of the page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @throws {SyntaxError} at the first line that Prometheus would not take. */
export function parseExposition(page: string): readonly Sample[] {
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of page.split("\n")) {
    if (line === "" || line.startsWith("# HELP ") || line.startsWith("# TYPE ") || line.startsWith("# UNIT ")) continue;
    const sample = parseLine(line);
    const identity = JSON.stringify([
      sample.name,
      Object.entries(sample.labels).sort(([left], [right]) => (left < right ? -1 : 1)),
    ]);
    if (seen.has(identity)) throw new SyntaxError(`twice on the page: ${line}`);
    seen.add(identity);
    samples.push(sample);
  }
  return samples;
}

/** The sum of the samples of this name that have these labels; undefined where there is none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const matching = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return matching.length === 0 ? undefined : matching.reduce((sum, sample) => sum + sample.value, 0);
}

/** The values that a label has in the samples of this name. */
export function valuesOfLabel(
  samples: readonly Sample[],
  name: string,
  label: string,
): ReadonlySet<string | undefined> {
  return new Set(samples.filter((sample) => sample.name === name).map((sample) => sample.labels[label]));
}

function parseLine(line: string): Sample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
  if (match === null) throw new SyntaxError(`no sample: ${line}`);
  const value = match[3] === "+Inf" ? Infinity : match[3] === "-Inf" ? -Infinity : Number(match[3]);
  if (Number.isNaN(value) && match[3] !== "NaN") throw new SyntaxError(`no number: ${line}`);
  return { name: match[1] ?? "", labels: parseLabels(match[2] ?? "", line), value };
}

function parseLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
  while (label.lastIndex < text.length) {
    const at = label.lastIndex;
    const match = label.exec(text);
    if (match === null) throw new SyntaxError(`no label at ${at}: ${line}`);
    const [, key = "", value = ""] = match;
    if (Object.hasOwn(labels, key)) throw new SyntaxError(`label "${key}" is not unique: ${line}`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

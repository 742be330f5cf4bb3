/**
 * The metrics of the package in the text format of Prometheus, 0.0.4, or in OpenMetrics 1.0, straight from the cells. It comes in
 * parts, none longer than the lines of one cell, so that whoever writes the page can let others run in between; one cell's lines of
 * one instrument are always of one moment.
 *
 * The series are the same in both formats. So a bound stays `le="1"`, where OpenMetrics would like `le="1.0"` better and does not
 * insist: Prometheus 2 takes the two for two series, and 3 makes them one by itself.
 */
import { type Instrument, prometheusName } from "@trimtab/conventions";
import type { Distribution } from "./distribution.ts";
import { exemplarText, type SeriesExemplars } from "./exemplars.ts";
import { type Family, families, type LabelledValues } from "./families.ts";
import type { ShownCell } from "./kept-cell.ts";
import { label } from "./label-text.ts";
import { type OwnReadings, ownSeries } from "./own-readings.ts";
import type { PageFormat } from "./page-format.ts";

/** What OpenMetrics calls a unit: the last word of the name. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: "seconds", By: "bytes", "1": "ratio" };

/** The page, in parts. Instruments without a value are left out. In OpenMetrics the end mark is for whoever ends the page. */
export function* pageText(
  cells: readonly ShownCell[],
  readings: OwnReadings,
  format: PageFormat,
): Generator<string, void> {
  const isOpen = format === "openmetrics";
  const headingOf = isOpen ? openHeadingOf : plainHeadingOf;
  for (const family of families) {
    const name = prometheusName(family.instrument);
    let heading = headingOf(family.instrument, name);
    for (const { cell, labels } of cells) {
      const exemplars = isOpen ? cell.exemplars?.get(family.instrument) : undefined;
      const lines = linesOf(family, name, labels, cell, exemplars);
      if (lines === "") continue;
      yield heading + lines;
      heading = "";
    }
  }
  for (const { instrument, label: key, read } of ownSeries) {
    const name = prometheusName(instrument);
    const lines = key === undefined ? plainLines(name, read(readings)) : labelledLines(name, "", key, read(readings));
    if (lines !== "") yield headingOf(instrument, name) + lines;
  }
}

function linesOf(
  family: Family,
  name: string,
  labels: string,
  cell: ShownCell["cell"],
  exemplars: SeriesExemplars | undefined,
): string {
  switch (family.kind) {
    case "distribution": {
      const distribution = family.read(cell);
      return distribution === undefined ? "" : distributionLines(name, labels, distribution, exemplars);
    }
    case "labelled": {
      const values = family.read(cell);
      return values === undefined ? "" : labelledLines(name, `${labels},`, family.label, values, exemplars);
    }
    case "sum": {
      const value = family.read(cell);
      return value === undefined ? "" : `${name}{${labels}} ${value}\n`;
    }
  }
}

function distributionLines(
  name: string,
  labels: string,
  distribution: Distribution,
  exemplars: SeriesExemplars | undefined,
): string {
  const { counts, sum, buckets } = distribution;
  const { texts } = buckets;
  const bucket = `${name}_bucket{${labels},le="`;
  let lines = "";
  let total = 0;
  for (let at = 0; at < counts.length; at++) {
    total += counts[at] as number;
    lines += `${bucket}${texts[at]}"} ${total}${exemplarText(exemplars?.get(at))}\n`;
  }
  return `${name}_count{${labels}} ${total}\n${name}_sum{${labels}} ${sum}\n${lines}`;
}

function labelledLines(
  name: string,
  labels: string,
  key: string,
  values: LabelledValues,
  exemplars?: SeriesExemplars,
): string {
  let lines = "";
  for (const [value, number] of values) {
    lines += `${name}{${labels}${label(key, value)}} ${number}${exemplarText(exemplars?.get(value))}\n`;
  }
  return lines;
}

function plainLines(name: string, values: LabelledValues): string {
  let lines = "";
  for (const [, number] of values) lines += `${name} ${number}\n`;
  return lines;
}

function plainHeadingOf({ description, unit, kind }: Instrument, name: string): string {
  return `# HELP ${name} ${description}\n# UNIT ${name} ${unit}\n# TYPE ${name} ${kind}\n`;
}

/** A counter's family lacks what its series end in, and a unit that is not the end of the name is none. */
function openHeadingOf({ description, unit, kind }: Instrument, name: string): string {
  const family = kind === "counter" ? name.replace(/_total$/, "") : name;
  const word = UNIT_WORDS[unit];
  const unitLine = word !== undefined && family.endsWith(`_${word}`) ? `# UNIT ${family} ${word}\n` : "";
  return `# TYPE ${family} ${kind}\n${unitLine}# HELP ${family} ${description}\n`;
}

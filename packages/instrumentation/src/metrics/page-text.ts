/**
 * The metrics of the package in the text format of Prometheus, 0.0.4, straight from the cells. It comes in parts, none longer than
 * the lines of one cell, so that whoever writes the page can let others run in between; one cell's lines of one instrument are
 * always of one moment.
 */
import { type Instrument, prometheusName } from "@trimtab/conventions";
import type { Distribution } from "./distribution.ts";
import { type Family, families, type LabelledValues } from "./families.ts";
import type { ShownCell } from "./kept-cell.ts";
import { label } from "./label-text.ts";
import { type OwnReadings, ownSeries } from "./own-readings.ts";

/** The page, in parts. Instruments without a value are left out. */
export function* pageText(cells: readonly ShownCell[], readings: OwnReadings): Generator<string, void> {
  for (const family of families) {
    const name = prometheusName(family.instrument);
    let heading = headingOf(family.instrument, name);
    for (const { cell, labels } of cells) {
      const lines = linesOf(family, name, labels, cell);
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

function linesOf(family: Family, name: string, labels: string, cell: ShownCell["cell"]): string {
  switch (family.kind) {
    case "distribution": {
      const distribution = family.read(cell);
      return distribution === undefined ? "" : distributionLines(name, labels, distribution);
    }
    case "labelled": {
      const values = family.read(cell);
      return values === undefined ? "" : labelledLines(name, `${labels},`, family.label, values);
    }
    case "sum": {
      const value = family.read(cell);
      return value === undefined ? "" : `${name}{${labels}} ${value}\n`;
    }
  }
}

function distributionLines(name: string, labels: string, distribution: Distribution): string {
  const { counts, sum, buckets } = distribution;
  const { texts } = buckets;
  const bucket = `${name}_bucket{${labels},le="`;
  let lines = "";
  let total = 0;
  for (let at = 0; at < counts.length; at++) {
    total += counts[at] as number;
    lines += `${bucket}${texts[at]}"} ${total}\n`;
  }
  return `${name}_count{${labels}} ${total}\n${name}_sum{${labels}} ${sum}\n${lines}`;
}

function labelledLines(name: string, labels: string, key: string, values: LabelledValues): string {
  let lines = "";
  for (const [value, number] of values) lines += `${name}{${labels}${label(key, value)}} ${number}\n`;
  return lines;
}

function plainLines(name: string, values: LabelledValues): string {
  let lines = "";
  for (const [, number] of values) lines += `${name} ${number}\n`;
  return lines;
}

function headingOf({ description, unit, kind }: Instrument, name: string): string {
  return `# HELP ${name} ${description}\n# UNIT ${name} ${unit}\n# TYPE ${name} ${kind}\n`;
}

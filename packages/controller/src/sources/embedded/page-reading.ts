/** From a page's samples to the counters of each cell. */
import { setImmediate as othersHaveTheirTurn } from "node:timers/promises";
import {
  type Context,
  canonicalJson,
  contextKeyOfLabel,
  labels as labelKeys,
  prometheusName,
  serviceInstruments,
} from "@trimtab/conventions";
import type { RollupCell } from "@trimtab/engine";
import { counterNames, type HistogramMeasure } from "../measured-cell.ts";
import { MetricsPageError, parseMetricsPage, type Sample } from "./metrics-page.ts";

/** A cell of a page: its cumulative counters. A counter may be NaN or infinite. */
export interface PageCell {
  readonly cell: RollupCell;
  readonly counters: Readonly<Record<string, number>>;
}

/** What a page says. */
export interface PageReading {
  /** Seconds since 1970; absent on a page without the gauge. */
  readonly processStart?: number;
  /** By `cellKey`. */
  readonly cells: ReadonlyMap<string, PageCell>;
  /** Keys of cells that were on earlier pages, and were left out of them. */
  readonly metLate?: ReadonlySet<string>;
}

/** The same text for the same cell, in every round. */
export function cellKey({ component, operation, variant, context, bounds }: RollupCell): string {
  return canonicalJson([component, operation, variant, context, bounds]);
}

/** Some milliseconds' work. A page of 50,000 lines in one go would keep everybody waiting who asks for parameters. */
const LINES_IN_A_TURN = 1_000;

/**
 * Reads a page, in turns with whatever else the process does.
 *
 * @throws {MetricsPageError} when a line does not parse, two lines are the same series, or a histogram is none.
 */
export async function readPage(text: string): Promise<PageReading> {
  const reader = new PageReader();
  let lines = 0;
  for (const sample of parseMetricsPage(text)) {
    reader.add(sample);
    if (++lines % LINES_IN_A_TURN === 0) await othersHaveTheirTurn();
  }
  return reader.finish();
}

/** Takes a page's samples one by one. */
class PageReader {
  #processStart: number | undefined;
  readonly #found = new Map<string, FoundCell>();
  /** By the labels as they stand in a line, which most of a cell's lines share: naming a cell is what reading costs. */
  readonly #byLabels = new Map<string, FoundCell>();

  add(sample: Sample): void {
    if (sample.name === PROCESS_START) {
      if (Number.isFinite(sample.value)) this.#processStart = sample.value;
      return;
    }
    const role = roles.get(sample.name);
    if (role !== undefined) addSample(this.#cellOf(sample), role, sample);
  }

  finish(): PageReading {
    const cells = new Map<string, PageCell>();
    for (const cell of this.#found.values()) {
      const page = finish(cell);
      cells.set(cellKey(page.cell), page);
    }
    return { cells, ...(this.#processStart === undefined ? {} : { processStart: this.#processStart }) };
  }

  #cellOf({ labels }: Sample): FoundCell {
    let text = "";
    for (const [label, value] of labels) {
      if (label === "le" || label === labelKeys.outcome || label === labelKeys.unit) continue;
      text += `${label.length} ${label} ${value.length} ${value} `; // with lengths: a value may hold anything
    }
    let cell = this.#byLabels.get(text);
    if (cell === undefined) {
      cell = cellOf(this.#found, labels);
      this.#byLabels.set(text, cell);
    }
    return cell;
  }
}

const PROCESS_START = prometheusName(serviceInstruments.processStartTime);

/** What a series adds to a cell: a counter of its own, by a label or not, or a bucket of a histogram. */
type Role =
  | { readonly kind: "counter"; readonly label?: string; readonly name: (labelValue: string) => string }
  | { readonly kind: "bucket"; readonly measure: HistogramMeasure };

const roles: ReadonlyMap<string, Role> = new Map<string, Role>([
  [
    prometheusName(serviceInstruments.operationCalls),
    { kind: "counter", label: labelKeys.outcome, name: counterNames.calls },
  ],
  [
    prometheusName(serviceInstruments.operationCost),
    { kind: "counter", label: labelKeys.unit, name: counterNames.cost },
  ],
  [
    prometheusName(serviceInstruments.operationCostSquares),
    { kind: "counter", label: labelKeys.unit, name: counterNames.costSquares },
  ],
  [prometheusName(serviceInstruments.challengerStopped), { kind: "counter", name: () => counterNames.stops }],
  ...histogramRoles("duration", serviceInstruments.operationDuration, serviceInstruments.operationDurationSquares),
  ...histogramRoles("quality", serviceInstruments.operationQuality, serviceInstruments.operationQualitySquares),
]);

type ServiceInstrument = (typeof serviceInstruments)[keyof typeof serviceInstruments];

function histogramRoles(
  measure: HistogramMeasure,
  histogram: ServiceInstrument,
  squares: ServiceInstrument,
): [string, Role][] {
  const name = prometheusName(histogram);
  return [
    [`${name}_bucket`, { kind: "bucket", measure }],
    [`${name}_sum`, { kind: "counter", name: () => counterNames.sum(measure) }],
    [`${name}_count`, { kind: "counter", name: () => counterNames.count(measure) }],
    [prometheusName(squares), { kind: "counter", name: () => counterNames.squares(measure) }],
  ];
}

interface FoundCell {
  readonly component: string;
  readonly operation: string;
  readonly variant: string;
  readonly context: Context;
  readonly counters: Record<string, number>;
  /** Cumulative counts by upper bound. */
  readonly buckets: Partial<Record<HistogramMeasure, Map<number, number>>>;
}

function cellOf(found: Map<string, FoundCell>, labels: Sample["labels"]): FoundCell {
  const component = labels.get(labelKeys.component) ?? "";
  const operation = labels.get(labelKeys.operation) ?? "";
  const variant = labels.get(labelKeys.variant) ?? "";
  const context: Record<string, string> = {};
  for (const [label, value] of labels) {
    const key = contextKeyOfLabel(label);
    if (key !== undefined && value !== "") context[key] = value; // an empty label is an absent one
  }
  const key = canonicalJson([component, operation, variant, context]);
  let cell = found.get(key);
  if (cell === undefined) {
    cell = { component, operation, variant, context, counters: {}, buckets: {} };
    found.set(key, cell);
  }
  return cell;
}

function addSample(cell: FoundCell, role: Role, { name, labels, value }: Sample): void {
  if (role.kind === "bucket") {
    const bound = Number((labels.get("le") ?? "").replace(/^\+?Inf$/i, "Infinity") || Number.NaN);
    if (Number.isNaN(bound))
      throw new MetricsPageError(`${name} has a bucket with the bound "${labels.get("le") ?? ""}"`);
    const buckets = (cell.buckets[role.measure] ??= new Map<number, number>());
    if (buckets.has(bound)) throw repeated(name, labels);
    buckets.set(bound, value);
    return;
  }
  const counter = role.name(role.label === undefined ? "" : (labels.get(role.label) ?? ""));
  if (Object.hasOwn(cell.counters, counter)) throw repeated(name, labels);
  cell.counters[counter] = value;
}

function repeated(name: string, labels: ReadonlyMap<string, string>): MetricsPageError {
  const text = [...labels].map(([key, value]) => `${key}="${value}"`).join(",");
  return new MetricsPageError(
    `the series ${name}{${text}} stands there twice, or differs only in labels that are not ours`,
  );
}

function finish({ component, operation, variant, context, counters, buckets }: FoundCell): PageCell {
  const bounds: Record<string, readonly number[]> = {};
  for (const measure of ["duration", "quality"] as const) {
    const count = counters[counterNames.count(measure)];
    const found = buckets[measure];
    if (count === undefined && found === undefined) continue;
    bounds[measure] = addBuckets(counters, measure, found ?? new Map<number, number>(), count);
  }
  return { cell: { component, operation, variant, context, bounds }, counters };
}

/** @returns The upper bounds without infinity, ascending. */
function addBuckets(
  counters: Record<string, number>,
  measure: HistogramMeasure,
  buckets: ReadonlyMap<number, number>,
  count: number | undefined,
): readonly number[] {
  const total = count ?? buckets.get(Number.POSITIVE_INFINITY);
  if (total === undefined || counters[counterNames.sum(measure)] === undefined) {
    throw new MetricsPageError(`the histogram of the ${measure} has no _sum or no _count`);
  }
  counters[counterNames.count(measure)] = total;
  const bounds = [...buckets.keys()].filter(Number.isFinite).sort((left, right) => left - right);
  let below = 0;
  bounds.forEach((bound, index) => {
    const cumulative = buckets.get(bound) ?? 0;
    counters[counterNames.bucket(measure, index)] = ownCount(cumulative, below, measure, bound);
    below = cumulative;
  });
  counters[counterNames.bucket(measure, bounds.length)] = ownCount(total, below, measure, Number.POSITIVE_INFINITY);
  return bounds;
}

function ownCount(cumulative: number, below: number, measure: HistogramMeasure, bound: number): number {
  if (cumulative < below) {
    throw new MetricsPageError(
      `the histogram of the ${measure} is not cumulative: fewer observations up to ${bound} than below it`,
    );
  }
  return cumulative - below;
}

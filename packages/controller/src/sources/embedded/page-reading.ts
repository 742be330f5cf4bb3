/** From a page's samples to the counters of each cell; pure. */
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
import { MetricsPageError, type Sample } from "./metrics-page.ts";

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

/** Is this a metric that a page is read for? */
export function isWanted(name: string): boolean {
  return name === PROCESS_START || roles.has(name);
}

/** @throws {MetricsPageError} when two lines are the same series, or a histogram is none. */
export function readPage(samples: readonly Sample[]): PageReading {
  let processStart: number | undefined;
  const found = new Map<string, FoundCell>();
  for (const sample of samples) {
    if (sample.name === PROCESS_START) {
      if (Number.isFinite(sample.value)) processStart = sample.value;
      continue;
    }
    const role = roles.get(sample.name);
    if (role !== undefined) addSample(cellOf(found, sample), role, sample);
  }
  const cells = new Map<string, PageCell>();
  for (const cell of found.values()) {
    const page = finish(cell);
    cells.set(cellKey(page.cell), page);
  }
  return { cells, ...(processStart === undefined ? {} : { processStart }) };
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

function cellOf(found: Map<string, FoundCell>, { labels }: Sample): FoundCell {
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

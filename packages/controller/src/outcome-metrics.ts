/**
 * Reported operations under the telemetry contract, on the controller's own page: so that dashboards, alert rules and the PromQL of
 * an explanation work for services that have no page of their own. The controller itself reads the store.
 *
 * Counts since the process began, of what this process took in; several replicas add up as the instances of a service do.
 */
import {
  contextLabel,
  DURATION_BOUNDARIES_SECONDS,
  type Instrument,
  labels as labelKeys,
  OTHER_CONTEXT_VALUE,
  prometheusName,
  RATIO_BOUNDARIES,
  serviceInstruments,
} from "@trimtab/conventions";
import type { Counters } from "@trimtab/engine";
import { exposedLabels } from "./exposed-labels.ts";
import type { TakenOutcome } from "./http/outcome-routes.ts";
import { counterNames, type HistogramMeasure } from "./sources/measured-cell.ts";
import { REPORTED_BOUNDS } from "./sources/reported/outcome-increments.ts";

/** More contexts and variants of one operation than this are counted under the context `__other__`. */
const MOST_CELLS_PER_OPERATION = 200;

/** More kinds of errors of one operation than this are counted as `__other__`: whoever reports chooses them. */
const MOST_ERROR_TYPES_PER_OPERATION = 20;

/** Buckets as every service has them: those that are counted here are finer, and hold them all. */
const SHOWN_BOUNDS: Readonly<Record<HistogramMeasure, readonly number[]>> = {
  duration: DURATION_BOUNDARIES_SECONDS,
  quality: RATIO_BOUNDARIES,
};

interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  readonly counters: Record<string, number>;
  readonly errors: Map<string, number>;
}

interface OperationCells {
  readonly cells: Map<string, Cell>;
  readonly errorTypes: Set<string>;
}

/** Counts reported operations and writes them as a part of the metrics page. */
export interface OutcomeMetrics {
  observe(taken: TakenOutcome): void;
  /** The families' lines; empty before the first outcome. */
  page(): string;
}

/** Counts since now. */
export function createOutcomeMetrics(): OutcomeMetrics {
  const operations = new Map<string, OperationCells>();
  const startedAt = Date.now() / 1000;
  return {
    observe({ outcome: { cell, increments }, errorType, addition }) {
      if (addition !== "added") return;
      const name = `${cell.component} ${cell.operation}`;
      const own = operations.get(name) ?? { cells: new Map<string, Cell>(), errorTypes: new Set<string>() };
      operations.set(name, own);
      const { component, operation, variant, context } = cell;
      const base = { component, operation, variant };
      const found = cellOf(own.cells, { ...base, ...contextLabels(context) }, MOST_CELLS_PER_OPERATION);
      const collapsed = Object.fromEntries(Object.keys(context).map((key) => [key, OTHER_CONTEXT_VALUE]));
      const counted = found ?? cellOf(own.cells, { ...base, ...contextLabels(collapsed) }, Number.POSITIVE_INFINITY);
      if (counted === undefined) return;
      for (const [key, amount] of Object.entries(increments))
        counted.counters[key] = (counted.counters[key] ?? 0) + amount;
      if (errorType === undefined) return;
      const isKnown = own.errorTypes.has(errorType) || own.errorTypes.size < MOST_ERROR_TYPES_PER_OPERATION;
      if (isKnown) own.errorTypes.add(errorType);
      const type = isKnown ? errorType : OTHER_CONTEXT_VALUE;
      counted.errors.set(type, (counted.errors.get(type) ?? 0) + 1);
    },
    page() {
      const cells = [...operations.values()].flatMap((own) => [...own.cells.values()]);
      return cells.length === 0 ? "" : pageText(cells, startedAt);
    },
  };
}

function contextLabels(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [contextLabel(key), value]));
}

function cellOf(cells: Map<string, Cell>, labels: Cell["labels"], maximum: number): Cell | undefined {
  const key = exposedLabels(labels);
  const known = cells.get(key);
  if (known !== undefined || cells.size >= maximum) return known;
  // Known outcomes start at zero, so that the first of each is seen as an increase.
  const counters = Object.fromEntries(["success", "failure", "partial"].map((each) => [counterNames.calls(each), 0]));
  const cell = { labels, counters, errors: new Map<string, number>() };
  cells.set(key, cell);
  return cell;
}

type Line = readonly [labels: Readonly<Record<string, string>>, value: number, suffix?: string];

function pageText(cells: readonly Cell[], startedAt: number): string {
  const lines: string[] = [];
  const family = (instrument: Instrument, samples: readonly Line[]): void => {
    if (samples.length === 0) return;
    const name = prometheusName(instrument);
    lines.push(`# HELP ${name} ${instrument.description}`, `# TYPE ${name} ${instrument.kind}`);
    for (const [labels, value, suffix = ""] of samples) {
      const text = exposedLabels(labels);
      lines.push(`${name}${suffix}${text === "" ? "" : `{${text}}`} ${value}`);
    }
  };
  const each = (read: (cell: Cell) => readonly Line[]): readonly Line[] => cells.flatMap((cell) => read(cell));
  const prefixed =
    (prefix: string, label: string) =>
    (cell: Cell): readonly Line[] =>
      Object.entries(cell.counters)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [{ ...cell.labels, [label]: name.slice(prefix.length) }, value]);
  const single =
    (name: string) =>
    (cell: Cell): readonly Line[] =>
      cell.counters[name] === undefined ? [] : [[cell.labels, cell.counters[name]]];
  family(serviceInstruments.operationCalls, each(prefixed(counterNames.calls(""), "outcome")));
  family(serviceInstruments.operationDuration, each(histogram("duration")));
  family(serviceInstruments.operationDurationSquares, each(single(counterNames.squares("duration"))));
  family(serviceInstruments.operationQuality, each(histogram("quality")));
  family(serviceInstruments.operationQualitySquares, each(single(counterNames.squares("quality"))));
  family(serviceInstruments.operationCost, each(prefixed(counterNames.cost(""), "unit")));
  family(serviceInstruments.operationCostSquares, each(prefixed(counterNames.costSquares(""), "unit")));
  family(
    serviceInstruments.operationErrors,
    each(({ labels, errors }) =>
      [...errors].map(([type, value]): Line => [{ ...labels, [labelKeys.errorType]: type }, value]),
    ),
  );
  family(serviceInstruments.processStartTime, [[{}, startedAt]]);
  return `${lines.join("\n")}\n`;
}

function histogram(measure: HistogramMeasure): (cell: Cell) => readonly Line[] {
  return ({ labels, counters }: { labels: Cell["labels"]; counters: Counters }) => {
    const count = counters[counterNames.count(measure)];
    if (count === undefined) return [];
    let total = 0;
    const buckets = (REPORTED_BOUNDS[measure] ?? []).flatMap((bound, index): Line[] => {
      total += counters[counterNames.bucket(measure, index)] ?? 0;
      return SHOWN_BOUNDS[measure].includes(bound) ? [[{ ...labels, le: String(bound) }, total, "_bucket"]] : [];
    });
    const all: Line = [{ ...labels, le: "+Inf" }, count, "_bucket"];
    return [...buckets, all, [labels, counters[counterNames.sum(measure)] ?? 0, "_sum"], [labels, count, "_count"]];
  };
}

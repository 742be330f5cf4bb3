/** Metrics pages with known counters, for the contract of metric sources. */
import { contextLabel, labels, OUTCOMES, prometheusName, serviceInstruments } from "@trimtab/conventions";

/** The cumulative counters of one cell on a page. */
export interface ScriptedCell {
  readonly variant?: string;
  readonly context?: Readonly<Record<string, string>>;
  /** Default: every call is a success. */
  readonly success?: number;
  readonly failure?: number;
  readonly partial?: number;
  readonly duration?: ScriptedHistogram;
  readonly quality?: ScriptedHistogram;
  /** Processes that stopped the variant by themselves; no series where it is absent. */
  readonly stops?: number;
  /** By unit. */
  readonly cost?: Readonly<Record<string, { readonly sum: number; readonly squares?: number }>>;
}

/** Cumulative numbers of a histogram. */
export interface ScriptedHistogram {
  /** Upper bound and cumulative count, without infinity. */
  readonly buckets: readonly (readonly [bound: number, count: number])[];
  readonly sum: number;
  readonly count: number;
  readonly squares?: number;
}

/** One page of one process. */
export interface ScriptedPage {
  /** Seconds since 1970; absent on the page of a service without the gauge. */
  readonly processStart?: number;
  readonly cells: readonly ScriptedCell[];
}

/** The page as text, with series of others around ours, as real pages have them. */
export function pageText(component: string, operation: string, { processStart, cells }: ScriptedPage): string {
  const lines = [
    "# HELP nodejs_heap_size_used_bytes Process heap size used from Node.js in bytes.",
    "# TYPE nodejs_heap_size_used_bytes gauge",
    "nodejs_heap_size_used_bytes 22344",
    'target_info{service_name="shop"} 1',
  ];
  if (processStart !== undefined) lines.push(`${prometheusName(serviceInstruments.processStartTime)} ${processStart}`);
  for (const cell of cells) lines.push(...cellLines(component, operation, cell));
  return `${lines.join("\n")}\n`;
}

function cellLines(component: string, operation: string, cell: ScriptedCell): string[] {
  const own = {
    otel_scope_name: "@trimtab/instrumentation",
    [labels.component]: component,
    [labels.operation]: operation,
    [labels.variant]: cell.variant ?? "base-a",
    ...Object.fromEntries(Object.entries(cell.context ?? {}).map(([key, value]) => [contextLabel(key), value])),
  };
  const line = (name: string, value: number, more: Record<string, string> = {}): string => {
    const text = Object.entries({ ...own, ...more }).map(([key, label]) => `${key}="${escaped(label)}"`);
    return `${name}{${text.join(",")}} ${Number.isNaN(value) ? "NaN" : value}`;
  };
  const { operationCalls, operationCost, operationCostSquares } = serviceInstruments;
  const lines = OUTCOMES.map((outcome) => line(prometheusName(operationCalls), cell[outcome] ?? 0, { outcome }));
  if (cell.stops !== undefined) lines.push(line(prometheusName(serviceInstruments.challengerStopped), cell.stops));
  for (const [unit, { sum, squares }] of Object.entries(cell.cost ?? {})) {
    lines.push(line(prometheusName(operationCost), sum, { unit }));
    if (squares !== undefined) lines.push(line(prometheusName(operationCostSquares), squares, { unit }));
  }
  const histogram = (name: string, squaresName: string, data: ScriptedHistogram | undefined): void => {
    if (data === undefined) return;
    for (const [bound, count] of data.buckets) lines.push(line(`${name}_bucket`, count, { le: String(bound) }));
    lines.push(line(`${name}_bucket`, data.count, { le: "+Inf" }));
    lines.push(line(`${name}_sum`, data.sum), line(`${name}_count`, data.count));
    if (data.squares !== undefined) lines.push(line(squaresName, data.squares));
  };
  const { operationDuration, operationDurationSquares, operationQuality, operationQualitySquares } = serviceInstruments;
  histogram(prometheusName(operationDuration), prometheusName(operationDurationSquares), cell.duration);
  histogram(prometheusName(operationQuality), prometheusName(operationQualitySquares), cell.quality);
  return lines;
}

/** As the text format wants it. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

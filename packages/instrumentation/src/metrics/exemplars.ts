/**
 * A call behind a series, told by its span: what a chart shows as a dot that leads to the trace. Each series keeps the last call
 * that has a span which is recorded and sampled, so there are never more of them than series, and they go with their cell. Of what
 * is said after the end of a call none is kept: its span is over.
 */
import { isSpanContextValid, type Span, TraceFlags } from "@opentelemetry/api";
import { type Instrument, OTHER_CONTEXT_VALUE, serviceInstruments } from "@trimtab/conventions";
import { UNKNOWN_ERROR_TYPE } from "../label-values.ts";
import { reportOwnFailure } from "../own-failure.ts";
import type { Distribution } from "./distribution.ts";
import type { CountKind, EndedCall } from "./measured-call.ts";

/** One call, as one of its series shows it. */
export interface Exemplar {
  /** `trace_id="…",span_id="…"`; one text for all series of the call. */
  readonly span: string;
  /** What the call added to the series. */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The exemplars of one instrument: by the index of the bucket, or by the value of the label. */
export type SeriesExemplars = ReadonlyMap<string | number, Exemplar>;

/** The exemplars of a cell. */
export type CellExemplars = Map<Instrument, Map<string | number, Exemplar>>;

/** The series that a cell has; an exemplar belongs to one of them. */
interface CountedSeries {
  readonly duration: Distribution | undefined;
  readonly quality: Distribution | undefined;
  readonly costs: ReadonlyMap<string, unknown> | undefined;
  readonly errors: ReadonlyMap<string, unknown> | undefined;
  readonly counts: ReadonlyMap<CountKind, ReadonlyMap<string, unknown>> | undefined;
  exemplars: CellExemplars | undefined;
}

const COUNTED: Readonly<Record<CountKind, Instrument>> = {
  tokens: serviceInstruments.operationTokens,
  engagement: serviceInstruments.operationEngagement,
};

/** Makes a call the exemplar of its series, after it was counted and before its span ends. Never throws. */
export function keepExemplars(cell: CountedSeries, call: EndedCall, span: Span): void {
  try {
    const labels = labelsOf(span);
    if (labels === undefined) return;
    const at = Date.now();
    const exemplars = cell.exemplars ?? new Map<Instrument, Map<string | number, Exemplar>>();
    cell.exemplars = exemplars;
    const keep = (instrument: Instrument, series: string | number, value: number): void => {
      const kept = exemplars.get(instrument) ?? new Map<string | number, Exemplar>();
      exemplars.set(instrument, kept.set(series, { span: labels, value, at }));
    };
    const keepIn = (instrument: Instrument, distribution: Distribution | undefined, value: number): void => {
      if (distribution !== undefined) keep(instrument, bucketOf(distribution, value), value);
    };
    keep(serviceInstruments.operationCalls, call.outcome, 1);
    if (call.durationMilliseconds !== undefined) {
      keepIn(serviceInstruments.operationDuration, cell.duration, call.durationMilliseconds / 1000);
    }
    if (call.quality !== undefined) keepIn(serviceInstruments.operationQuality, cell.quality, call.quality);
    if (call.errorType !== undefined && cell.errors !== undefined) {
      keep(serviceInstruments.operationErrors, seriesOf(cell.errors, call.errorType, UNKNOWN_ERROR_TYPE), 1);
    }
    for (const [unit, amount] of call.costs ?? []) {
      keep(serviceInstruments.operationCost, seriesOf(cell.costs, unit, OTHER_CONTEXT_VALUE), amount);
    }
    for (const [kind, byType] of call.counts ?? []) {
      const known = cell.counts?.get(kind);
      for (const [type, amount] of byType) keep(COUNTED[kind], seriesOf(known, type, OTHER_CONTEXT_VALUE), amount);
    }
  } catch (error) {
    reportOwnFailure("keeping an exemplar", error);
  }
}

/** As OpenMetrics writes it behind a value; nothing where there is none. */
export function exemplarText(exemplar: Exemplar | undefined): string {
  return exemplar === undefined ? "" : ` # {${exemplar.span}} ${exemplar.value} ${exemplar.at / 1000}`;
}

/** Undefined for a span that nobody will ever find. */
function labelsOf(span: Span): string | undefined {
  if (!span.isRecording()) return undefined;
  const spanContext = span.spanContext();
  if ((spanContext.traceFlags & TraceFlags.SAMPLED) === 0 || !isSpanContextValid(spanContext)) return undefined;
  return `trace_id="${spanContext.traceId}",span_id="${spanContext.spanId}"`;
}

function bucketOf({ buckets: { boundaries } }: Distribution, value: number): number {
  const at = boundaries.findIndex((boundary) => value <= boundary);
  return at < 0 ? boundaries.length : at;
}

/** Past a bound values are counted as one. */
function seriesOf(known: ReadonlyMap<string, unknown> | undefined, label: string, otherwise: string): string {
  return known?.has(label) === true ? label : otherwise;
}

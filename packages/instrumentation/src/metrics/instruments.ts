/** The instruments of the telemetry contract, made by whatever MeterProvider is there. */
import type {
  BatchObservableCallback,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
  ObservableCounter,
  ObservableGauge,
} from "@opentelemetry/api";
import { type Instrument, serviceInstruments } from "@trimtab/conventions";
import type { Collected } from "../collection-level.ts";

/** Name of the meter and the tracer. */
export const SCOPE = "@trimtab/instrumentation";

/** Instruments that are written to at the end of a call. */
export interface Instruments {
  readonly calls: Counter;
  readonly duration: Histogram;
  readonly durationSquares: Counter;
  readonly quality: Histogram;
  readonly qualitySquares: Counter;
  readonly cost: Counter;
  readonly costSquares: Counter;
  readonly errors: Counter;
}

/** What the package says of itself; read when metrics are collected, so that counting it costs a call nothing. */
export interface OwnReadings {
  readonly startTimeSeconds: number;
  readonly served: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly qualityRefused: number;
  readonly labelsCollapsed: number;
  /** Undefined where there never was a document. */
  readonly parametersAgeSeconds: number | undefined;
}

/** Makes the instruments of tracked calls. */
export function createInstruments(meter: Meter, collected: Collected, durationBounds: readonly number[]): Instruments {
  const counter = (instrument: Instrument): Counter => meter.createCounter(instrument.name, describe(instrument));
  const histogram = (instrument: Instrument, bounds: readonly number[] = []): Histogram =>
    meter.createHistogram(instrument.name, {
      ...describe(instrument),
      advice: { explicitBucketBoundaries: collected.buckets ? [...bounds] : [] },
    });
  return {
    calls: counter(serviceInstruments.operationCalls),
    duration: histogram(serviceInstruments.operationDuration, durationBounds),
    durationSquares: counter(serviceInstruments.operationDurationSquares),
    quality: histogram(serviceInstruments.operationQuality, serviceInstruments.operationQuality.boundaries),
    qualitySquares: counter(serviceInstruments.operationQualitySquares),
    cost: counter(serviceInstruments.operationCost),
    costSquares: counter(serviceInstruments.operationCostSquares),
    errors: counter(serviceInstruments.operationErrors),
  };
}

/** Makes the instruments of the package itself. Returns how to take them away again. */
export function observeOwnReadings(meter: Meter, read: () => OwnReadings): () => void {
  const counter = (instrument: Instrument): ObservableCounter =>
    meter.createObservableCounter(instrument.name, describe(instrument));
  const gauge = (instrument: Instrument): ObservableGauge =>
    meter.createObservableGauge(instrument.name, describe(instrument));
  const startTime = gauge(serviceInstruments.processStartTime);
  const age = gauge(serviceInstruments.parametersAge);
  const served = counter(serviceInstruments.parametersServed);
  const refused = counter(serviceInstruments.parametersRefused);
  const qualityRefused = counter(serviceInstruments.qualityRefused);
  const labelsCollapsed = counter(serviceInstruments.labelValuesCollapsed);

  const observe: BatchObservableCallback = (result) => {
    const readings = read();
    result.observe(startTime, readings.startTimeSeconds);
    result.observe(qualityRefused, readings.qualityRefused);
    result.observe(labelsCollapsed, readings.labelsCollapsed);
    for (const [source, count] of Object.entries(readings.served)) result.observe(served, count, { source });
    for (const [reason, count] of Object.entries(readings.refused)) result.observe(refused, count, { reason });
    if (readings.parametersAgeSeconds !== undefined) result.observe(age, readings.parametersAgeSeconds);
  };
  const observables: Observable[] = [startTime, age, served, refused, qualityRefused, labelsCollapsed];
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}

/** The meter that owns every name of the contract: two scopes with one name would stand on the page twice. */
export function meterOf(provider: MeterProvider): Meter {
  return provider.getMeter(SCOPE);
}

function describe(instrument: Instrument): { description: string; unit: string } {
  return { description: instrument.description, unit: instrument.unit };
}

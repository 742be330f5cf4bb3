/** The instruments of the telemetry contract, made by whatever MeterProvider is there. */
import type {
  BatchObservableCallback,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  ObservableCounter,
  ObservableGauge,
} from "@opentelemetry/api";
import { type Instrument, serviceInstruments } from "@trimtab/conventions";
import type { Collected } from "../collection-level.ts";
import { type OwnReadings, ownSeries } from "./own-readings.ts";

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
  readonly tokens: Counter;
  readonly engagement: Counter;
  readonly stopped: Counter;
  readonly cpu: Counter;
  readonly eventLoopDelay: Counter;
  readonly heap: Counter;
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
    tokens: counter(serviceInstruments.operationTokens),
    engagement: counter(serviceInstruments.operationEngagement),
    stopped: counter(serviceInstruments.challengerStopped),
    cpu: counter(serviceInstruments.operationCpu),
    eventLoopDelay: counter(serviceInstruments.operationEventLoopDelay),
    heap: counter(serviceInstruments.operationHeap),
  };
}

/** Makes the instruments of the package itself. Returns how to take them away again. */
export function observeOwnReadings(meter: Meter, read: () => OwnReadings): () => void {
  const observed = ownSeries.map((series) => ({ series, observable: observableOf(meter, series.instrument) }));
  const observe: BatchObservableCallback = (result) => {
    const readings = read();
    for (const { series, observable } of observed) {
      const { label } = series;
      for (const [labelValue, value] of series.read(readings)) {
        result.observe(observable, value, label === undefined ? {} : { [label]: labelValue });
      }
    }
  };
  const observables = observed.map(({ observable }) => observable);
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}

/** The meter that owns every name of the contract: two scopes with one name would stand on the page twice. */
export function meterOf(provider: MeterProvider): Meter {
  return provider.getMeter(SCOPE);
}

function observableOf(meter: Meter, instrument: Instrument): ObservableCounter | ObservableGauge {
  return instrument.kind === "gauge"
    ? meter.createObservableGauge(instrument.name, describe(instrument))
    : meter.createObservableCounter(instrument.name, describe(instrument));
}

function describe(instrument: Instrument): { description: string; unit: string } {
  return { description: instrument.description, unit: instrument.unit };
}

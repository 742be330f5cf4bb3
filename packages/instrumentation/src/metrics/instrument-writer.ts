/**
 * Writes tracked calls to the instruments of a MeterProvider that belongs to somebody else. Labels are resolved once for each
 * operation, context and variant and then reused as the same objects. What the SDK behind it does with its series is its own
 * affair: it knows no way to let go of one.
 */
import type { MeterProvider } from "@opentelemetry/api";
import { OTHER_CONTEXT_VALUE, OUTCOMES, type VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { warnOnce } from "../own-failure.ts";
import { createInstruments, type Instruments, meterOf, observeOwnReadings } from "./instruments.ts";
import { errorAttributes, labelSets, type Series, typeAttributes, unitAttributes } from "./label-sets.ts";
import {
  type CallWriter,
  type CountKind,
  type EndedCall,
  MAXIMUM_FOREIGN_VARIANTS,
  type MeasuredOperation,
  type SeriesSettings,
  type Siblings,
} from "./measured-call.ts";
import type { OwnReadings } from "./own-readings.ts";

/** Of the SDK, for the series of one instrument. */
const DEFAULT_CARDINALITY_LIMIT = 2000;

/** The series of one context, by variant. */
interface SeriesOfContext {
  readonly owner: InstrumentWriter;
  readonly byVariant: Map<VariantId, Series>;
  /** The variants that were last made to exist. */
  born: Siblings | undefined;
}

/** Writes to the instruments of one MeterProvider, under one set of settings. */
export class InstrumentWriter implements CallWriter {
  readonly #settings: SeriesSettings;
  readonly #onCollapsed: () => void;
  readonly #instruments: Instruments;
  readonly #stop: () => void;
  #hasWritten = false;
  #callsSeries = 0;

  /** @throws whatever the provider throws. */
  constructor(provider: MeterProvider, settings: SeriesSettings, readings: () => OwnReadings, onCollapsed: () => void) {
    const meter = meterOf(provider);
    this.#settings = settings;
    this.#onCollapsed = onCollapsed;
    this.#instruments = createInstruments(meter, settings.collected, settings.durationBoundariesSeconds);
    this.#stop = observeOwnReadings(meter, readings);
  }

  /** Was anything of a call written? */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Takes away what would go on being observed. */
  stop(): void {
    this.#stop();
  }

  record(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    siblings?: Siblings,
  ): void {
    const instruments = this.#instruments;
    const kept = this.#keptOf(context);
    if (siblings !== undefined && kept.born !== siblings) {
      kept.born = siblings;
      for (const { id } of siblings) this.#seriesOf(operation, context, id);
    }
    const series = this.#seriesOf(operation, context, variant);
    if (series.isCollapsed) this.#onCollapsed();
    instruments.calls.add(1, series[call.outcome]);
    if (call.durationMilliseconds !== undefined) {
      const seconds = call.durationMilliseconds / 1000;
      instruments.duration.record(seconds, series.attributes);
      instruments.durationSquares.add(seconds * seconds, series.attributes);
    }
    if (call.errorType !== undefined && this.#settings.collected.errorTypes) {
      instruments.errors.add(1, errorAttributes(series, call.errorType));
    }
    if (call.quality !== undefined) this.#addQuality(series, call.quality);
    if (call.costs !== undefined) for (const [unit, amount] of call.costs) this.#addCost(series, amount, unit);
    if (call.counts !== undefined) {
      for (const [kind, byType] of call.counts) {
        for (const [type, amount] of byType) this.#addCount(series, kind, type, amount);
      }
    }
    if (call.resources !== undefined) {
      instruments.cpu.add(call.resources.cpuSeconds, series.attributes);
      instruments.eventLoopDelay.add(call.resources.eventLoopDelaySeconds, series.attributes);
      instruments.heap.add(call.resources.heapBytes, series.attributes);
    }
  }

  recordLateQuality(operation: MeasuredOperation, context: LabelledContext, variant: VariantId, quality: number): void {
    this.#addQuality(this.#seriesOf(operation, context, variant), quality);
  }

  recordLateCost(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    amount: number,
    unit: string,
  ): void {
    this.#addCost(this.#seriesOf(operation, context, variant), amount, unit);
  }

  recordLateCount(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    kind: CountKind,
    type: string,
    amount: number,
  ): void {
    this.#addCount(this.#seriesOf(operation, context, variant), kind, type, amount);
  }

  recordStop(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): void {
    this.#instruments.stopped.add(1, this.#seriesOf(operation, context, variant).attributes);
  }

  #addCount(series: Series, kind: CountKind, type: string, amount: number): void {
    this.#instruments[kind].add(amount, typeAttributes(series, kind, type));
  }

  #addQuality(series: Series, quality: number): void {
    this.#instruments.quality.record(quality, series.attributes);
    this.#instruments.qualitySquares.add(quality * quality, series.attributes);
  }

  #addCost(series: Series, amount: number, unit: string): void {
    const attributes = unitAttributes(series, unit);
    this.#instruments.cost.add(amount, attributes);
    this.#instruments.costSquares.add(amount * amount, attributes);
  }

  #seriesOf(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): Series {
    const { byVariant } = this.#keptOf(context);
    const known = byVariant.get(variant);
    if (known !== undefined) return known;
    if (byVariant.size >= MAXIMUM_FOREIGN_VARIANTS && variant !== OTHER_CONTEXT_VALUE) {
      const isCurrent = operation.isCurrent(variant, context.isCollapsed ? undefined : context.context);
      if (!isCurrent) return this.#seriesOf(operation, context, OTHER_CONTEXT_VALUE);
      byVariant.clear(); // label sets only: the SDK knows the same labels for the same series
    }
    this.#hasWritten = true;
    this.#callsSeries += OUTCOMES.length;
    if (this.#callsSeries > DEFAULT_CARDINALITY_LIMIT) {
      warnOnce(
        "too many series for a provider",
        `more than ${DEFAULT_CARDINALITY_LIMIT} series of trimtab.operation.calls were made for the MeterProvider of the service, which ` +
          "lets go of none and by default drops the labels of more: hand metricProducer() to its reader instead, or give it a view " +
          "with a higher aggregationCardinalityLimit",
      );
    }
    if (operation.durationBoundaries !== undefined) {
      warnOnce(
        `boundaries:${operation.name}`,
        `operation "${operation.name}" has duration boundaries of its own, but the MeterProvider of the service keeps one list ` +
          "for all: those of durationBoundariesSeconds hold. Hand the metric producer to its reader instead",
      );
    }
    const series = labelSets(operation, context, variant);
    byVariant.set(variant, series);
    this.#instruments.calls.add(0, series.success);
    this.#instruments.calls.add(0, series.failure);
    this.#instruments.calls.add(0, series.partial);
    return series;
  }

  #keptOf(context: LabelledContext): SeriesOfContext {
    const kept = context.series as SeriesOfContext | undefined;
    if (kept?.owner === this) return kept;
    const fresh: SeriesOfContext = { owner: this, byVariant: new Map(), born: undefined };
    context.series = fresh;
    return fresh;
  }
}

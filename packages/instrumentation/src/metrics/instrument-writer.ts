/**
 * Writes tracked calls to the instruments of a MeterProvider that belongs to somebody else. Labels are resolved once for each
 * operation, context and variant and then reused as the same objects. What the SDK behind it does with its series is its own
 * affair: it knows no way to let go of one.
 */
import type { Attributes, MeterProvider } from "@opentelemetry/api";
import { contextLabel, labels, OTHER_CONTEXT_VALUE, type Outcome, type VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { labelValue, UNKNOWN_ERROR_TYPE } from "../label-values.ts";
import { warnOnce } from "../own-failure.ts";
import { createInstruments, type Instruments, meterOf, observeOwnReadings } from "./instruments.ts";
import {
  type CallWriter,
  type EndedCall,
  MAXIMUM_ERROR_TYPES,
  MAXIMUM_FOREIGN_VARIANTS,
  MAXIMUM_UNITS,
  type MeasuredOperation,
  type SeriesSettings,
  type Siblings,
} from "./measured-call.ts";
import type { OwnReadings } from "./own-readings.ts";

/** The label sets of one operation, context and variant. */
interface Series {
  readonly attributes: Attributes;
  readonly success: Attributes;
  readonly failure: Attributes;
  readonly partial: Attributes;
  readonly byErrorType: Map<string, Attributes>;
  readonly byUnit: Map<string, Attributes>;
  readonly isCollapsed: boolean;
}

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

  recordStop(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): void {
    this.#instruments.stopped.add(1, this.#seriesOf(operation, context, variant).attributes);
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

function labelSets(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): Series {
  const attributes: Attributes = {
    [labels.component]: operation.component,
    [labels.operation]: operation.name,
    [labels.variant]: labelValue(variant),
  };
  for (const [key, value] of Object.entries(context.context)) attributes[contextLabel(key)] = value;
  const withOutcome = (outcome: Outcome): Attributes => ({ ...attributes, [labels.outcome]: outcome });
  return {
    attributes,
    success: withOutcome("success"),
    failure: withOutcome("failure"),
    partial: withOutcome("partial"),
    byErrorType: new Map(),
    byUnit: new Map(),
    isCollapsed: context.isCollapsed || variant === OTHER_CONTEXT_VALUE,
  };
}

function errorAttributes(series: Series, errorType: string): Attributes {
  const known = series.byErrorType.get(errorType);
  if (known !== undefined) return known;
  const isFull = series.byErrorType.size >= MAXIMUM_ERROR_TYPES && errorType !== UNKNOWN_ERROR_TYPE;
  if (isFull) return errorAttributes(series, UNKNOWN_ERROR_TYPE);
  const attributes = { ...series.attributes, [labels.errorType]: errorType };
  series.byErrorType.set(errorType, attributes);
  return attributes;
}

function unitAttributes(series: Series, unit: string): Attributes {
  const known = series.byUnit.get(unit);
  if (known !== undefined) return known;
  if (series.byUnit.size >= MAXIMUM_UNITS && unit !== OTHER_CONTEXT_VALUE) {
    warnOnce("too many units", `more than ${MAXIMUM_UNITS} units of cost; "${unit}" counts as ${OTHER_CONTEXT_VALUE}`);
    return unitAttributes(series, OTHER_CONTEXT_VALUE);
  }
  const attributes = { ...series.attributes, [labels.unit]: unit };
  series.byUnit.set(unit, attributes);
  return attributes;
}

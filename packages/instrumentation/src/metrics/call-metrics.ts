/**
 * Counts calls. Labels are resolved once for each operation, context and variant and then reused as the same objects.
 *
 * The metrics API has no stand-in that wakes up when an SDK is registered later, unlike the one for traces: instruments made
 * too early would stay silent for ever. So the provider is looked at for each call, and a new one gets new instruments, with
 * every series starting at zero again.
 */
import { type Attributes, type MeterProvider, metrics } from "@opentelemetry/api";
import { contextLabel, labels, OTHER_CONTEXT_VALUE, type Outcome, type VariantId } from "@trimtab/conventions";
import type { Collected } from "../collection-level.ts";
import type { LabelledContext } from "../context-tree.ts";
import { labelValue, UNKNOWN_ERROR_TYPE } from "../label-values.ts";
import { reportOwnFailure, warnOnce } from "../own-failure.ts";
import { createInstruments, type Instruments, meterOf, type OwnReadings, observeOwnReadings } from "./instruments.ts";

/** What is known of a call when it has ended. */
export interface EndedCall {
  readonly outcome: Outcome;
  /** Undefined where nobody measured it. */
  readonly durationMilliseconds: number | undefined;
  readonly quality: number | undefined;
  /** Amounts by unit. */
  readonly costs: ReadonlyMap<string, number> | undefined;
  readonly errorType: string | undefined;
}

/** What decides which instruments there are. */
export interface MetricSettings {
  readonly component: string;
  readonly collected: Collected;
  readonly durationBoundariesSeconds: readonly number[];
  readonly meterProvider: MeterProvider | undefined;
}

/** The label sets of one operation, context and variant. */
interface Series {
  readonly attributes: Attributes;
  readonly success: Attributes;
  readonly failure: Attributes;
  readonly partial: Attributes;
  readonly byErrorType: Map<string, Attributes>;
  readonly byUnit: Map<string, Attributes>;
}

/** The series of one context, by variant, as long as the instruments are those of this generation. */
interface SeriesOfContext {
  readonly generation: number;
  readonly byVariant: Map<VariantId, Series>;
  /** The variants that were last made to exist. */
  born: readonly { readonly id: VariantId }[] | undefined;
}

/** Error types and units come from the application; more of them than this per series are one. */
const MAXIMUM_ERROR_TYPES = 50;
const MAXIMUM_UNITS = 20;

/** Writes tracked calls to the instruments of the present MeterProvider. */
export class CallMetrics {
  #settings: MetricSettings;
  readonly #ownReadings: () => OwnReadings;
  #provider: MeterProvider | undefined;
  #instruments: Instruments | undefined;
  #generation = 0;
  #forget: () => void = () => {};

  constructor(settings: MetricSettings, ownReadings: () => OwnReadings) {
    this.#settings = settings;
    this.#ownReadings = ownReadings;
  }

  /** Applies other settings: new instruments, new label sets. */
  configure(settings: MetricSettings): void {
    this.#settings = settings;
    this.#provider = undefined;
    this.refresh();
  }

  /** Makes the instruments, if there is a MeterProvider that has none of ours yet. */
  refresh(): Instruments | undefined {
    const provider = this.#settings.meterProvider ?? metrics.getMeterProvider();
    if (provider === this.#provider) return this.#instruments;
    this.#provider = provider; // first: a provider that fails once is not asked again for each call
    this.#instruments = undefined;
    this.#generation++;
    try {
      this.#forget();
      const meter = meterOf(provider);
      this.#instruments = createInstruments(meter, this.#settings.collected, this.#settings.durationBoundariesSeconds);
      this.#forget = observeOwnReadings(meter, this.#ownReadings);
    } catch (error) {
      reportOwnFailure("making the instruments", error);
    }
    return this.#instruments;
  }

  /**
   * Counts a call that has ended.
   *
   * @param siblings The variants that calls of this context may get: their outcomes exist at zero from now on, because
   * Prometheus sees no increase in a series that is born with its first call.
   */
  record(
    operation: string,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    siblings?: readonly { readonly id: VariantId }[],
  ): void {
    const instruments = this.refresh();
    if (instruments === undefined) return;
    const kept = this.#keptOf(context);
    if (siblings !== undefined && kept.born !== siblings) {
      kept.born = siblings;
      for (const { id } of siblings) this.#seriesOf(instruments, operation, context, id);
    }
    const series = this.#seriesOf(instruments, operation, context, variant);
    instruments.calls.add(1, series[call.outcome]);
    if (call.durationMilliseconds !== undefined) {
      const seconds = call.durationMilliseconds / 1000;
      instruments.duration.record(seconds, series.attributes);
      instruments.durationSquares.add(seconds * seconds, series.attributes);
    }
    if (call.errorType !== undefined && this.#settings.collected.errorTypes) {
      instruments.errors.add(1, errorAttributes(series, call.errorType));
    }
    if (call.quality !== undefined) recordQuality(instruments, series, call.quality);
    if (call.costs !== undefined) {
      for (const [unit, amount] of call.costs) recordCost(instruments, series, amount, unit);
    }
  }

  /** Counts a score that came after its call had ended. */
  recordLateQuality(operation: string, context: LabelledContext, variant: VariantId, quality: number): void {
    const instruments = this.refresh();
    if (instruments === undefined) return;
    recordQuality(instruments, this.#seriesOf(instruments, operation, context, variant), quality);
  }

  /** Counts a cost that came after its call had ended. */
  recordLateCost(operation: string, context: LabelledContext, variant: VariantId, amount: number, unit: string): void {
    const instruments = this.refresh();
    if (instruments === undefined) return;
    recordCost(instruments, this.#seriesOf(instruments, operation, context, variant), amount, unit);
  }

  #seriesOf(instruments: Instruments, operation: string, context: LabelledContext, variant: VariantId): Series {
    const kept = this.#keptOf(context);
    let series = kept.byVariant.get(variant);
    if (series === undefined) {
      series = labelSets(this.#settings.component, operation, context, variant);
      kept.byVariant.set(variant, series);
      instruments.calls.add(0, series.success);
      instruments.calls.add(0, series.failure);
      instruments.calls.add(0, series.partial);
    }
    return series;
  }

  #keptOf(context: LabelledContext): SeriesOfContext {
    const kept = context.series as SeriesOfContext | undefined;
    if (kept?.generation === this.#generation) return kept;
    const fresh: SeriesOfContext = { generation: this.#generation, byVariant: new Map(), born: undefined };
    context.series = fresh;
    return fresh;
  }
}

function labelSets(component: string, operation: string, context: LabelledContext, variant: VariantId): Series {
  const attributes: Attributes = {
    [labels.component]: component,
    [labels.operation]: operation,
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
  };
}

function recordQuality(instruments: Instruments, series: Series, quality: number): void {
  instruments.quality.record(quality, series.attributes);
  instruments.qualitySquares.add(quality * quality, series.attributes);
}

function recordCost(instruments: Instruments, series: Series, amount: number, unit: string): void {
  const attributes = unitAttributes(series, unit);
  instruments.cost.add(amount, attributes);
  instruments.costSquares.add(amount * amount, attributes);
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

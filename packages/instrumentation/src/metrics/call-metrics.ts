/**
 * Counts calls, in one of two ways and never in both:
 *
 *     cells         kept in this process and handed over when metrics are collected: by our own page, or by a reader of the
 *                   service's SDK that was given our producer; also as long as nobody collects anything
 *     instruments   of the service's own MeterProvider, written at the end of each call: where nobody took the producer
 *
 * The metrics API has no stand-in that wakes up when an SDK is registered later, unlike the one for traces: instruments made
 * too early would stay silent for ever. So where no producer was taken the provider is looked at for each call, and a new one
 * gets new instruments, with every series starting at zero again.
 */
import { createNoopMeter, type MeterProvider, metrics, type Span } from "@opentelemetry/api";
import type { VariantId } from "@trimtab/conventions";
import type { Interceptable } from "../call-interceptor.ts";
import type { LabelledContext } from "../context-tree.ts";
import { reportOwnFailure, warn, warnOnce } from "../own-failure.ts";
import type { RecordSampler } from "../record-sampler.ts";
import { CellWriter } from "./cell-writer.ts";
import { InstrumentWriter } from "./instrument-writer.ts";
import { meterOf } from "./instruments.ts";
import type { CallWriter, CountKind, EndedCall, MeasuredOperation, SeriesSettings, Siblings } from "./measured-call.ts";
import { type CollectedMetric, metricData } from "./metric-data.ts";
import type { OwnReadings } from "./own-readings.ts";
import type { PageFormat } from "./page-format.ts";
import { pageText } from "./page-text.ts";

/** What decides which series there are, and where they go. */
export interface MetricSettings extends SeriesSettings {
  /** Where metrics go. Undefined: to whoever takes the producer, else to the global MeterProvider. */
  readonly meterProvider: MeterProvider | undefined;
}

/** What tracked calls need to know of the instance that counts them. */
export interface MetricSurroundings {
  /** Takes some calls one by one. */
  readonly sampler?: RecordSampler;
  readonly ownReadings: () => OwnReadings;
  /** Hears of each call that loses labels to a bound. */
  readonly onCollapsed: () => void;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  readonly shared?: Interceptable;
}

/** Writes tracked calls to where they are collected from. */
export class CallMetrics implements CallWriter {
  #settings: MetricSettings;
  readonly #surroundings: MetricSurroundings;
  readonly #shared: Interceptable;
  readonly #cells: CellWriter;
  #provider: MeterProvider | undefined;
  #instruments: InstrumentWriter | undefined;
  #isTaken = false;

  constructor(settings: MetricSettings, surroundings: MetricSurroundings) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#shared = surroundings.shared ?? {};
    this.#cells = new CellWriter(settings, surroundings.now, surroundings.onCollapsed);
  }

  /** How many cells there are, shown or not. */
  get cellCount(): number {
    return this.#cells.size;
  }

  /** Applies other settings; where they make other series, all start at zero. */
  configure(settings: MetricSettings): void {
    this.#settings = settings;
    this.#cells.configure(settings);
    this.#provider = undefined;
    if (this.#isTaken && settings.meterProvider !== undefined) {
      warnOnce(
        "producer and provider",
        "meterProvider is not used: the metric producer was taken, and calls are counted once",
      );
    }
    this.refresh();
  }

  /**
   * From now on the cells are read, and no instruments are written.
   *
   * @returns False where calls were written to instruments already: they stay there, because counting on in a second place would
   * give every series twice.
   */
  take(): boolean {
    if (this.#isTaken) return true;
    if (this.#settings.meterProvider !== undefined || this.#instruments?.hasWritten === true) {
      warn(
        "the metric producer stays empty, because calls are written to a MeterProvider already: take the producer before the " +
          "service's SDK starts, and set no meterProvider",
      );
      return false;
    }
    this.#instruments?.stop();
    this.#instruments = undefined;
    this.#isTaken = true;
    return true;
  }

  /** Looks for a MeterProvider that is new, and makes its instruments. */
  refresh(): CallWriter {
    if (this.#isTaken) return this.#cells;
    const provider = this.#settings.meterProvider ?? metrics.getMeterProvider();
    if (provider !== this.#provider) this.#moveTo(provider);
    return this.#instruments ?? this.#cells;
  }

  /** The operation has other duration buckets now: its series start at zero. */
  restart(operation: MeasuredOperation): void {
    this.#cells.restart(operation);
  }

  record(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    siblings?: Siblings,
  ): void {
    const { interceptor } = this.#shared;
    if (interceptor?.record(operation, context.context, variant, call) === true) return;
    this.refresh().record(operation, context, variant, call, siblings);
    operation.history?.record(call);
    const { sampler } = this.#surroundings;
    if (sampler !== undefined && sampler.ratio > 0) sampler.consider(operation, context, variant, call);
  }

  /** The call was recorded just now, and has a span that has not ended yet: its series may show it as an exemplar. */
  exemplify(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    span: Span,
  ): void {
    if (this.#shared.interceptor !== undefined || this.refresh() !== this.#cells) return;
    this.#cells.exemplify(operation, context, variant, call, span);
  }

  recordLateQuality(operation: MeasuredOperation, context: LabelledContext, variant: VariantId, quality: number): void {
    const { interceptor } = this.#shared;
    if (interceptor?.recordLate(operation, context.context, variant, { quality }) === true) return;
    this.refresh().recordLateQuality(operation, context, variant, quality);
    operation.history?.recordQuality(quality);
  }

  recordLateCost(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    amount: number,
    unit: string,
  ): void {
    const { interceptor } = this.#shared;
    if (interceptor?.recordLate(operation, context.context, variant, { amount, unit }) === true) return;
    this.refresh().recordLateCost(operation, context, variant, amount, unit);
  }

  recordLateCount(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    kind: CountKind,
    type: string,
    amount: number,
  ): void {
    this.refresh().recordLateCount(operation, context, variant, kind, type, amount);
  }

  recordStop(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): void {
    this.refresh().recordStop(operation, context, variant);
  }

  /** The page of what the cells hold, in parts; from the first one in OpenMetrics on exemplars are kept. */
  pageText(format: PageFormat = "plain"): Generator<string, void> {
    if (format === "openmetrics") this.#cells.keepExemplars();
    return pageText(this.#cells.shown(), this.#surroundings.ownReadings(), format);
  }

  /** What the cells hold, in the SDK's data model. */
  collect(): CollectedMetric[] {
    const cells = this.#cells.shown().map(({ cell }) => cell);
    const readings = this.#surroundings.ownReadings();
    return metricData(cells, readings, performance.timeOrigin, Date.now());
  }

  #moveTo(provider: MeterProvider): void {
    this.#provider = provider; // first: a provider that fails once is not asked again for each call
    try {
      this.#instruments?.stop();
      this.#instruments = undefined;
      if (meterOf(provider) === createNoopMeter()) return;
      const { ownReadings, onCollapsed } = this.#surroundings;
      this.#instruments = new InstrumentWriter(provider, this.#settings, ownReadings, onCollapsed);
      this.#cells.clear(); // counted before there was anybody to collect it: a histogram cannot be handed over
    } catch (error) {
      reportOwnFailure("making the instruments", error);
    }
  }
}

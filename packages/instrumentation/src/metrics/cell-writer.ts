/**
 * Keeps the cells of this process: finds the cell of a call, bounds how many there are, and lets go of those of retired variants.
 *
 *     contexts    bounded where they are told apart (context-tree.ts); with too many cells, further contexts collapse as well
 *     variants    those that no document names collapse past a hundred per context; the others never
 *     totals      stay exact: what collapses is counted under `__other__`
 */
import type { Span } from "@opentelemetry/api";
import { OTHER_CONTEXT_VALUE, serviceInstruments, type VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { labelValue } from "../label-values.ts";
import type { Cell, CellBuckets, CellShape } from "./cell.ts";
import { Buckets } from "./distribution.ts";
import { keepExemplars } from "./exemplars.ts";
import { type CellSlot, KeptCell, type ShownCell } from "./kept-cell.ts";
import { cellLabels } from "./label-text.ts";
import {
  type CallWriter,
  type CountKind,
  type EndedCall,
  MAXIMUM_FOREIGN_VARIANTS,
  type MeasuredOperation,
  type SeriesSettings,
  type Siblings,
} from "./measured-call.ts";

/** How long it is remembered that a series is gone, in milliseconds: longer than readers remember it. */
const REMEMBERED_MILLISECONDS = 60 * 60_000;
const MINIMUM_SWEEP_INTERVAL_MILLISECONDS = 1000;
/** On average over all contexts; and no fewer than this in all. */
const CELLS_PER_CONTEXT = 10;
const MINIMUM_CELLS = 1000;

/** The cells of one context. */
interface Slot extends CellSlot {
  readonly owner: object;
  /** The variants that were last made to exist. */
  born: Siblings | undefined;
}

/** Writes tracked calls to cells. */
export class CellWriter implements CallWriter {
  readonly #now: () => number;
  readonly #onCollapsed: () => void;
  #settings: SeriesSettings;
  #owner: object = {};
  #sweptAt = Number.NEGATIVE_INFINITY;
  #keepsExemplars = false;
  readonly #cells = new Map<string, KeptCell>();
  /** Series that are gone, oldest first. */
  readonly #gone = new Map<string, { readonly shape: CellShape; readonly at: number }>();
  readonly #buckets = new Map<string, Buckets>();

  /** @param now Milliseconds on a monotonic clock. @param onCollapsed Hears of each call that loses labels to a bound. */
  constructor(settings: SeriesSettings, now: () => number, onCollapsed: () => void) {
    this.#settings = settings;
    this.#now = now;
    this.#onCollapsed = onCollapsed;
  }

  /** How many cells there are, shown or not. */
  get size(): number {
    return this.#cells.size;
  }

  /** Applies other settings. Where they make other series, all start at zero. */
  configure(settings: SeriesSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    const isSame =
      before.component === settings.component &&
      before.collected.buckets === settings.collected.buckets &&
      before.collected.errorTypes === settings.collected.errorTypes &&
      before.durationBoundariesSeconds.join() === settings.durationBoundariesSeconds.join();
    if (!isSame) this.clear();
  }

  /** Forgets every cell. */
  clear(): void {
    this.#owner = {};
    this.#cells.clear();
    this.#gone.clear();
    this.#buckets.clear();
  }

  /** Forgets the cells of an operation: it has other buckets now, and a histogram cannot change its buckets. */
  restart(operation: MeasuredOperation): void {
    for (const kept of this.#cells.values()) if (kept.cell.operation === operation) this.#drop(kept);
  }

  record(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    siblings?: Siblings,
  ): void {
    const slot = this.#slotOf(context);
    if (siblings !== undefined && slot.born !== siblings) {
      slot.born = siblings;
      for (const { id } of siblings) this.#cellOf(operation, context, id);
    }
    const cell = slot.byVariant.get(variant) ?? this.#find(operation, context, variant);
    cell.record(call);
    if (cell.isCollapsed) this.#onCollapsed();
  }

  /** From now on: before somebody reads them they would only take room. */
  keepExemplars(): void {
    this.#keepsExemplars = true;
  }

  /** The call was counted just now, and has this span. */
  exemplify(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    call: EndedCall,
    span: Span,
  ): void {
    if (this.#keepsExemplars) keepExemplars(this.#cellOf(operation, context, variant), call, span);
  }

  recordLateQuality(operation: MeasuredOperation, context: LabelledContext, variant: VariantId, quality: number): void {
    this.#cellOf(operation, context, variant).recordQuality(quality);
  }

  recordLateCost(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    amount: number,
    unit: string,
  ): void {
    this.#cellOf(operation, context, variant).recordCost(amount, unit);
  }

  recordLateCount(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    kind: CountKind,
    type: string,
    amount: number,
  ): void {
    this.#cellOf(operation, context, variant).recordCount(kind, type, amount);
  }

  recordStop(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): void {
    this.#cellOf(operation, context, variant).recordStop();
  }

  /** What a page is to show now. Asking counts as showing it. */
  shown(): readonly ShownCell[] {
    this.#sweep(true);
    const now = this.#now();
    return Array.from(this.#cells.values(), (kept) => kept.show(now));
  }

  #cellOf(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): Cell {
    return this.#slotOf(context).byVariant.get(variant) ?? this.#find(operation, context, variant);
  }

  #slotOf(context: LabelledContext): Slot {
    const known = context.series as Slot | undefined;
    if (known?.owner === this.#owner) return known;
    const slot: Slot = { owner: this.#owner, byVariant: new Map(), born: undefined };
    context.series = slot;
    return slot;
  }

  /** The cell of a variant that this context has none of yet: a new one, or past a bound one that stands for several. */
  #find(operation: MeasuredOperation, context: LabelledContext, variant: VariantId): Cell {
    const slot = this.#slotOf(context);
    const isOther = variant === OTHER_CONTEXT_VALUE;
    const isForeign = !isOther && !operation.isCurrent(variant, context.isCollapsed ? undefined : context.context);
    if (isForeign && this.#isPast(() => slot.byVariant.size >= MAXIMUM_FOREIGN_VARIANTS)) {
      return this.#cellOf(operation, context, OTHER_CONTEXT_VALUE);
    }
    const label = labelValue(variant);
    const labels = cellLabels(operation.component, operation.name, label, context.context);
    let kept = this.#cells.get(labels);
    if (kept === undefined) {
      const isFull = (): boolean => this.#cells.size >= this.#maximumCells;
      if (context.collapsed !== context && this.#isPast(isFull)) {
        return this.#cellOf(operation, context.collapsed, variant);
      }
      // Published variants always keep their label: there are as many as the controller allows.
      const isOverfull = (): boolean => this.#cells.size >= 2 * this.#maximumCells;
      if (isForeign && this.#isPast(isOverfull)) return this.#cellOf(operation, context, OTHER_CONTEXT_VALUE);
      kept = this.#make(operation, context, label, labels);
    }
    // A text that is cut for its label has no end of spellings: only what is its own label is found at once next time.
    if (label === variant) {
      slot.byVariant.set(variant, kept.cell);
      kept.slots.add(slot);
    }
    return kept.cell;
  }

  #make(operation: MeasuredOperation, context: LabelledContext, variant: VariantId, labels: string): KeptCell {
    const shapeBefore = this.#gone.get(labels)?.shape;
    this.#gone.delete(labels);
    const kept = new KeptCell(
      operation,
      context,
      variant,
      this.#bucketsOf(operation),
      labels,
      this.#now(),
      shapeBefore,
    );
    this.#cells.set(labels, kept);
    return kept;
  }

  get #maximumCells(): number {
    return Math.max(MINIMUM_CELLS, CELLS_PER_CONTEXT * this.#settings.maximumContexts);
  }

  /** Is a bound reached, also after letting go of what can go? */
  #isPast(isReached: () => boolean): boolean {
    if (!isReached()) return false;
    if (this.#now() - this.#sweptAt >= MINIMUM_SWEEP_INTERVAL_MILLISECONDS) this.#sweep(false);
    return isReached();
  }

  #sweep(isPage: boolean): void {
    const now = this.#now();
    this.#sweptAt = now;
    for (const kept of this.#cells.values()) {
      if (kept.stays(now, isPage)) continue;
      this.#drop(kept);
      this.#gone.set(kept.labels, { shape: kept.cell.shape, at: now });
    }
    for (const [labels, { at }] of this.#gone) {
      if (now - at < REMEMBERED_MILLISECONDS && this.#gone.size <= this.#maximumCells) break;
      this.#gone.delete(labels);
    }
  }

  #drop(kept: KeptCell): void {
    this.#cells.delete(kept.labels);
    for (const slot of kept.slots) slot.byVariant.delete(kept.cell.variant);
  }

  #bucketsOf(operation: MeasuredOperation): CellBuckets {
    const { collected, durationBoundariesSeconds } = this.#settings;
    const boundaries = operation.durationBoundaries ?? durationBoundariesSeconds;
    return {
      duration: this.#shared(collected.buckets ? boundaries : []),
      quality: this.#shared(collected.buckets ? (serviceInstruments.operationQuality.boundaries ?? []) : []),
      countsErrorTypes: collected.errorTypes,
    };
  }

  #shared(boundaries: readonly number[]): Buckets {
    const key = boundaries.join();
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const buckets = new Buckets(boundaries);
    this.#buckets.set(key, buckets);
    return buckets;
  }
}

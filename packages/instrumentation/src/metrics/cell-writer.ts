/**
 * Keeps the cells of this process: finds the cell of a call, bounds how many there are, and lets go of those of retired variants.
 *
 *     shown      its variant may still be given to calls, or something was recorded in the last 10 minutes, or fewer than two pages
 *                have shown what was recorded last
 *     hidden     else: on no page, but its numbers are kept, and it goes on from them should its variant come back
 *     forgotten  after 30 more minutes: should its variant come back, it starts at zero
 *
 * Hidden before forgotten, because whoever reads the page remembers a series for a while (5 minutes, or ten scrapes) and takes one
 * that comes back within that time for the same: starting at zero any earlier would be counted wrong.
 */
import { OTHER_CONTEXT_VALUE, serviceInstruments, type VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { labelValue } from "../label-values.ts";
import { Buckets, Cell, type CellBuckets } from "./cell.ts";
import { cellLabels } from "./label-text.ts";
import {
  type CallWriter,
  type EndedCall,
  MAXIMUM_FOREIGN_VARIANTS,
  type MeasuredOperation,
  type SeriesSettings,
  type Siblings,
} from "./measured-call.ts";

/** How long a series of a retired variant is still shown after its last change, in milliseconds. */
export const GRACE_MILLISECONDS: number = 10 * 60_000;
/** How long its numbers are kept after that, in milliseconds. */
export const HIDDEN_MILLISECONDS: number = 30 * 60_000;
/** Pages that show what was recorded last before a series goes. */
const MINIMUM_PAGES = 2;
const MINIMUM_SWEEP_INTERVAL_MILLISECONDS = 1000;
/** On average over all contexts; and no fewer than this in all. */
const CELLS_PER_CONTEXT = 10;
const MINIMUM_CELLS = 1000;

/** The cells of one context. */
interface Slot {
  readonly owner: object;
  readonly byVariant: Map<VariantId, Cell>;
  /** The variants that were last made to exist. */
  born: Siblings | undefined;
}

/** A cell, and what is known of its age. */
interface KeptCell {
  readonly cell: Cell;
  /** Its labels as text: two cells with the same would be one series twice. */
  readonly labels: string;
  readonly slots: Set<Slot>;
  /** On the clock of the writer. */
  lastSeenAt: number;
  writesSeen: number;
  pagesSince: number;
  isShown: boolean;
}

/** A cell as a page shows it. */
export interface ShownCell {
  readonly cell: Cell;
  /** `component="…",operation="…",variant="…",ctx_…="…"` */
  readonly labels: string;
}

/** Writes tracked calls to cells. */
export class CellWriter implements CallWriter {
  readonly #now: () => number;
  readonly #onCollapsed: () => void;
  #settings: SeriesSettings;
  #owner: object = {};
  #sweptAt = Number.NEGATIVE_INFINITY;
  readonly #cells = new Map<string, KeptCell>();
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
    this.#buckets.clear();
  }

  /** Forgets the cells of an operation: it has other buckets now, and a histogram cannot change its buckets. */
  restart(operation: MeasuredOperation): void {
    for (const kept of this.#cells.values()) if (kept.cell.operation === operation) this.#forget(kept);
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

  /** The cells that a page is to show now. Asking counts as showing them. */
  shown(): readonly ShownCell[] {
    this.#sweep(true);
    return [...this.#cells.values()].filter((kept) => kept.isShown);
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
    const labels = cellLabels(this.#settings.component, operation.name, label, context.context);
    let kept = this.#cells.get(labels);
    if (kept === undefined) {
      const isFull = (): boolean => this.#cells.size >= this.#maximumCells;
      if (context.collapsed !== context && this.#isPast(isFull)) {
        return this.#cellOf(operation, context.collapsed, variant);
      }
      if (isForeign && this.#isPast(isFull)) return this.#cellOf(operation, context, OTHER_CONTEXT_VALUE);
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
    const cell = new Cell(operation, context, variant, this.#bucketsOf(operation), Date.now());
    const kept: KeptCell = {
      cell,
      labels,
      slots: new Set(),
      lastSeenAt: this.#now(),
      writesSeen: 0,
      pagesSince: 0,
      isShown: true,
    };
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
      const { cell } = kept;
      const { context, writes } = cell;
      const isCurrent = cell.operation.isCurrent(cell.variant, context.isCollapsed ? undefined : context.context);
      if (isCurrent || writes !== kept.writesSeen) {
        kept.writesSeen = writes;
        kept.lastSeenAt = now;
        kept.pagesSince = 0;
      } else if (isPage) kept.pagesSince++;
      const age = now - kept.lastSeenAt;
      kept.isShown = age < GRACE_MILLISECONDS || (isPage && kept.pagesSince < MINIMUM_PAGES);
      if (!kept.isShown && age >= GRACE_MILLISECONDS + HIDDEN_MILLISECONDS) this.#forget(kept);
    }
  }

  #forget(kept: KeptCell): void {
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

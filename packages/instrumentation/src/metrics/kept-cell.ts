/**
 * How long a cell is shown on the page.
 *
 *     shown      its variant may still be given to calls, or something was recorded in the last 10 minutes, or fewer than two pages
 *                have shown what was recorded last
 *     gone       else. Should its variant come back, it starts at zero
 *     debut      one that was gone in the last hour and came back is shown as zero first, on two pages and for a minute at least
 *
 * The debut is for whoever reads the page. The reader cannot know why a series was away, and takes one that comes back soon for
 * the same: 7, nothing, 9 reads as two more calls. 7, nothing, 0, 9 reads as nine, however long nothing was.
 */

import type { VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "../context-tree.ts";
import { Cell, type CellBuckets, type CellShape } from "./cell.ts";
import type { MeasuredOperation } from "./measured-call.ts";

/** How long a series of a retired variant is still shown after its last change, in milliseconds. */
const GRACE_MILLISECONDS = 10 * 60_000;
/** Pages that show what was recorded last before a series goes; and that show zero before one is back. */
const MINIMUM_PAGES = 2;
/** For a second reader that looks less often than the first. */
const SHORTEST_DEBUT_MILLISECONDS = 60_000;

/** A cell as a page shows it. */
export interface ShownCell {
  readonly cell: Cell;
  /** `component="…",operation="…",variant="…",ctx_…="…"` */
  readonly labels: string;
}

/** The places where a cell is found. */
export interface CellSlot {
  readonly byVariant: Map<VariantId, Cell>;
}

/** A cell, and what is known of its age. */
export class KeptCell {
  readonly cell: Cell;
  /** As text: two cells with the same labels would be one series twice. */
  readonly labels: string;
  /** Slots of contexts that have these labels. */
  readonly slots: Set<CellSlot> = new Set();
  readonly #madeAt: number;
  /** What is shown first, in place of the cell. */
  #debut: Cell | undefined;
  #debutPages = 0;
  #lastSeenAt: number;
  #writesSeen = 0;
  #pagesSince = 0;

  /**
   * @param now Milliseconds on the clock that all others are on, too.
   * @param shapeBefore Of a cell with these labels that was gone not long ago.
   */
  constructor(
    operation: MeasuredOperation,
    context: LabelledContext,
    variant: VariantId,
    buckets: CellBuckets,
    labels: string,
    now: number,
    shapeBefore: CellShape | undefined,
  ) {
    const bornAt = Date.now();
    this.cell = new Cell(operation, context, variant, buckets, bornAt, shapeBefore);
    this.#debut = shapeBefore && new Cell(operation, context, variant, buckets, bornAt, shapeBefore);
    this.labels = labels;
    this.#madeAt = now;
    this.#lastSeenAt = now;
  }

  /** Does the cell stay? Asked for each page, and in between. */
  stays(now: number, isPage: boolean): boolean {
    const { operation, variant, context, writes } = this.cell;
    const isCurrent = operation.isCurrent(variant, context.isCollapsed ? undefined : context.context);
    if (isCurrent || writes !== this.#writesSeen || this.#debut !== undefined) {
      this.#writesSeen = writes;
      this.#lastSeenAt = now;
      this.#pagesSince = 0;
    } else if (isPage) this.#pagesSince++;
    return now - this.#lastSeenAt < GRACE_MILLISECONDS || (isPage && this.#pagesSince < MINIMUM_PAGES);
  }

  /** What the page of this moment shows. */
  show(now: number): ShownCell {
    const { labels } = this;
    if (this.#debut !== undefined) {
      const isOver = this.#debutPages >= MINIMUM_PAGES && now - this.#madeAt >= SHORTEST_DEBUT_MILLISECONDS;
      if (isOver) this.#debut = undefined;
      this.#debutPages++;
    }
    return { cell: this.#debut ?? this.cell, labels };
  }
}

/** Keeps the number of cells bounded: a context key with endless values must fill neither memory nor disk. */
import type { RollupCell } from "@trimtab/engine";
import type { PageCell, PageReading } from "./page-reading.ts";

/** The most cells (context and variant) of one operation that are kept at a time. */
const MAXIMUM_CELLS_PER_OPERATION = 10_000;

interface OperationCells {
  admitted: Set<string>;
  /** The slot of the last page that had too many. */
  refusedAt?: number;
}

/** Which cells were let in. One for all targets. */
export class CellLimit {
  readonly #maximum: number;
  readonly #operations = new Map<string, OperationCells>();

  constructor(maximum: number = MAXIMUM_CELLS_PER_OPERATION) {
    this.#maximum = maximum;
  }

  /** The operations that had more cells than may be kept at or after a slot, as `component/operation`. */
  refusedSince(slot: number): readonly string[] {
    return [...this.#operations].flatMap(([name, { refusedAt }]) =>
      refusedAt !== undefined && refusedAt >= slot ? [name] : [],
    );
  }

  /** Keeps the places of these cells only, those that any target's last page had: retired variants make room for new ones. */
  keepOnly(cells: Iterable<RollupCell & { readonly key: string }>): void {
    for (const operation of this.#operations.values()) operation.admitted = new Set();
    for (const cell of cells) this.#cellsOf(cell).admitted.add(cell.key);
  }

  /**
   * The page without the cells that are too many. While an operation has too many, one that finds room may have counted before,
   * and is marked as met late: its whole count would look like growth.
   */
  admit(page: PageReading, slot: number, lookBackMilliseconds: number): PageReading {
    const cells = new Map<string, PageCell>();
    const metLate = new Set<string>();
    for (const [key, found] of page.cells) {
      const operation = this.#cellsOf(found.cell);
      const isNew = !operation.admitted.has(key);
      if (isNew && operation.admitted.size >= this.#maximum) {
        operation.refusedAt = slot;
        continue;
      }
      const { refusedAt } = operation;
      if (isNew && refusedAt !== undefined && slot - refusedAt <= lookBackMilliseconds) metLate.add(key);
      operation.admitted.add(key);
      cells.set(key, found);
    }
    return { ...page, cells, metLate };
  }

  #cellsOf({ component, operation }: RollupCell): OperationCells {
    const name = `${component}/${operation}`;
    let cells = this.#operations.get(name);
    if (cells === undefined) {
      cells = { admitted: new Set() };
      this.#operations.set(name, cells);
    }
    return cells;
  }
}

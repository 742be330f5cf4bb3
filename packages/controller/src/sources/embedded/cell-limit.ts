/** Keeps the number of cells bounded: a context key with endless values must fill neither memory nor disk. */
import type { RollupCell } from "@trimtab/engine";
import type { PageCell, PageReading } from "./page-reading.ts";

/** The most cells (context and variant) of one operation that are kept. */
const MAXIMUM_CELLS_PER_OPERATION = 10_000;

/** Which cells were let in. One for all targets. */
export class CellLimit {
  readonly #maximum: number;
  readonly #admitted = new Map<string, Set<string>>();
  readonly #refused = new Set<string>();

  constructor(maximum: number = MAXIMUM_CELLS_PER_OPERATION) {
    this.#maximum = maximum;
  }

  /** The operations that had more cells than may be kept, as `component/operation`. */
  get refusedOperations(): ReadonlySet<string> {
    return this.#refused;
  }

  /** Lets a stored cell in. */
  add(key: string, cell: RollupCell): void {
    this.#cellsOf(cell).add(key);
  }

  /**
   * The page without the cells that are too many. A cell that was refused once stays out for the life of this process: let in
   * later, its whole count would look like growth.
   */
  admit(page: PageReading): PageReading {
    const cells = new Map<string, PageCell>();
    for (const [key, found] of page.cells) {
      const admitted = this.#cellsOf(found.cell);
      if (!admitted.has(key) && admitted.size >= this.#maximum) {
        this.#refused.add(`${found.cell.component}/${found.cell.operation}`);
        continue;
      }
      admitted.add(key);
      cells.set(key, found);
    }
    return { ...page, cells };
  }

  #cellsOf({ component, operation }: RollupCell): Set<string> {
    const name = `${component}/${operation}`;
    let cells = this.#admitted.get(name);
    if (cells === undefined) {
      cells = new Set();
      this.#admitted.set(name, cells);
    }
    return cells;
  }
}

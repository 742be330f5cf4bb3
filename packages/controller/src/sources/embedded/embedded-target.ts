/** One metrics page that is read round by round: what it said last, and how reading it goes. */
import type { RollupCell, RollupRound, SourceTarget, StoredTarget } from "@trimtab/engine";
import { type LedgerCell, type LedgerStep, readIncrements, startedAfter, type TargetLedger } from "./counter-ledger.ts";
import { type FetchPageOptions, fetchPage } from "./fetch-page.ts";
import { cellKey, type PageReading } from "./page-reading.ts";

/** A page that was read and is not yet recorded. */
export interface ReadPage {
  readonly target: EmbeddedTarget;
  readonly page: PageReading;
  readonly step: LedgerStep;
}

/** One metrics page that is read round by round. */
export class EmbeddedTarget {
  readonly address: string;
  #ledger: TargetLedger;
  #problem: string | undefined = "has not been read yet";
  #hasOurSeries: boolean | undefined;

  constructor(stored: StoredTarget) {
    this.address = stored.address;
    const { watchedSince, processStart, lastPageAt } = stored;
    this.#ledger = {
      watchedSince,
      ...(processStart === undefined ? {} : { processStart }),
      ...(lastPageAt === undefined ? {} : { lastPageAt }),
      cells: new Map(stored.cells.map((cell) => [cellKey(cell.cell), cell])),
    };
  }

  /** Reads the page and compares it with the last one; changes nothing but the problem that `describe` tells. */
  async read(
    slot: number,
    lookBackMilliseconds: number,
    admit: (page: PageReading) => PageReading,
    options: FetchPageOptions,
  ): Promise<ReadPage | undefined> {
    const result = await fetchPage(this.address, options);
    if ("problem" in result) {
      this.#problem = result.problem;
      return undefined;
    }
    const { processStart } = result.page;
    const before = this.#ledger;
    const isOlder = startedAfter(before.processStart, processStart);
    const wasReadLately = before.lastPageAt !== undefined && slot - before.lastPageAt <= lookBackMilliseconds;
    if (isOlder && wasReadLately) {
      this.#problem =
        "is answered by several processes in turn: name the address of each process, not of what stands before them";
      return undefined;
    }
    // An older process than the last one, after a long silence: nothing says what of its counts is new.
    const ledger = isOlder ? { watchedSince: slot, cells: new Map<string, LedgerCell>() } : before;
    this.#hasOurSeries = result.page.cells.size > 0;
    this.#problem = this.#hasOurSeries
      ? undefined
      : "has no series of tracked operations yet: has the service tracked a call, and does it use the instrumentation?";
    const page = admit(result.page);
    return { target: this, page, step: readIncrements(ledger, page, slot, lookBackMilliseconds) };
  }

  /** Takes over what has been recorded. */
  commit({ page, step }: ReadPage, slot: number, lookBackMilliseconds: number): void {
    const cells = new Map(this.#ledger.cells);
    for (const [key, cell] of step.changed) cells.set(key, cell);
    for (const [key, { endedAt }] of cells) {
      if (endedAt !== undefined && slot - endedAt > lookBackMilliseconds) cells.delete(key);
    }
    const { processStart } = page;
    this.#ledger = {
      watchedSince: this.#ledger.watchedSince,
      lastPageAt: slot,
      ...(processStart === undefined ? {} : { processStart }),
      cells,
    };
  }

  /** The cells that its last page had. */
  livingCells(): readonly (RollupCell & { readonly key: string })[] {
    return [...this.#ledger.cells].flatMap(([key, { cell, endedAt }]) =>
      endedAt === undefined ? [{ ...cell, key }] : [],
    );
  }

  describe(isUp: boolean): SourceTarget {
    return {
      target: this.address,
      up: isUp,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      ...(this.#ledger.lastPageAt === undefined ? {} : { lastScrapeAt: this.#ledger.lastPageAt }),
      ...(this.#hasOurSeries === undefined ? {} : { hasOurSeries: this.#hasOurSeries }),
    };
  }
}

/** What a round says of a page, for the store. */
export function recordOf({ target, page, step }: ReadPage): RollupRound["pages"][number] {
  const { processStart } = page;
  return {
    address: target.address,
    ...(processStart === undefined ? {} : { processStart }),
    changed: [...step.changed.values()],
  };
}

/**
 * From what a target's counters say to what they grew by; pure.
 *
 *   known counter, not lower than before         the difference, also across missing pages
 *   known counter, lower than before             all of it: it began again at 0
 *   new counter of a process that was read       all of it: it was born since
 *   any counter, another process than before     all of it
 *   any counter of a target's first page         all of it when the process started while the target was watched, else nothing
 *   any counter of a cell that is met late       nothing: it counted before
 *
 * A counter that was missing on pages for longer than the look-back is a new one when it comes back.
 */
import type { Counters, RollupCell, StoredCounters } from "@trimtab/engine";
import { counterNames } from "../measured-cell.ts";
import type { PageReading } from "./page-reading.ts";

/** What is remembered of a target. */
export interface TargetLedger {
  /** Milliseconds since 1970. */
  readonly watchedSince: number;
  /** Seconds since 1970, as the last page said it. */
  readonly processStart?: number;
  /** The slot of the last page that was read. */
  readonly lastPageAt?: number;
  readonly cells: ReadonlyMap<string, LedgerCell>;
}

/** A cell's counters as a page last had them. */
export interface LedgerCell extends StoredCounters {
  readonly cell: RollupCell;
}

/** What a page changes. */
export interface LedgerStep {
  /** Cells that changed, appeared or vanished, by key. */
  readonly changed: ReadonlyMap<string, LedgerCell>;
  /** By cell key; zeros left out. A counter that is NaN or infinite is named as such, and goes on later from where it was. */
  readonly increments: ReadonlyMap<string, { readonly cell: RollupCell; readonly increments: Counters }>;
}

/** What the page of a slot adds to what is remembered. */
export function readIncrements(
  ledger: TargetLedger,
  page: PageReading,
  slot: number,
  lookBackMilliseconds: number,
): LedgerStep {
  const isFirstPage = ledger.lastPageAt === undefined;
  const isOtherProcess = startedAfter(page.processStart, ledger.processStart);
  const isWatched =
    !isFirstPage || (page.processStart !== undefined && page.processStart * 1000 >= ledger.watchedSince);
  const changed = new Map<string, LedgerCell>();
  const increments = new Map<string, { cell: RollupCell; increments: Counters }>();

  for (const [key, { cell, counters }] of page.cells) {
    const known = ledger.cells.get(key);
    const countsBirths = isWatched && page.metLate?.has(key) !== true;
    const isForgotten = known?.endedAt !== undefined && slot - known.endedAt > lookBackMilliseconds;
    const before = known === undefined || isForgotten || isOtherProcess ? {} : known.counters;
    const after: Record<string, number> = { ...before };
    const grown: Record<string, number> = {};
    for (const name of Object.keys(counters)) {
      const value = counters[name] ?? Number.NaN;
      if (!Number.isFinite(value)) {
        grown[counterNames.notANumber(name)] = 1;
        continue;
      }
      const last = before[name];
      const increment = last === undefined ? (countsBirths ? value : 0) : value >= last ? value - last : value;
      if (increment !== 0) grown[name] = increment;
      after[name] = value;
    }
    if (Object.keys(grown).length > 0) increments.set(key, { cell, increments: grown });
    const isUnchanged = known !== undefined && known.endedAt === undefined && isSame(known.counters, after);
    if (!isUnchanged)
      changed.set(key, { cell, firstSlot: isForgotten ? slot : (known?.firstSlot ?? slot), counters: after });
  }
  for (const [key, known] of ledger.cells) {
    if (page.cells.has(key) || (known.endedAt !== undefined && !isOtherProcess)) continue;
    const endedAt = known.endedAt ?? ledger.lastPageAt ?? slot;
    // Should the cell come back, it does so in a process that began to count at 0.
    changed.set(key, { ...known, endedAt, counters: isOtherProcess ? allZero(known.counters) : known.counters });
  }
  return { changed, increments };
}

/**
 * Some services compute their start anew for each page, and it wavers by milliseconds; a process that lives for less than half a
 * second is read at most once.
 */
const TOLERATED_SECONDS = 0.5;

/** Is `start` the start of a younger process? Both in seconds since 1970; false where either is unknown. */
export function startedAfter(start: number | undefined, other: number | undefined): boolean {
  return start !== undefined && other !== undefined && start - other > TOLERATED_SECONDS;
}

function allZero(counters: Counters): Counters {
  return Object.fromEntries(Object.keys(counters).map((name) => [name, 0]));
}

function isSame(left: Counters, right: Counters): boolean {
  const names = Object.keys(right);
  return names.length === Object.keys(left).length && names.every((name) => left[name] === right[name]);
}

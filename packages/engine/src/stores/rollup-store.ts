/**
 * The port to the embedded metric source's memory: what every counter last said, and what it grew by, slot by slot.
 *
 * A slot is an instant of the scrape grid, in milliseconds since 1970; what a page showed more than the page before belongs
 * to the page's slot. Each increment stands in one row only: at its scrape for two hours, then in its minute, after two days in
 * its hour (a row's slot is the end of its span), and is dropped after 32 days. A sum over a window of slots is therefore exact
 * where both ends are slots of rows.
 */
import type { Context } from "@trimtab/conventions";
import type { OperationKey } from "./store.ts";

/** Named numbers: the cumulative counters of a cell, or what they grew by. The metric source knows what the names mean. */
export type Counters = Readonly<Record<string, number>>;

/** What counters are kept for: one variant of an operation under one set of context labels, with fixed bucket bounds. */
export interface RollupCell extends OperationKey {
  readonly variant: string;
  /** Every context label of the series, declared or not, without the label prefix. */
  readonly context: Context;
  /** Upper bounds of the buckets by measure, ascending, without infinity. Other bounds make another cell. */
  readonly bounds: Readonly<Record<string, readonly number[]>>;
}

/** What is known of a cell on one target's pages. */
export interface StoredCounters {
  /** The slot of the first page that had it. */
  readonly firstSlot: number;
  /** The slot of the last page that had it; absent while the newest page has it. */
  readonly endedAt?: number;
  readonly counters: Counters;
}

/** A metrics page as it was last read. */
export interface StoredTarget {
  readonly address: string;
  /** Milliseconds since 1970: a process that started later has been seen whole. */
  readonly watchedSince: number;
  /** Seconds since 1970, as the page says it. */
  readonly processStart?: number;
  readonly lastPageAt?: number;
  readonly cells: readonly (StoredCounters & { readonly cell: RollupCell })[];
}

/** What one round of scraping found. */
export interface RollupRound {
  readonly slot: number;
  /** The pages that were read; a target whose page could not be read is not among them. */
  readonly pages: readonly {
    readonly address: string;
    readonly processStart?: number;
    /** Cells that changed, appeared or vanished. */
    readonly changed: readonly (StoredCounters & { readonly cell: RollupCell })[];
  }[];
  /** Increments by cell, summed over the targets; zeros left out. */
  readonly increments: readonly { readonly cell: RollupCell; readonly increments: Counters }[];
}

/** What a cell grew by in a window. */
export interface RollupSum {
  readonly cell: RollupCell;
  /** Increments of the window; names whose counters exist but did not grow are there with 0. */
  readonly increments: Counters;
}

/** The embedded metric source's memory. What a method has resolved for is on disk: it survives `kill -9`. */
export interface RollupStore {
  /** The targets of these addresses as they were left; a new address is watched from `now` on. */
  openTargets(addresses: readonly string[], now: number): Promise<readonly StoredTarget[]>;
  /** The slot of the newest page that was read, of any target. */
  lastPageAt(): Promise<number | undefined>;
  /** Records a round whole or not at all. A slot is recorded at most once. */
  recordRound(round: RollupRound): Promise<void>;
  /** What the cells of an operation grew by in (from, to]: those that a page of the window had. */
  sumIncrements(key: OperationKey, from: number, to: number): Promise<readonly RollupSum[]>;
  /** The operations that have cells. */
  listOperations(): Promise<readonly OperationKey[]>;
  /** Folds old rows into minutes and hours and drops what is too old. Call it once a minute or so. */
  compact(now: number): Promise<void>;
}

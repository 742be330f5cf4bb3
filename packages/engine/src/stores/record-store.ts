/**
 * The port to individual operations: a sample, for people who look at the last ones. Nothing that learns reads it, and the oldest
 * are dropped.
 */
import type { Context, OperationRecord } from "@trimtab/conventions";
import type { Page, PageRequest } from "./store.ts";

/** One operation as it is kept. */
export interface StoredRecord extends Omit<OperationRecord, "at"> {
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
}

/** Which records are wanted; newest first. */
export interface RecordFilter {
  readonly component: string;
  readonly operation?: string;
  /** Every key of it has this value in the record's context. Any key, declared or not. */
  readonly context?: Context;
}

/** A store of individual operations. What a method has resolved for is on disk: it survives `kill -9`. */
export interface RecordStore {
  /** Keeps each record once: a second one of the same component and id changes nothing. */
  addRecords(records: readonly StoredRecord[]): Promise<void>;
  /** @throws {InvalidCursorError} when the cursor is not one that this list gave. */
  listRecords(filter: RecordFilter, page: PageRequest): Promise<Page<StoredRecord>>;
  /** Every component that has records. */
  listRecordedComponents(): Promise<readonly string[]>;
  /**
   * Drops the oldest records of a component, in small steps between which others have their turn.
   *
   * @param keep So many stay.
   * @returns How many were dropped.
   */
  dropOldRecords(component: string, keep: number): Promise<number>;
}

/**
 * The port to feedback: what was said is kept for good, and reaches learning exactly once.
 *
 * Taken in is what `addFeedback` has resolved for. `Store.recordCycle` marks the entries of its evidence as learnt from in the
 * transaction of the cycle: a crash between reading and recording leaves them waiting, and none is ever counted twice.
 */
import type { Context, Json, VariantId } from "@trimtab/conventions";
import type { OperationKey, Page, PageRequest } from "./store.ts";

/** One piece of feedback as it is kept. */
export interface Feedback {
  /** Idempotency key: unique for ever. */
  readonly id: string;
  /** `user_rating`, `engagement`, `performance`, or any other. */
  readonly type: string;
  /** The component that had served; absent where the feedback is about an entity alone. */
  readonly component?: string;
  readonly operation?: string;
  /** The context of the call; empty where nobody knows. */
  readonly context: Context;
  /** The variant that had served the call, also when it does not run any more. */
  readonly variant?: VariantId;
  /** When the call was served, in milliseconds since 1970, where the handle says it. */
  readonly servedAt?: number;
  /** What it is about, where that is no single result. */
  readonly entity?: string;
  /** The component that collected it. */
  readonly source?: string;
  /** The component that is to make something of it. */
  readonly target?: string;
  /** 0 to 1; absent where the feedback says nothing about how good it was. */
  readonly score?: number;
  readonly comment?: string;
  readonly data?: { readonly [name: string]: Json };
  /** When it was given, in milliseconds since 1970; absent where nobody said, so that the same item sent again stays the same. */
  readonly at?: number;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Feedback with what became of it. */
export interface StoredFeedback extends Feedback {
  /** The number of its operation's cycle that learnt from it; absent while it waits, and where there is nothing to learn. */
  readonly cycle?: number;
}

/** Which feedback is wanted; newest arrival first. */
export interface FeedbackFilter {
  readonly component?: string;
  readonly operation?: string;
  readonly type?: string;
  readonly entity?: string;
  readonly source?: string;
  readonly target?: string;
}

/** What became of an item: kept now, known already with the same content, or known with another. */
export type FeedbackAddition = "added" | "known" | "different";

/** A store of feedback. What a method has resolved for is on disk: it survives `kill -9`. */
export interface FeedbackStore {
  /** Keeps each item once, whatever the order and however often it comes. @returns One word per item, in order. */
  addFeedback(items: readonly Feedback[]): Promise<readonly FeedbackAddition[]>;
  /** Scored feedback of an operation that no cycle has learnt from, oldest arrival first. */
  waitingFeedback(key: OperationKey, limit: number): Promise<readonly Feedback[]>;
  /** How many scored entries of each operation wait to be learnt from. */
  countWaitingFeedback(): Promise<readonly (OperationKey & { readonly waiting: number })[]>;
  /** @throws {InvalidCursorError} when the cursor is not one that this list gave. */
  listFeedback(filter: FeedbackFilter, page: PageRequest): Promise<Page<StoredFeedback>>;
}

/**
 * The port to what webhooks are to be told. A notice is written in the transaction of what it tells of, one row for each hook that
 * wants it, so that whatever was decided is told at least once, also after `kill -9`.
 */
import type { Page, PageRequest } from "./store.ts";

/** Everything that can be told, by its stable name. */
export const NOTICE_TYPES = [
  "adaptation.suggested",
  "adaptation.applied",
  "adaptation.rejected",
  "adaptation.rolled_back",
  "adaptation.failed",
  "breaker.opened",
  "breaker.half_opened",
  "breaker.closed",
  "override.set",
  "override.ended",
  "operation.frozen",
  "operation.unfrozen",
  "operation.reset",
  "operation.reset_undone",
  "suggestion.accepted",
  "suggestion.dismissed",
  "notices.omitted",
] as const;

/** The name of something that can be told. */
export type NoticeType = (typeof NOTICE_TYPES)[number];

/** Something that happened, as it is told. */
export interface Notice {
  readonly type: NoticeType;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The hooks that want notices of a type. */
export type Addressees = (type: NoticeType) => readonly string[];

/**
 *   waiting     to be sent, or sent again
 *   delivered   the target has answered with a success
 *   dead        given up; a person may have it sent again
 */
export type DeliveryStatus = "waiting" | "delivered" | "dead";

/** One notice for one hook. */
export interface Delivery {
  /** Unique, and the same at each attempt. */
  readonly id: string;
  readonly hook: string;
  readonly type: NoticeType;
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  /** When it was made, or last told to be tried again. */
  readonly waitingSince: number;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Not before this it is sent. */
  readonly nextAttemptAt: number;
  readonly lastAttemptAt?: number;
  /** What the last attempt came to; absent before the first. */
  readonly answer?: string;
  /** The body, the same at each attempt. */
  readonly payload: string;
}

/** What an attempt came to. */
export interface Attempt {
  readonly status: DeliveryStatus;
  readonly at: number;
  readonly nextAttemptAt: number;
  readonly answer: string;
}

/** Which deliveries are wanted; newest first. */
export interface DeliveryFilter {
  readonly hook?: string;
  readonly status?: DeliveryStatus;
  readonly type?: NoticeType;
}

/** How much is kept, for each hook. */
export interface DeliveryBounds {
  /** What waits longer than this, in milliseconds, is given up. */
  readonly waitMilliseconds: number;
  /** What was delivered or given up so long ago is dropped. */
  readonly keepMilliseconds: number;
  /** Of what waits, so many newest; the older ones are given up. */
  readonly mostWaiting: number;
  /** Of what is over, so many newest. */
  readonly mostFinished: number;
}

/** A store of deliveries. What a method has resolved for is on disk. */
export interface DeliveryStore {
  /** The oldest delivery of a hook that waits, due or not: a hook is told in order. */
  nextDelivery(hook: string): Promise<Delivery | undefined>;
  /** Records an attempt, unless somebody else has ended the delivery meanwhile. */
  recordAttempt(id: string, attempt: Attempt): Promise<void>;
  getDelivery(id: string): Promise<Delivery | undefined>;
  /** @throws {InvalidCursorError} when the cursor is not one that this list gave. */
  listDeliveries(filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  /** A delivery that was given up waits again, due at once. @returns It as it is now; undefined where there is none. */
  retryDelivery(id: string, now: number): Promise<Delivery | undefined>;
  /** How many deliveries of each hook wait and are dead. */
  countDeliveries(): Promise<
    readonly { readonly hook: string; readonly status: DeliveryStatus; readonly count: number }[]
  >;
  /** Keeps the table bounded. @returns How many were given up and dropped. */
  boundDeliveries(bounds: DeliveryBounds, now: number): Promise<{ readonly givenUp: number; readonly dropped: number }>;
}

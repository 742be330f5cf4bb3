/** What somebody said later about a result or an entity, as it is sent to `POST /v1/feedback`. */

import type { Json } from "./canonical-json.ts";
import type { ContextInput } from "./context.ts";

/** The largest batch of one request. */
export const MAXIMUM_FEEDBACK_ITEMS = 500;

/** The types that have a meaning of their own; any other name of the same form is welcome. */
export const FEEDBACK_TYPES = ["user_rating", "engagement", "performance"] as const;

/** What the fields of an item may hold. */
export const FEEDBACK_FORM: {
  readonly type: RegExp;
  readonly longestId: number;
  readonly longestEntity: number;
  /** In UTF-16 units. */
  readonly longestComment: number;
  /** As JSON in UTF-8. */
  readonly largestDataBytes: number;
} = {
  type: /^[a-z][a-z0-9_]{0,63}$/,
  longestId: 128,
  longestEntity: 256,
  longestComment: 4000,
  largestDataBytes: 16 * 1024,
};

/**
 * One piece of feedback. It is about a result (`result`, or `operation` and what is known of the call), about an entity (`entity`), or
 * both. At most one of `rating`, `score` and `errorRate` is given; without any it is counted and shown, and moves no learning.
 */
export interface FeedbackItem {
  /** Idempotency key, 1 to 128 characters: an item that is sent again with the same key counts once. */
  readonly id: string;
  /** `user_rating`, `engagement`, `performance` or a name of one's own: lower-case letters, digits and `_`. */
  readonly type: string;
  /** The handle of the result, as the call gave it. It says component, operation, context, variant and time of the call. */
  readonly result?: string;
  /** Without a handle: the component that had served the call. */
  readonly component?: string;
  /** Without a handle: its operation; needs the component. */
  readonly operation?: string;
  /** Without a handle: the context of the call. */
  readonly context?: ContextInput;
  /** Without a handle: the variant that had served. Feedback without it moves rules only, never the comparison of variants. */
  readonly variant?: string;
  /** What the feedback is about, where that is no single result: an artist, a document. 1 to 256 characters. */
  readonly entity?: string;
  /** The component that collected it. */
  readonly source?: string;
  /** The component that is to make something of it. */
  readonly target?: string;
  /** 1 to 5 as a person rates; the score is a fifth of it. */
  readonly rating?: number;
  /** 0 to 1, 1 is best. */
  readonly score?: number;
  /** 0 to 1, of automated performance reports; the score is what is left to 1. */
  readonly errorRate?: number;
  /** At most 4,000 characters; it is kept and shown, never read by learning. */
  readonly comment?: string;
  /** Whatever belongs to it, at most 16 KiB of JSON. */
  readonly data?: { readonly [name: string]: Json };
  /** When it was given, RFC 3339. Default: when it arrives. */
  readonly at?: string;
}

/** The body of `POST /v1/feedback`: one item, or `items`. */
export type FeedbackRequest = FeedbackItem | { readonly items: readonly FeedbackItem[] };

/** The answer: what was kept, what was known already, and every item that was refused, by its place. */
export interface FeedbackReceipt {
  readonly accepted: number;
  /** Sent before with the same key and content. */
  readonly known: number;
  readonly refused: readonly {
    /** The item's place in the batch, from 0. */
    readonly index: number;
    /** The item's key, where it has one. */
    readonly id?: string | undefined;
    /** What is wrong and what the right form is. */
    readonly problems: readonly string[];
  }[];
}

/** How good the feedback says it was, 0 to 1; undefined where it does not say, or not with a number of the right range. */
export function feedbackScore({
  rating,
  score,
  errorRate,
}: Pick<FeedbackItem, "rating" | "score" | "errorRate">): number | undefined {
  if (rating !== undefined) return rating >= 1 && rating <= 5 ? rating / 5 : undefined;
  const ratio = score ?? (errorRate === undefined ? undefined : 1 - errorRate);
  return ratio !== undefined && ratio >= 0 && ratio <= 1 ? ratio : undefined;
}

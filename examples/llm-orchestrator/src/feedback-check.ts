/** Was each rating processed, and none twice? What was sent, against what the controller tells. */
import type { FeedbackEntry } from "@trimtab/example-demonstration";
import type { LoadCounts } from "./load-counts.ts";

/** The comparison. */
export interface FeedbackCheck {
  /** Forms that were sent, each once. */
  readonly sent: number;
  /** Of them, how many were sent a second time under the same key. */
  readonly repeated: number;
  /** Entries that the controller keeps. */
  readonly kept: number;
  /** Entries that are in the evidence of a recorded cycle. */
  readonly learnt: number;
  /** Entries whose form another entry has too. */
  readonly twice: number;
  /** False where the controller could not be asked. */
  readonly isKnown: boolean;
  /** Sent and not processed yet: still on their way, or waiting for the next cycle. */
  readonly waiting: number;
  /** Sent, kept and processed are the same number, and none was counted twice. */
  readonly isExactlyOnce: boolean;
}

/** Where a rating says which form it stood on. */
export function formOf({ data }: FeedbackEntry): string {
  const form = data?.["form"];
  return typeof form === "string" ? form : "";
}

/** @param entries The entries of this run; undefined where the controller could not be asked. */
export function checkFeedback(
  { ratings, ratingsRepeated }: Pick<LoadCounts, "ratings" | "ratingsRepeated">,
  entries: readonly FeedbackEntry[] | undefined,
): FeedbackCheck {
  const kept = entries?.length ?? 0;
  const learnt = entries?.filter(({ learntInCycle }) => learntInCycle !== undefined).length ?? 0;
  const twice = kept - new Set(entries?.map(formOf)).size;
  return {
    sent: ratings,
    repeated: ratingsRepeated,
    kept,
    learnt,
    twice,
    isKnown: entries !== undefined,
    waiting: Math.max(0, ratings - learnt),
    isExactlyOnce: entries !== undefined && kept === ratings && learnt === ratings && twice === 0,
  };
}

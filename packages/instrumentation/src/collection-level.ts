/**
 * How much is recorded of each call.
 *
 * | level         | metrics                                  | spans |
 * |---------------|------------------------------------------|-------|
 * | minimal       | counts and sums: no buckets, no error types | none  |
 * | standard      | everything of the telemetry contract     | one per call |
 * | comprehensive | as standard, and what the process used while calls ran: CPU, event-loop delay, heap | one per call |
 */

/** What is recorded of each call. */
export type CollectionLevel = "minimal" | "standard" | "comprehensive";

/** Every level, from the least to the most. */
export const COLLECTION_LEVELS: readonly CollectionLevel[] = ["minimal", "standard", "comprehensive"];

/** A level, taken apart into single questions. */
export interface Collected {
  /** A span for each call. */
  readonly spans: boolean;
  /** Histograms with buckets, or with sum and count alone. */
  readonly buckets: boolean;
  /** Failures counted by type of error. */
  readonly errorTypes: boolean;
  /** What the process used while calls ran. Costs some microseconds per call. */
  readonly resources: boolean;
}

/** What a level records. `spans` overrules the level where a person set it. */
export function collectedAt(level: CollectionLevel, spans?: boolean): Collected {
  const isMinimal = level === "minimal";
  return {
    spans: spans ?? !isMinimal,
    buckets: !isMinimal,
    errorTypes: !isMinimal,
    resources: level === "comprehensive",
  };
}

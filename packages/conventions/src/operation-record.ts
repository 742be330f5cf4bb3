/** One operation by itself, as it is sent to `POST /v1/records`: for people who look at the last ones, never evidence. */
import type { Outcome } from "./attributes.ts";
import type { Context } from "./context.ts";
import type { VariantId } from "./variant-id.ts";

/** The largest batch of one request. */
export const MAXIMUM_RECORDS = 500;

/** One operation that is over; of a sample. */
export interface OperationRecord {
  /** Sent again under the same id it is the same record. */
  readonly id: string;
  readonly component: string;
  readonly operation: string;
  /** As its labels: past the bound of contexts the values are `__other__`. */
  readonly context: Context;
  readonly variant: VariantId;
  readonly outcome: Outcome;
  /** When it ended, RFC 3339. */
  readonly at: string;
  /** Absent where nobody measured it. */
  readonly durationMilliseconds?: number;
  /** 0 to 1. */
  readonly quality?: number;
  /** Amounts by unit. */
  readonly cost?: Readonly<Record<string, number>>;
  readonly errorType?: string;
}

/** The body of `POST /v1/records`. */
export interface RecordsRequest {
  /** 1 to 500. */
  readonly records: readonly OperationRecord[];
}

/** The answer: what was kept, and every record that was refused, by its place. */
export interface RecordsReceipt {
  readonly accepted: number;
  readonly refused: readonly {
    /** The record's place in the batch, from 0. */
    readonly index: number;
    /** What is wrong and what the right form is. */
    readonly problems: readonly string[];
  }[];
}

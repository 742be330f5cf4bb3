/** One operation by itself, as it is sent to `POST /v1/records`: for people who look at the last ones, never evidence. */
import type { Outcome } from "./attributes.ts";
import type { Context } from "./context.ts";
import type { VariantId } from "./variant-id.ts";

/** The largest batch of one request. */
export const MAXIMUM_RECORDS = 500;

/** How much a record may carry. */
export const RECORD_FORM: {
  /** In UTF-16 units. */
  readonly longestId: number;
  /** Of variant, error type and unit, in UTF-16 units. */
  readonly longestName: number;
  readonly mostContextKeys: number;
  readonly mostUnits: number;
  /** As JSON in UTF-8. */
  readonly largestMetadataBytes: number;
} = { longestId: 128, longestName: 128, mostContextKeys: 32, mostUnits: 32, largestMetadataBytes: 1024 };

/** What a caller noted beside a call. Nothing here is a label, so every call may have other values. */
export type RecordMetadata = Readonly<Record<string, string | number | boolean>>;

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
  /** At most 1 KiB of JSON. */
  readonly metadata?: RecordMetadata;
}

/** The body of `POST /v1/records`. */
export interface RecordsRequest {
  /** 1 to 500. */
  readonly records: readonly OperationRecord[];
}

/** The answer: what was kept, and every record that was refused, by its place. */
export interface RecordsReceipt {
  /** How many are kept, also where they were sent before. */
  readonly accepted: number;
  readonly refused: readonly {
    /** The record's place in the batch, from 0. */
    readonly index: number;
    /** What is wrong and what the right form is. */
    readonly problems: readonly string[];
  }[];
}

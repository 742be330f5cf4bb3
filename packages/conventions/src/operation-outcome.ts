/** An operation that was measured elsewhere, as it is sent to `POST /v1/outcomes`: evidence, counted once. */
import type { Outcome } from "./attributes.ts";
import type { ParameterValues } from "./parameter-space.ts";
import type { ResultHandle } from "./result-handle.ts";
import type { VariantId } from "./variant-id.ts";

/** The largest batch of one request. */
export const MAXIMUM_OUTCOMES = 500;

/** One operation that is over. What served it is told by one of `result`, `variant` and `parameters`. */
export interface OutcomeReport {
  /** Idempotency key, within the operation: sent again, the outcome counts once. At most 128 characters. */
  readonly id: string;
  /** Absent beside `result`, which says it. */
  readonly component?: string | undefined;
  readonly operation?: string | undefined;
  readonly context?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** The handle of a result. */
  readonly result?: ResultHandle | undefined;
  /** As `GET /v1/parameters` gave it. */
  readonly variant?: VariantId | undefined;
  /** All values as they were used. */
  readonly parameters?: ParameterValues | undefined;
  readonly outcome: Outcome;
  /** When it ended, RFC 3339. */
  readonly at: string;
  readonly durationMilliseconds?: number | undefined;
  /** 0 to 1, 1 is best. */
  readonly quality?: number | undefined;
  /** Amounts by unit, 0 or more. */
  readonly cost?: Readonly<Record<string, number>> | undefined;
  readonly errorType?: string | undefined;
}

/** The body of `POST /v1/outcomes`; or one outcome by itself. */
export interface OutcomesRequest {
  /** 1 to 500. */
  readonly outcomes: readonly OutcomeReport[];
}

/** The answer: what was counted, and every outcome that was refused, by its place. */
export interface OutcomesReceipt {
  /** How many were counted now. */
  readonly accepted: number;
  /** How many were counted before, under the same key. */
  readonly known: number;
  readonly refused: readonly {
    /** The outcome's place in the batch, from 0. */
    readonly index: number;
    readonly id?: string | undefined;
    /** An error code of the HTTP interface. */
    readonly code: string;
    /** What is wrong and what the right form is. */
    readonly problems: readonly string[];
  }[];
}

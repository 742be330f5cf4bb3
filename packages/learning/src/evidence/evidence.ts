/**
 * What was measured, per context and variant, in one window; and how sure we are that it was measured at all.
 *
 * "Nobody measured it" and "it was zero" are two facts. A reading is a value or says why there is none, and only values move
 * a decision.
 */
import type { Context, VariantId } from "@trimtab/conventions";

/** Why a reading is no value. */
export type MissingKind = "no-data" | "not-a-number" | "several-series" | "stale" | "partial" | "error" | "timeout";

/** A value, or the reason why there is none. */
export type Reading<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: MissingKind; readonly detail: string };

/** Counts per bucket of a histogram over a window. */
export interface Histogram {
  /** Upper bounds, ascending, without infinity. Empty where only sum and count were collected. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulative: one more than `bounds`, the last above all of them. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
  /** Sum of the squared observations, where the service reports it. */
  readonly squares?: number;
}

/** A sum over a window, of costs in one unit. */
export interface CostSum {
  readonly sum: number;
  /** Sum of the squared costs of the calls, where the service reports it. */
  readonly squares?: number;
}

/** What one variant did in one context in one window. All counts are increments of the window; none is negative. */
export interface Measurements {
  readonly success: number;
  readonly failure: number;
  readonly partial: number;
  /** Processes that stopped giving calls to the variant by themselves, because it failed plainly there; absent where none did. */
  readonly stops?: number;
  /** Seconds. */
  readonly duration?: Histogram;
  /** 0 to 1; only the calls that were scored. */
  readonly quality?: Histogram;
  /**
   * Ratings that arrived in this window, 0 to 1, under the variant that had served; they come late, and also for variants that no
   * longer run.
   */
  readonly feedback?: Histogram;
  /** By unit. */
  readonly cost?: Readonly<Record<string, CostSum>>;
}

/** The measurements of one variant in one context, or why there are none. */
export interface EvidenceCell {
  readonly context: Context;
  readonly variant: VariantId;
  readonly reading: Reading<Measurements>;
}

/** From (excluded) and to (included), in milliseconds since 1970, on the scrape grid. */
export interface EvidenceWindow {
  readonly from: number;
  readonly to: number;
}

/** One question that was asked of the metric source, in a form that anyone can ask again. */
export interface EvidenceQuery {
  /** Which part of the measurements it gives: `calls`, `duration`, `quality`, … */
  readonly question: string;
  /** PromQL that gives the same numbers whenever it is evaluated: it pins its own time. */
  readonly promql: string;
}

/** What somebody said about one result, with a score; entries without one say nothing about quality. */
export interface FeedbackEntry {
  /** The same entry has the same id for ever: it counts once. */
  readonly id: string;
  /** The context of the call that it is about. */
  readonly context: Context;
  /** The variant that had served the call; absent where nobody knows. */
  readonly variant?: VariantId;
  /** 0 to 1; a rating of 1 to 5 is rating/5. */
  readonly score: number;
  /** When it was given, in milliseconds since 1970: often long after the window of the call. */
  readonly at: number;
}

/** Everything that was measured of one operation in one window. */
export interface Evidence {
  readonly window: EvidenceWindow;
  readonly queries: readonly EvidenceQuery[];
  /** The cells that had any data; a variant without a cell had none. One failed question makes the whole unusable. */
  readonly cells: Reading<readonly EvidenceCell[]>;
  /** The feedback that arrived since the last cycle, each entry in one cycle only; absent where none is collected. */
  readonly feedback?: Reading<readonly FeedbackEntry[]>;
}

/** Calls that ended, of any outcome. */
export function callsOf(measurements: Measurements): number {
  return measurements.success + measurements.failure + measurements.partial;
}

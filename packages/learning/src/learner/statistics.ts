/** One cycle's statistics as an outside program gives them, and the evidence that they are. */
import type { Context } from "@trimtab/conventions";
import type { CostSum, EvidenceCell, FeedbackEntry, Histogram, Measurements } from "../evidence/evidence.ts";
import { COST_UNIT } from "./read-objective.ts";

/** Observations of one cycle under the bounds of the specification. */
export interface HistogramStatistics {
  /** Cumulative counts by upper bound, infinity last (which may be left out where `count` says it). Absent: sum and count only. */
  readonly buckets?: readonly number[];
  readonly sum: number;
  readonly count: number;
  /** Sum of the squared observations, where it is known. */
  readonly squares?: number;
}

/** What one variant did in one context in this cycle: increments. Ratings of a variant without calls may stand alone. */
export interface VariantStatistics {
  readonly success: number;
  readonly failure: number;
  /** Counts one half in a success rate. Default 0. */
  readonly partial?: number;
  /** Seconds. */
  readonly duration?: HistogramStatistics;
  /** 0 to 1; only the calls that were scored. */
  readonly quality?: HistogramStatistics;
  readonly cost?: CostSum;
  /** Ratings that arrived in this cycle, under the variant that had served, which may not run any more. */
  readonly feedback?: HistogramStatistics;
}

/** Everything that was measured in one cycle. A context without traffic is missing. */
export interface CycleStatistics {
  readonly cycle?: number;
  readonly now?: number;
  /** By context, e.g. `genre=rock,mood=calm`. */
  readonly contexts: Readonly<
    Record<string, { readonly variants: Readonly<Record<string, VariantStatistics>> } | undefined>
  >;
}

/** What evidence needs beside the statistics. */
export interface StatisticsReader {
  readonly bounds: Readonly<Record<"duration" | "quality" | "feedback", readonly number[]>>;
  readonly contextOf: (id: string) => Context;
  /** The variant of the product that an id of the statistics means in a context. */
  readonly variantOf: (id: string, context: string) => string;
}

/**
 * The cells of a cycle. Numbers that are no counts become readings that are no values, and their context holds.
 *
 * @throws {RangeError} where a histogram does not fit the bounds of the specification.
 */
export function cellsOf({ contexts }: CycleStatistics, reader: StatisticsReader): EvidenceCell[] {
  return Object.entries(contexts).flatMap(([id, context]) =>
    Object.entries(context?.variants ?? {}).map(([variant, statistics]) => ({
      context: reader.contextOf(id),
      variant: reader.variantOf(variant, id),
      reading: {
        kind: "value" as const,
        value: measurementsOf(statistics, reader.bounds, `context ${id}, variant ${variant}`),
      },
    })),
  );
}

/**
 * The ratings of a cycle one by one, for strategies that judge single entries: each has the middle of its bucket for a score, and without
 * buckets the mean of all.
 *
 * @param at When they arrived.
 */
export function feedbackOf({ contexts }: CycleStatistics, reader: StatisticsReader, at: number): FeedbackEntry[] {
  return Object.entries(contexts).flatMap(([id, context]) =>
    Object.entries(context?.variants ?? {}).flatMap(([variant, { feedback }]) => {
      if (feedback === undefined || feedback.count === 0) return [];
      const { bounds, counts } = histogramOf(feedback, reader.bounds.feedback, `context ${id}: feedback`);
      const scores = counts.flatMap((count, bucket) => {
        const upper = bounds[bucket] ?? 1;
        const middle = bounds.length === 0 ? feedback.sum / feedback.count : ((bounds[bucket - 1] ?? 0) + upper) / 2;
        return Array.from({ length: Math.round(count) }, () => Math.min(1, middle));
      });
      return scores.map((score, index) => ({
        id: `${at} ${id} ${variant} ${index}`,
        context: reader.contextOf(id),
        variant: reader.variantOf(variant, id),
        score,
        at,
      }));
    }),
  );
}

function measurementsOf(
  statistics: Partial<VariantStatistics>,
  bounds: StatisticsReader["bounds"],
  place: string,
): Measurements {
  const { partial = 0, duration, quality, cost, feedback } = statistics;
  // only where nothing but ratings came is a missing count a zero: elsewhere it is a number that got lost
  const missing = Object.keys(statistics).every((part) => part === "feedback") ? 0 : Number.NaN;
  return {
    success: statistics.success ?? missing,
    failure: statistics.failure ?? missing,
    partial,
    ...(duration === undefined ? {} : { duration: histogramOf(duration, bounds.duration, `${place}: duration`) }),
    ...(quality === undefined ? {} : { quality: histogramOf(quality, bounds.quality, `${place}: quality`) }),
    ...(feedback === undefined ? {} : { feedback: histogramOf(feedback, bounds.feedback, `${place}: feedback`) }),
    ...(cost === undefined ? {} : { cost: { [COST_UNIT]: cost } }),
  };
}

function histogramOf(
  { buckets, sum, count, squares }: HistogramStatistics,
  bounds: readonly number[],
  place: string,
): Histogram {
  const known = squares === undefined ? {} : { squares };
  if (buckets === undefined || bounds.length === 0) return { bounds: [], counts: [count], sum, count, ...known };
  const cumulative = buckets.length === bounds.length ? [...buckets, count] : buckets;
  if (cumulative.length !== bounds.length + 1)
    throw new RangeError(`${place} has ${buckets.length} buckets; the specification has ${bounds.length} bounds`);
  const counts = cumulative.map((value, index) => value - (cumulative[index - 1] ?? 0));
  return { bounds, counts, sum, count, ...known };
}

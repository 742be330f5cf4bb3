/** Totals, rates, durations and quality of many measurements together. */
import { histogramQuantile } from "../statistics/histogram-quantile.ts";
import { callsOf, type Measurements, type Reading } from "./evidence.ts";
import { addMeasurements, successRateOf } from "./measurements.ts";

/** What an operation did over a window. Whatever was not measured says so and is never 0. */
export interface PerformanceSummary {
  /** Calls that ended. */
  readonly total: number;
  readonly byOutcome: { readonly success: number; readonly failure: number; readonly partial: number };
  /** 0 to 1, a partial counting one half. */
  readonly successRate: Reading<number>;
  readonly meanDurationSeconds: Reading<number>;
  readonly p50DurationSeconds: Reading<number>;
  readonly p95DurationSeconds: Reading<number>;
  readonly p99DurationSeconds: Reading<number>;
  /** 0 to 1, of the calls that were scored. */
  readonly meanQuality: Reading<number>;
  /** Calls that were scored. */
  readonly scored: number;
  /** By unit: the sum, and the mean per call. */
  readonly cost: Readonly<Record<string, { readonly sum: number; readonly mean: Reading<number> }>>;
}

/** Summarises measurements of any variants and contexts. An empty list is "no data" throughout. */
export function summarize(measurements: readonly Measurements[]): PerformanceSummary {
  const all = measurements.reduce(addMeasurements, { success: 0, failure: 0, partial: 0 });
  const total = callsOf(all);
  const { duration, quality } = all;
  const quantile = (share: number): Reading<number> =>
    reading(
      duration === undefined ? undefined : histogramQuantile(duration, share),
      "no duration buckets in the window",
    );
  const cost = Object.entries(all.cost ?? {}).map(([unit, { sum }]) => {
    return [unit, { sum, mean: reading(total > 0 ? sum / total : undefined, NO_CALLS) }] as const;
  });
  return {
    total,
    byOutcome: { success: all.success, failure: all.failure, partial: all.partial },
    successRate: reading(successRateOf(all), NO_CALLS),
    meanDurationSeconds: reading(meanOf(duration), "no durations in the window"),
    p50DurationSeconds: quantile(0.5),
    p95DurationSeconds: quantile(0.95),
    p99DurationSeconds: quantile(0.99),
    meanQuality: reading(meanOf(quality), "no call was scored in the window"),
    scored: quality?.count ?? 0,
    cost: Object.fromEntries(cost),
  };
}

const NO_CALLS = "no calls in the window";

function meanOf(histogram: { readonly sum: number; readonly count: number } | undefined): number | undefined {
  return histogram === undefined || histogram.count <= 0 ? undefined : histogram.sum / histogram.count;
}

function reading(value: number | undefined, detail: string): Reading<number> {
  return value === undefined ? { kind: "no-data", detail } : { kind: "value", value };
}

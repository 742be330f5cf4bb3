/** What one side of a comparison measured, as it is shown. */
import { callsOf, type Measurements } from "../evidence/evidence.ts";
import { successRateOf } from "../evidence/measurements.ts";
import { utilityOf } from "../policy/objective.ts";
import type { Objective } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { histogramQuantile } from "../statistics/histogram-quantile.ts";
import type { VariantSummary } from "./decision.ts";

/** Sums a variant up; what was not measured is absent. */
export function summarizeVariant(setting: Setting, measurements: Measurements, objective: Objective): VariantSummary {
  const calls = callsOf(measurements);
  const successRate = successRateOf(measurements);
  const { duration, quality, cost } = measurements;
  const p95 = duration === undefined ? undefined : histogramQuantile(duration, 0.95);
  const utility = utilityOf(measurements, objective)?.mean;
  return {
    variant: setting.id,
    parameters: setting.parameters,
    calls,
    ...(successRate === undefined ? {} : { successRate }),
    ...(quality === undefined || quality.count === 0 ? {} : { meanQuality: quality.sum / quality.count }),
    ...(duration === undefined || duration.count === 0 ? {} : { meanDurationSeconds: duration.sum / duration.count }),
    ...(p95 === undefined ? {} : { p95DurationSeconds: p95 }),
    ...(cost === undefined || calls === 0 ? {} : { meanCost: meanCosts(cost, calls) }),
    ...(utility === undefined ? {} : { utility }),
  };
}

function meanCosts(cost: NonNullable<Measurements["cost"]>, calls: number): Record<string, number> {
  return Object.fromEntries(Object.entries(cost).map(([unit, { sum }]) => [unit, sum / calls]));
}

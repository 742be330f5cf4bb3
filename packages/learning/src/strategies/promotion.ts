/** A change as `response-surface` proposes it: to what, how sure, why, and on which numbers. */
import type { VariantId } from "@trimtab/conventions";
import { summarizeVariant } from "../decision/variant-summary.ts";
import type { Measurements } from "../evidence/evidence.ts";
import type { Objective } from "../policy/policy.ts";
import { describeSetting } from "../policy/setting.ts";
import { probabilityAbove } from "../statistics/e-value.ts";
import type { ContextObservation, ProposedChange } from "./strategy.ts";
import { type Difference, describeDifference, intervalOf, type Trial, type Verdict } from "./trial.ts";

/** A challenger that takes over. */
export type Winner = {
  readonly variant: VariantId;
  readonly trial: Trial;
  readonly verdict: Extract<Verdict, { kind: "better" }>;
};

/** What the numbers of a change are shown under. */
export interface Showing {
  readonly alpha: number;
  readonly objective: Objective;
}

/** The change to a challenger that is better. */
export function promotionOf(
  { incumbent, windows }: ContextObservation,
  { variant, trial, verdict }: Winner,
  difference: Difference,
  { alpha, objective }: Showing,
): ProposedChange {
  const interval = intervalOf(trial, alpha);
  const last = windows.at(-1);
  const shown =
    interval === undefined ? "" : ` (measured ${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)})`;
  const source = verdict.isInherited
    ? "other contexts have proven it and this one does not contradict"
    : `e-value ${Math.exp(Math.min(60, verdict.logE)).toPrecision(3)}`;
  const sentence =
    `${describeSetting(incumbent.parameters)} to ${describeSetting(trial.parameters)}: ${describeDifference(difference)}${shown}, ` +
    `${Math.round(trial.calls)} calls in ${trial.windows} windows, better with a probability of ${probabilityAbove(0, difference.mean, difference.deviation).toFixed(3)}; ${source}.`;
  return {
    to: trial.parameters,
    confidence: verdict.confidence,
    reason: { code: verdict.isInherited ? "SIBLINGS_PROVED_IT" : "PROVEN_BETTER", sentence },
    basis: {
      window: trial.windows > 0 ? { from: trial.from, to: trial.to } : { from: last?.from ?? 0, to: last?.to ?? 0 },
      windows: trial.windows,
      from: summarizeVariant(incumbent, trial.incumbent ?? NOTHING, objective),
      to: summarizeVariant({ id: variant, parameters: trial.parameters }, trial.challenger ?? NOTHING, objective),
      ...(interval === undefined ? {} : { difference: interval }),
      test: {
        name: verdict.isInherited ? "inherited e-value" : "e-value",
        value: Math.exp(Math.min(700, verdict.logE)),
        threshold: verdict.threshold,
      },
    },
  };
}

/** The change back to the base values, which are better than what is served. */
export function retreatOf(
  { baseline, incumbent, windows }: ContextObservation,
  difference: Difference,
  logE: number,
  { alpha, objective }: Showing,
): ProposedChange {
  const last = windows.at(-1);
  const measured = (variant: VariantId): Measurements =>
    last?.arms.find((arm) => arm.variant === variant)?.measurements ?? NOTHING;
  const sentence = `The base values are better than ${describeSetting(incumbent.parameters)}: ${describeDifference(difference)}.`;
  return {
    to: baseline.parameters,
    confidence: Math.min(0.9999, 1 - Math.exp(-logE)),
    reason: { code: "HOLDOUT_IS_BETTER", sentence },
    basis: {
      window: { from: last?.from ?? 0, to: last?.to ?? 0 },
      windows: windows.length,
      from: summarizeVariant(incumbent, measured(incumbent.id), objective),
      to: summarizeVariant(baseline, measured(baseline.id), objective),
      test: { name: "e-value", value: Math.exp(Math.min(700, logE)), threshold: 1 / alpha },
    },
  };
}

/** The change back to the base values, because what is served breaks a limit by too little for an alarm, but for long. */
export function limitRetreatOf(
  { baseline, incumbent, windows }: ContextObservation,
  probability: number,
  objective: Objective,
): ProposedChange {
  const last = windows.at(-1);
  const measured = (variant: VariantId): Measurements =>
    last?.arms.find((arm) => arm.variant === variant)?.measurements ?? NOTHING;
  const sentence = `${describeSetting(incumbent.parameters)} keeps the limits only with a probability of ${probability.toFixed(3)} by its own calls; the base values return.`;
  return {
    to: baseline.parameters,
    confidence: Math.min(0.9999, 1 - probability),
    reason: { code: "LIMIT_UNPROVEN", sentence },
    basis: {
      window: { from: last?.from ?? 0, to: last?.to ?? 0 },
      windows: windows.length,
      from: summarizeVariant(incumbent, measured(incumbent.id), objective),
      to: summarizeVariant(baseline, measured(baseline.id), objective),
      test: { name: "probability of a breach", value: 1 - probability, threshold: 0.8 },
    },
  };
}

const NOTHING: Measurements = { success: 0, failure: 0, partial: 0 };

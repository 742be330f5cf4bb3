/**
 * What learning is worth: utility of the incumbent against the holdout, from the windows in which both had calls. The holdout
 * runs for ever, so the lift never depends on a model, and an always-valid interval may be read at any time.
 */
import type { Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";
import { type ClosedWindow, type Contrast, contrastOf, ratingContrastOf } from "../evidence/windows.ts";
import type { Objective } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { type Bounds, confidenceSequence, tuningFor } from "../statistics/confidence-sequence.ts";
import type { Lift } from "./decision.ts";
import { summarizeVariant } from "./variant-summary.ts";

type RatingSums = { readonly score: number; readonly information: number; readonly tuning: number };

/** The sums of a context's lift; JSON. */
export type LiftMemory = {
  readonly windows: number;
  readonly score: number;
  readonly information: number;
  /** ρ² of the interval, fixed by the first window. */
  readonly tuning: number;
  /** The same sums of what ratings added; null before the first, absent where the objective has none. */
  readonly ratings?: RatingSums | null;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly holdout: Measurements;
  readonly served: Measurements;
};

/** The interval is narrowest after about this many windows. */
const TYPICAL_WINDOWS = 100;
const ALPHA = 0.05;

/** Takes one more window in, where both sides ran in it. */
export function learnLift(
  memory: LiftMemory | undefined,
  window: ClosedWindow,
  incumbent: string,
  baseline: string,
): LiftMemory | undefined {
  const contrast = incumbent === baseline ? undefined : contrastOf(window, incumbent, baseline);
  const served = window.arms.find((arm) => arm.variant === incumbent);
  const holdout = window.arms.find((arm) => arm.variant === baseline);
  if (contrast === undefined || served === undefined || holdout === undefined) return memory;
  const information = 1 / contrast.variance;
  const rated = ratingContrastOf(window, incumbent, baseline);
  const ratings = window.ratings === undefined ? {} : { ratings: addRatings(memory?.ratings ?? null, rated) };
  return {
    ...ratings,
    windows: (memory?.windows ?? 0) + 1,
    score: (memory?.score ?? 0) + contrast.difference * information,
    information: (memory?.information ?? 0) + information,
    tuning: memory?.tuning ?? tuningFor(TYPICAL_WINDOWS * information, ALPHA),
    since: memory?.since ?? window.from,
    holdout: memory === undefined ? holdout.measurements : addMeasurements(memory.holdout, holdout.measurements),
    served: memory === undefined ? served.measurements : addMeasurements(memory.served, served.measurements),
  };
}

function addRatings(before: RatingSums | null, rated: Contrast | undefined): RatingSums | null {
  if (rated === undefined) return before;
  const information = 1 / rated.variance;
  return {
    score: (before?.score ?? 0) + rated.difference * information,
    information: (before?.information ?? 0) + information,
    tuning: before?.tuning ?? tuningFor(TYPICAL_WINDOWS * information, ALPHA / 2),
  };
}

/** Calls and ratings together, each with half of alpha; before the first rating these may add or take their whole weight. */
function boundsOf(memory: LiftMemory, objective: Objective): Bounds {
  if (memory.ratings === undefined) return confidenceSequence(memory, memory.tuning, ALPHA);
  const calls = confidenceSequence(memory, memory.tuning, ALPHA / 2);
  const weight = objective.feedback?.weight ?? 0;
  const ratings =
    memory.ratings === null
      ? { estimate: 0, lower: -weight, upper: weight }
      : confidenceSequence(memory.ratings, memory.ratings.tuning, ALPHA / 2);
  return {
    estimate: calls.estimate + ratings.estimate,
    lower: calls.lower + ratings.lower,
    upper: calls.upper + ratings.upper,
  };
}

/** The lift as it is shown; undefined before the first window. */
export function liftOf(
  memory: LiftMemory | undefined,
  incumbent: Setting,
  baseline: Setting,
  objective: Objective,
): Lift | undefined {
  if (memory === undefined) return undefined;
  const bounds = boundsOf(memory, objective);
  // a utility lies between 0 and 1, so a difference never leaves -1 to 1
  return {
    estimate: bounds.estimate,
    lower: Math.max(-1, bounds.lower),
    upper: Math.min(1, bounds.upper),
    level: 1 - ALPHA,
    windows: memory.windows,
    since: memory.since,
    holdout: summarizeVariant(baseline, memory.holdout, objective),
    served: summarizeVariant(incumbent, memory.served, objective),
  };
}

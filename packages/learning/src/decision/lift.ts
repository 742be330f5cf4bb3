/**
 * What learning is worth: utility of the incumbent against the holdout, from the windows in which both had calls. The holdout
 * runs for ever, so the lift never depends on a model, and an always-valid interval may be read at any time.
 */
import type { Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";
import { type ClosedWindow, contrastOf } from "../evidence/windows.ts";
import type { Objective } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import { confidenceSequence, tuningFor } from "../statistics/confidence-sequence.ts";
import type { Lift } from "./decision.ts";
import { summarizeVariant } from "./variant-summary.ts";

/** The sums of a context's lift; JSON. */
export type LiftMemory = {
  readonly windows: number;
  readonly score: number;
  readonly information: number;
  /** ρ² of the interval, fixed by the first window. */
  readonly tuning: number;
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
  return {
    windows: (memory?.windows ?? 0) + 1,
    score: (memory?.score ?? 0) + contrast.difference * information,
    information: (memory?.information ?? 0) + information,
    tuning: memory?.tuning ?? tuningFor(TYPICAL_WINDOWS * information, ALPHA),
    since: memory?.since ?? window.from,
    holdout: memory === undefined ? holdout.measurements : addMeasurements(memory.holdout, holdout.measurements),
    served: memory === undefined ? served.measurements : addMeasurements(memory.served, served.measurements),
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
  const bounds = confidenceSequence(memory, memory.tuning, ALPHA);
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

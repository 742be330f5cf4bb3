/** One challenger beside the incumbent: what is counted of it, and when it is proven better, worse or equal. */
import type { ParameterValues, VariantId } from "@trimtab/conventions";
import type { Interval, Reason } from "../decision/decision.ts";
import type { Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";
import { type ClosedWindow, contrastOf, ratingContrastOf } from "../evidence/windows.ts";
import type { LimitJudgement } from "../guardrails/outcome-limits.ts";
import { type Bounds, confidenceSequence, tuningFor } from "../statistics/confidence-sequence.ts";
import { type DifferenceSums, logSavageDickey, probabilityAbove } from "../statistics/e-value.ts";
import { type DriftWatch, watch } from "./drift-watch.ts";

/** A challenger's account; JSON. Times in milliseconds since 1970. */
export type Trial = {
  readonly parameters: ParameterValues;
  readonly from: number;
  readonly to: number;
  /** Windows in which both it and the incumbent had calls. */
  readonly windows: number;
  readonly calls: number;
  /** Σ d/v and Σ 1/v of its differences to the incumbent, for the interval that is shown. */
  readonly score: number;
  readonly information: number;
  /** The same of what its ratings added, and how many ratings it has. */
  readonly ratings: { readonly score: number; readonly information: number; readonly count: number };
  readonly decisions: number;
  /** Decisions before it had any calls. */
  readonly idle: number;
  readonly weight: number;
  /** Was it proven before it was taken back? */
  readonly isRetry: boolean;
  readonly challenger: Measurements | null;
  readonly incumbent: Measurements | null;
  readonly drift: DriftWatch | null;
};

/** A difference to the incumbent as the surface believes it. */
export interface Difference {
  readonly mean: number;
  readonly deviation: number;
  /** Deviation before anything was measured. */
  readonly prior: number;
}

/** What is known of a challenger at a decision. */
export interface TrialView {
  /** By everything, and by the other contexts alone. */
  readonly difference: Difference;
  readonly inherited: Difference;
  readonly limits: LimitJudgement;
  /** Probability, 0 to 1, that it keeps the limits, by all that is known of settings like it. */
  readonly limitProbability: number;
  /** May what other contexts have proven count here? */
  readonly mayInherit: boolean;
  /** Do ratings count? Then a few of its own are needed. */
  readonly needsRatings: boolean;
  /** May it be adopted by inheritance without calls of its own? */
  readonly isSparse: boolean;
}

/** The levels of proof. */
export interface ProofLevels {
  readonly alpha: number;
  readonly minimumEffect: number;
  /** The e-value that own evidence needs. */
  readonly threshold: number;
}

/** What becomes of a challenger. */
export type Verdict =
  | { readonly kind: "going-on" }
  | {
      readonly kind: "better";
      readonly logE: number;
      readonly threshold: number;
      readonly confidence: number;
      readonly isInherited: boolean;
    }
  | { readonly kind: "blocked" | "worse" | "equivalent"; readonly reason: Reason };

const MINIMUM_CALLS = 20;
const MINIMUM_RATINGS = 10;
/** By its own calls, and by all that is known of settings like it. */
const MINIMUM_OWN_LIMIT_PROBABILITY = 0.7;
const MINIMUM_LIMIT_PROBABILITY = 0.8;
/** A setting in breach passes with a probability of at most this, however often it is looked at. */
const LIMIT_ALPHA = 0.1;
const INHERITED_LIMIT_PROBABILITY = 0.95;
const MOST_IDLE = 20;
const LOST_LIMIT_PROBABILITY = 0.15;
/** What was proven once is judged by so many new calls, not by what the incident left of its fame. */
export const RETRY_CALLS = 40;
/** Standard deviations that the whole belief must lie above nothing; a context with enough calls of its own is asked for more. */
const INHERITED = 1.28;
const INHERITED_SPARSE = 0.6;
/** No test makes certain; a policy that asks for a confidence of 1 wants a person to decide. */
const MOST_CONFIDENT = 0.9999;

/** A challenger that begins. */
export function newTrial(parameters: ParameterValues, weight: number, isRetry: boolean): Trial {
  const nothing = { from: 0, to: 0, windows: 0, calls: 0, score: 0, information: 0, decisions: 0, idle: 0 };
  const ratings = { score: 0, information: 0, count: 0 };
  return { parameters, ...nothing, ratings, weight, isRetry, challenger: null, incumbent: null, drift: null };
}

/** Takes a window in; without calls of both sides it says nothing. */
export function learnTrial(trial: Trial, window: ClosedWindow, variant: VariantId, incumbent: VariantId): Trial {
  const rated = withRatings(trial, window, variant, incumbent);
  const contrast = contrastOf(window, variant, incumbent);
  const own = window.arms.find((arm) => arm.variant === variant);
  const other = window.arms.find((arm) => arm.variant === incumbent);
  if (contrast === undefined || own === undefined || other === undefined) return rated;
  return {
    ...rated,
    from: trial.windows === 0 ? window.from : trial.from,
    to: window.to,
    windows: trial.windows + 1,
    calls: trial.calls + own.calls,
    score: trial.score + contrast.difference / contrast.variance,
    information: trial.information + 1 / contrast.variance,
    challenger: trial.challenger === null ? own.measurements : addMeasurements(trial.challenger, own.measurements),
    incumbent: trial.incumbent === null ? other.measurements : addMeasurements(trial.incumbent, other.measurements),
    drift: trial.drift === null ? null : watch(trial.drift, contrast.difference, contrast.variance),
  };
}

function withRatings(trial: Trial, window: ClosedWindow, variant: VariantId, incumbent: VariantId): Trial {
  const arm = window.ratings?.find((each) => each.variant === variant);
  if (arm === undefined) return trial;
  const contrast = ratingContrastOf(window, variant, incumbent);
  const { score, information, count } = trial.ratings;
  return {
    ...trial,
    ratings: {
      score: score + (contrast === undefined ? 0 : contrast.difference / contrast.variance),
      information: information + (contrast === undefined ? 0 : 1 / contrast.variance),
      count: count + arm.ratings,
    },
  };
}

/** Better, worse, equal, or not known yet. */
export function judgeTrial(variant: VariantId, trial: Trial, view: TrialView, levels: ProofLevels): Verdict {
  const { difference, inherited, limits, limitProbability, mayInherit, needsRatings, isSparse } = view;
  const { mean, deviation } = difference;
  const numbers = describeDifference(difference);
  // what settings like it did in the incident is no news about how a retry does after it
  const isOnProbation = trial.isRetry && trial.calls < RETRY_CALLS;
  const likely =
    limits.verdict === "unknown"
      ? limitProbability
      : isOnProbation
        ? limits.probability
        : Math.min(limitProbability, limits.probability);
  if (trial.decisions >= 1 && limits.verdict !== "unknown" && likely < LOST_LIMIT_PROBABILITY) {
    const sentence = `${variant} keeps the limits only with a probability of ${likely.toFixed(2)}.`;
    return { kind: "worse", reason: { code: "LIMIT_UNPROVEN", sentence } };
  }
  const mayDrop = trial.decisions >= 2 && !isOnProbation;
  if (mayDrop && probabilityAbove(levels.minimumEffect, mean, deviation) < 0.12) {
    return {
      kind: "worse",
      reason: { code: "PROVEN_WORSE", sentence: `${variant}: ${numbers} after ${trial.windows} windows.` },
    };
  }
  if (trial.decisions >= 15 && mean + deviation < 0.008) {
    return {
      kind: "equivalent",
      reason: { code: "EQUIVALENT", sentence: `${variant}: ${numbers} after ${trial.windows} windows.` },
    };
  }
  if (trial.idle >= MOST_IDLE) {
    const sentence = `${variant} had no calls in ${trial.idle} decisions; its slot goes to another.`;
    return { kind: "equivalent", reason: { code: "TOO_FEW_CALLS", sentence } };
  }
  if (mean <= levels.minimumEffect) return { kind: "going-on" };
  const logE = logSavageDickey(mean, deviation, difference.prior);
  const isMeasured = trial.calls >= MINIMUM_CALLS && (!needsRatings || trial.ratings.count >= MINIMUM_RATINGS);
  const isProven = isMeasured && logE >= Math.log(levels.threshold);
  const sharedLogE = logSavageDickey(inherited.mean, inherited.deviation, inherited.prior);
  const isInherited =
    mayInherit &&
    (isSparse || isMeasured) &&
    inherited.mean > levels.minimumEffect &&
    sharedLogE >= -Math.log(levels.alpha) &&
    (mean - levels.minimumEffect) / deviation > (isSparse ? INHERITED_SPARSE : INHERITED);
  if (!isProven && !isInherited) return { kind: "going-on" };
  if (limits.verdict === "unknown") {
    return {
      kind: "blocked",
      reason: { code: "LIMIT_UNKNOWN", sentence: `${variant} is better (${numbers}), but ${limits.sentence}.` },
    };
  }
  // where the others have proven it, they have had the calls to break a limit with
  const isLimitProven =
    limits.proof >= -Math.log(LIMIT_ALPHA) || (isInherited && limitProbability >= INHERITED_LIMIT_PROBABILITY);
  if (
    !isLimitProven ||
    limits.probability < MINIMUM_OWN_LIMIT_PROBABILITY ||
    limitProbability < MINIMUM_LIMIT_PROBABILITY
  ) {
    const sentence = `${variant} is better (${numbers}), but keeps the limits only with a probability of ${likely.toFixed(2)}.`;
    return { kind: "blocked", reason: { code: "LIMIT_UNPROVEN", sentence } };
  }
  // the probability that the change is right: that it is better, and that it keeps the limits
  const right = probabilityAbove(0, mean, deviation) * Math.max(limitProbability, limits.probability);
  const confidence = Math.min(MOST_CONFIDENT, right);
  return isProven
    ? { kind: "better", logE, threshold: levels.threshold, confidence, isInherited: false }
    : { kind: "better", logE: sharedLogE, threshold: 1 / levels.alpha, confidence, isInherited: true };
}

/** What the test of a challenger that runs on says so far. */
export function undecidedReason(variant: VariantId, trial: Trial, difference: Difference, threshold: number): Reason {
  const logE = logSavageDickey(difference.mean, difference.deviation, difference.prior);
  const test = `e-value ${Math.exp(Math.min(60, logE)).toPrecision(3)} of ${threshold.toPrecision(3)}`;
  const sentence = `${variant}: ${describeDifference(difference)}, ${test}, ${Math.round(trial.calls)} calls in ${trial.windows} windows.`;
  return { code: "NOTHING_PROVEN", sentence };
}

/** The measured difference with an interval that holds at all times; undefined before the first window. */
export function intervalOf(trial: Trial, alpha: number): Interval | undefined {
  if (trial.windows === 0) return undefined;
  const { estimate, lower, upper } = sumOfBounds(
    [trial, trial.ratings].filter(({ information }) => information > 0),
    alpha,
  );
  return { estimate, lower: Math.max(-1, lower), upper: Math.min(1, upper), level: 1 - alpha };
}

/** The interval of a sum: each part has its share of alpha, so that all hold together. */
function sumOfBounds(parts: readonly DifferenceSums[], alpha: number): Bounds {
  const share = alpha / parts.length;
  const sum = { estimate: 0, lower: 0, upper: 0 };
  for (const part of parts) {
    const { estimate, lower, upper } = confidenceSequence(part, tuningFor(part.information, share), share);
    sum.estimate += estimate;
    sum.lower += lower;
    sum.upper += upper;
  }
  return sum;
}

/** `+0.031 ± 0.012 utility`. */
export function describeDifference({ mean, deviation }: Difference): string {
  return `${mean >= 0 ? "+" : ""}${mean.toFixed(3)} ± ${deviation.toFixed(3)} utility`;
}

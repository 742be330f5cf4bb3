/** All environments together against the targets, and how far a confidence can be believed. */
import type { EnvironmentTrace } from "../run-environment.ts";
import { type EnvironmentScore, scoreEnvironment } from "./environment-score.ts";
import { type Estimate, shareOf } from "./estimate.ts";

/** How far a figure is. */
export type Verdict = "good" | "must" | "missed";

/** One target and what was reached. */
export interface TargetRow {
  readonly metric: string;
  readonly value: number;
  /** Half of the 95 % interval of the value over the seeds; absent where there is none. */
  readonly halfWidth?: number;
  /** The environment with the worst value, where the target is about the worst. */
  readonly worst?: string;
  /** Bounds of the verdict; the value must not be larger (or, for a share that has to be kept, not smaller). */
  readonly must: number;
  readonly good: number;
  readonly unit: "regret" | "per context" | "share" | "cycles" | "milliseconds";
  readonly verdict: Verdict;
}

/** Applied changes with about the same confidence. */
export interface CalibrationRow {
  /** From (included) and to (excluded, but 1 is included), 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly changes: number;
  readonly meanConfidence: number;
  /** Share that truly is better and keeps the limits, with an interval. */
  readonly right: Estimate;
}

/** Everything that is judged. */
export interface ScoreBoard {
  readonly environments: readonly EnvironmentScore[];
  readonly targets: readonly TargetRow[];
  readonly calibration: readonly CalibrationRow[];
}

/** Judges runs of any environments, in the order in which these first appear. */
export function scoreBoardOf(traces: readonly EnvironmentTrace[]): ScoreBoard {
  const groups = new Map<string, EnvironmentTrace[]>();
  for (const trace of traces) {
    const group = groups.get(trace.environment);
    if (group === undefined) groups.set(trace.environment, [trace]);
    else group.push(trace);
  }
  const environments = [...groups.values()].map(scoreEnvironment);
  return { environments, targets: targetsOf(environments), calibration: calibrationOf(traces) };
}

const BINS = [0, 0.7, 0.9, 0.95, 0.98, 0.99, 0.999, 1];

function calibrationOf(traces: readonly EnvironmentTrace[]): CalibrationRow[] {
  const judged = traces.flatMap((trace) => trace.judged);
  return BINS.slice(1).flatMap((to, index) => {
    const from = BINS[index] ?? 0;
    const inside = judged.filter(({ confidence: c }) => c >= from && (c < to || (to === 1 && c === 1)));
    if (inside.length === 0) return [];
    const confidence = inside.reduce((sum, each) => sum + each.confidence, 0);
    const right = shareOf(inside.filter(({ isRight }) => isRight).length, inside.length);
    return [{ from, to, changes: inside.length, meanConfidence: confidence / inside.length, right }];
  });
}

type Field = "regret" | "lastQuarterRegret" | "falseChanges" | "violatingTraffic" | "brokenMajority";

function targetsOf(environments: readonly EnvironmentScore[]): TargetRow[] {
  const lifts = environments.filter(({ kind }) => kind === "lift");
  const best = environments.filter(({ kind }) => kind === "baseline-best");
  const ties = environments.filter(({ kind }) => kind === "nothing-matters");
  const others = environments.filter(({ kind }) => kind !== "nothing-matters");
  const limited = environments.filter(({ hasLimits }) => hasLimits);
  const broken = environments.filter(({ hasOutages }) => hasOutages);
  const rows: (TargetRow | undefined)[] = [
    mean("regret, mean of the environments with a lift", lifts, "regret", 0.2, 0.15, "regret"),
    worst("regret, worst environment with a lift", lifts, "regret", 0.3, 0.25, "regret"),
    mean("regret of the last quarter, mean with a lift", lifts, "lastQuarterRegret", 0.14, 0.1, "regret"),
    worst("regret where the base values are best", best, "regret", 0.08, 0.05, "regret"),
    worst("false changes where nothing matters", ties, "falseChanges", 0.1, 0.03, "per context"),
    mean("false changes elsewhere, mean", others, "falseChanges", 0.1, 0.03, "per context"),
    mean(
      "traffic that breaks a limit, mean of the environments with limits",
      limited,
      "violatingTraffic",
      0.02,
      0.01,
      "share",
    ),
    worst("traffic that breaks a limit, worst", limited, "violatingTraffic", 0.05, 0.03, "share"),
    worst("majority on something broken, worst", broken, "brokenMajority", 0.01, 0.005, "share"),
    ...liftRows(lifts),
    baselineRow(environments),
    decideRow(environments),
  ];
  return rows.filter((row) => row !== undefined);
}

function mean(
  metric: string,
  environments: readonly EnvironmentScore[],
  field: Field,
  must: number,
  good: number,
  unit: TargetRow["unit"],
): TargetRow | undefined {
  if (environments.length === 0) return undefined;
  const value = environments.reduce((sum, each) => sum + each[field].mean, 0) / environments.length;
  const squares = environments.reduce((sum, each) => sum + (each[field].upper - each[field].mean) ** 2, 0);
  const half = halfWidth(Math.sqrt(squares) / environments.length);
  return { metric, value, ...half, must, good, unit, verdict: verdictOf(value, must, good) };
}

function worst(
  metric: string,
  environments: readonly EnvironmentScore[],
  field: Field,
  must: number,
  good: number,
  unit: TargetRow["unit"],
): TargetRow | undefined {
  const [first] = environments.toSorted((left, right) => right[field].mean - left[field].mean);
  if (first === undefined) return undefined;
  const value = first[field].mean;
  const half = halfWidth(first[field].upper - value);
  const verdict = verdictOf(value, must, good);
  return { metric, value, ...half, worst: first.environment, must, good, unit, verdict };
}

/** With one seed there is no interval. */
function halfWidth(half: number): { readonly halfWidth?: number } {
  return Number.isFinite(half) ? { halfWidth: half } : {};
}

/** "On 19 of 20 seeds everywhere" for must, and a median of at most 60 cycles for good. */
function liftRows(lifts: readonly EnvironmentScore[]): (TargetRow | undefined)[] {
  const slowest = lifts.toSorted((left, right) => -compare(left.cyclesToLift.median, right.cyclesToLift.median))[0];
  const rarest = lifts.toSorted((left, right) => left.reached / left.seeds - right.reached / right.seeds)[0];
  if (slowest === undefined || rarest === undefined) return [];
  const share = rarest.reached / rarest.seeds;
  const cycles = slowest.cyclesToLift.median;
  return [
    {
      metric: "seeds that had 80 % of the lift, worst",
      value: share,
      worst: rarest.environment,
      must: 0.95,
      good: 0.95,
      unit: "share",
      verdict: share >= 0.95 ? "good" : "missed",
    },
    {
      metric: "cycles to 80 % of the lift, median, worst",
      value: cycles,
      worst: slowest.environment,
      must: Number.POSITIVE_INFINITY,
      good: 60,
      unit: "cycles",
      verdict: Number.isFinite(cycles) ? verdictOf(cycles, Number.POSITIVE_INFINITY, 60) : "missed",
    },
  ];
}

/** Also of infinities. */
function compare(left: number, right: number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function baselineRow(environments: readonly EnvironmentScore[]): TargetRow | undefined {
  const [first] = environments.toSorted((left, right) => left.smallestBaselineShare - right.smallestBaselineShare);
  if (first === undefined) return undefined;
  const value = first.smallestBaselineShare;
  return {
    metric: "smallest share of the base values",
    value,
    worst: first.environment,
    must: 0.05,
    good: 0.05,
    unit: "share",
    verdict: value >= 0.05 - 1e-9 ? "good" : "missed",
  };
}

function decideRow(environments: readonly EnvironmentScore[]): TargetRow | undefined {
  const timed = environments.filter(({ millisecondsPerDecision }) => millisecondsPerDecision !== undefined);
  const [slowest] = timed.toSorted(
    (left, right) => (right.millisecondsPerDecision ?? 0) - (left.millisecondsPerDecision ?? 0),
  );
  if (slowest === undefined) return undefined;
  const value = slowest.millisecondsPerDecision ?? 0;
  return {
    metric: "time of one decision, mean, slowest environment",
    value,
    worst: slowest.environment,
    must: 50,
    good: 20,
    unit: "milliseconds",
    verdict: verdictOf(value, 50, 20),
  };
}

function verdictOf(value: number, must: number, good: number): Verdict {
  if (value <= good) return "good";
  return value <= must ? "must" : "missed";
}

/** The runs of one environment together, and the targets beside them. */
import type { EnvironmentTrace } from "../run-environment.ts";
import { type Estimate, estimateOf, type MedianEstimate, medianOf } from "./estimate.ts";
import { type RunKind, type RunScores, scoresOf } from "./run-scores.ts";

/** The scores of an environment over seeds. The fields mean what they mean in `RunScores`. */
export interface EnvironmentScore {
  readonly environment: string;
  readonly kind: RunKind;
  readonly seeds: number;
  /** Are there limits that a setting can break? */
  readonly hasLimits: boolean;
  /** Can something be down for a while? */
  readonly hasOutages: boolean;
  readonly regret: Estimate;
  readonly lastQuarterRegret: Estimate;
  readonly violatingTraffic: Estimate;
  readonly changes: Estimate;
  readonly falseChanges: Estimate;
  readonly needlessReturns: Estimate;
  readonly brokenMajority: Estimate;
  /** In any seed. */
  readonly smallestBaselineShare: number;
  /** A seed that never had it counts as infinitely long. */
  readonly cyclesToLift: MedianEstimate;
  /** Seeds that had 80 % of the lift. */
  readonly reached: number;
  /** Mean of one `decide` call, where it was measured. */
  readonly millisecondsPerDecision?: number;
}

/**
 * Scores the runs of one environment.
 *
 * @param traces At least one, all of the same environment.
 */
export function scoreEnvironment(traces: readonly EnvironmentTrace[]): EnvironmentScore {
  const scores = traces.map(scoresOf);
  const of = (field: NumericField): Estimate => estimateOf(scores.map((each) => each[field]));
  const lifts = scores.map(({ cyclesToLift = Number.POSITIVE_INFINITY }) => cyclesToLift);
  const times = traces.flatMap(({ millisecondsPerDecision: time }) => (time === undefined ? [] : [time]));
  return {
    environment: traces[0]?.environment ?? "",
    kind: commonKind(scores),
    seeds: traces.length,
    hasLimits: traces.some((trace) => trace.hasLimits),
    hasOutages: traces.some((trace) => trace.hasOutages),
    regret: of("regret"),
    lastQuarterRegret: of("lastQuarterRegret"),
    violatingTraffic: of("violatingTraffic"),
    changes: of("changes"),
    falseChanges: of("falseChanges"),
    needlessReturns: of("needlessReturns"),
    brokenMajority: of("brokenMajority"),
    smallestBaselineShare: Math.min(...scores.map((each) => each.smallestBaselineShare)),
    cyclesToLift: medianOf(lifts),
    reached: lifts.filter(Number.isFinite).length,
    ...(times.length === 0 ? {} : { millisecondsPerDecision: estimateOf(times).mean }),
  };
}

type NumericField = Exclude<keyof RunScores, "kind" | "cyclesToLift" | "smallestBaselineShare">;

/** Seeds of one environment ask the same question; where noise makes them differ, the one with most at stake counts. */
function commonKind(scores: readonly RunScores[]): RunKind {
  const order: readonly RunKind[] = ["lift", "baseline-best", "nothing-matters"];
  return order.find((kind) => scores.some((each) => each.kind === kind)) ?? "nothing-matters";
}

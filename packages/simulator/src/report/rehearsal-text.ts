/** What a rehearsal showed, for programs and for people. */
import { valuesOf } from "@trimtab/conventions";
import { type Estimate, estimateOf, type MedianEstimate, medianOf } from "../judge/estimate.ts";
import { scoresOf } from "../judge/run-scores.ts";
import type { Rehearsal } from "../rehearsal.ts";
import type { CycleLedger, EnvironmentTrace } from "../run-environment.ts";

/** What was rehearsed and what came of it. Utilities are per call, 0 to 1. */
export interface RehearsalReport {
  readonly operation: string;
  /** Names what was rehearsed (`rehearsalSubject`); absent where another strategy than the operation's own was. */
  readonly subject?: string;
  readonly strategy: string;
  readonly settings: number;
  readonly contexts: number;
  readonly callsPerCycle: number;
  readonly cycleSeconds: number;
  readonly cycles: number;
  readonly gain: number;
  /** How many truths were invented, and in how many of them something beats the base values. */
  readonly seeds: number;
  readonly seedsWithGain: number;
  /** Of those with a gain: the first cycle with 80 % of it, and in how many that came. */
  readonly cyclesToGain: MedianEstimate;
  readonly reached: number;
  /** The cycle from which on the calls together were never worse off than with the base values; infinite where that never came. */
  readonly cyclesToBreakEven: MedianEstimate;
  /** The most utility, in calls times utility, that trying had cost before it paid. */
  readonly deepestLoss: Estimate;
  /** Utility per call over the whole run, less that of the base values. */
  readonly won: Estimate;
  /** Share of the calls on settings that break a limit; absent without limits. */
  readonly violatingTraffic?: Estimate;
  /** Changes to something no better or not allowed, per context. */
  readonly falseChanges: Estimate;
}

/** Sums the runs up, one per invented truth. */
export function rehearsalReport(
  traces: readonly EnvironmentTrace[],
  {
    rehearsal,
    cycleSeconds,
    strategy,
    subject,
  }: {
    readonly rehearsal: Rehearsal;
    readonly cycleSeconds: number;
    readonly strategy: string;
    readonly subject?: string;
  },
): RehearsalReport {
  const { policy, contexts, callsPerCycle, gain } = rehearsal;
  const scores = traces.map(scoresOf);
  const lifts = scores.filter(({ kind }) => kind === "lift");
  const balances = traces.map(({ cycles }) => balanceOf(cycles));
  const toGain = lifts.map(({ cyclesToLift = Number.POSITIVE_INFINITY }) => cyclesToLift);
  return {
    operation: `${policy.component}.${policy.operation}`,
    ...(subject === undefined ? {} : { subject }),
    strategy,
    settings: Object.values(policy.parameters).reduce((product, each) => product * valuesOf(each).length, 1),
    contexts,
    callsPerCycle,
    cycleSeconds,
    cycles: traces[0]?.cycles.length ?? 0,
    gain,
    seeds: traces.length,
    seedsWithGain: lifts.length,
    cyclesToGain: medianOf(toGain),
    reached: toGain.filter(Number.isFinite).length,
    cyclesToBreakEven: medianOf(balances.map(({ breakEven }) => breakEven)),
    deepestLoss: estimateOf(balances.map(({ deepest }) => deepest)),
    won: estimateOf(balances.map(({ won }) => won)),
    ...(policy.constraints.length === 0
      ? {}
      : { violatingTraffic: estimateOf(scores.map(({ violatingTraffic }) => violatingTraffic)) }),
    falseChanges: estimateOf(scores.map(({ falseChanges }) => falseChanges)),
  };
}

function balanceOf(cycles: readonly CycleLedger[]): { breakEven: number; deepest: number; won: number } {
  let [balance, deepest, traffic, breakEven] = [0, 0, 0, 0];
  cycles.forEach(({ served, base, traffic: calls }, cycle) => {
    balance += served - base;
    traffic += calls;
    deepest = Math.max(deepest, -balance);
    if (balance < 0) breakEven = cycle + 2; // at the earliest the next cycle, counted from 1
  });
  const isPaid = balance >= 0;
  return { breakEven: isPaid ? breakEven : Number.POSITIVE_INFINITY, deepest, won: balance / Math.max(1, traffic) };
}

/** For people. */
export function rehearsalText(report: RehearsalReport): string {
  const { contexts, cycles, cycleSeconds, gain, seeds, seedsWithGain, reached } = report;
  const duration = (count: number): string => durationText(count * cycleSeconds);
  const median = ({ median: value, lower, upper }: MedianEstimate): string =>
    Number.isFinite(value)
      ? `${value} cycles (${duration(value)}) in the median${Number.isFinite(lower) ? `, 95 % between ${lower} and ${Number.isFinite(upper) ? upper : "never"}` : ""}`
      : `not within ${cycles} cycles (${duration(cycles)}) in most of them`;
  const estimate = ({ mean, upper }: Estimate, text: (value: number) => string): string =>
    Number.isFinite(upper) ? `${text(mean)} ±${text(upper - mean)}` : text(mean);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    `${report.operation} with ${report.strategy}: ${report.settings} settings, ${contexts} ${contexts === 1 ? "context" : "contexts"}, ` +
      `${report.callsPerCycle} calls per cycle of ${durationText(cycleSeconds)}, ${cycles} cycles (${duration(cycles)}).`,
    `${seeds} invented truths in which the best setting wins ${gain} of utility per call; in ${seeds - seedsWithGain} of them the base values are the best already.`,
    "",
    `80 % of the gain   ${seedsWithGain === 0 ? "-" : median(report.cyclesToGain)}; ${reached} of ${seedsWithGain} had it`,
    `break even         ${median(report.cyclesToBreakEven)}: from then on trying has paid for itself`,
    `price before that  ${estimate(report.deepestLoss, (value) => value.toFixed(1))} calls' worth of utility at the deepest point`,
    `won by the end     ${estimate(report.won, (value) => value.toFixed(4))} utility per call over the whole time`,
    ...(report.violatingTraffic === undefined
      ? []
      : [`breaking a limit   ${estimate(report.violatingTraffic, percent)} of the calls`]),
    `false changes      ${estimate(report.falseChanges, (value) => value.toFixed(2))} per context`,
    "",
    "This says how the strategy behaves at this traffic, not what your service will win: the truths are invented, smooth, and stay the same.",
    `Is a gain of ${gain} realistic? With half of it learning takes about four times the calls; --gain, --calls and --contexts try other assumptions.`,
  ].join("\n");
}

function durationText(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 7200) return `${Number((seconds / 60).toFixed(1))} min`;
  return seconds < 172_800
    ? `${Number((seconds / 3600).toFixed(1))} h`
    : `${Number((seconds / 86_400).toFixed(1))} days`;
}

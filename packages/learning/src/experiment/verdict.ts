/** What an experiment has shown so far, in numbers and in words. */
import type { ExperimentReport, Interval, Reason } from "../decision/decision.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { armContrast } from "./arm-contrast.ts";
import type { ExperimentMemory } from "./experiment-memory.ts";

/** A difference in utility smaller than this is not worth deciding on. */
const TOO_SMALL_TO_MATTER = 0.01;

/** How the experiment stands. */
export function reportOf(
  { name, startedAt, since, strategies, sums }: ExperimentMemory,
  { objective, experiment }: OperationPolicy,
): ExperimentReport {
  const difference = armContrast(sums ?? undefined, objective.feedback?.weight);
  const [control, treatment] = strategies;
  const share = experiment?.share ?? 0;
  const windows = sums?.windows ?? 0;
  return {
    name,
    startedAt,
    arms: [
      { arm: "control", strategy: control.kind, share: 1 - share },
      { arm: "treatment", strategy: treatment.kind, share },
    ],
    ...(difference === undefined ? {} : { difference }),
    windows,
    since,
    verdict: verdictOf(difference, windows, [control.kind, treatment.kind]),
  };
}

function verdictOf(difference: Interval | undefined, windows: number, [control, treatment]: [string, string]): Reason {
  if (difference === undefined) {
    const sentence = `The treatment (${treatment}) and the control (${control}) were not compared in any window yet.`;
    return { code: "EXPERIMENT_COLLECTING", sentence };
  }
  const { estimate, lower, upper } = difference;
  const numbers = `A call under the treatment (${treatment}) has ${signed(estimate)} (${signed(lower)} to ${signed(upper)}) in utility against the control (${control}), over ${windows} windows`;
  if (lower > 0) return { code: "EXPERIMENT_TREATMENT_BETTER", sentence: `${numbers}: the treatment does better.` };
  if (upper < 0) return { code: "EXPERIMENT_CONTROL_BETTER", sentence: `${numbers}: the control does better.` };
  if (lower > -TOO_SMALL_TO_MATTER && upper < TOO_SMALL_TO_MATTER)
    return { code: "EXPERIMENT_EQUIVALENT", sentence: `${numbers}: too little to matter, whichever it is.` };
  return { code: "EXPERIMENT_UNDECIDED", sentence: `${numbers}: neither is proven better.` };
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(3)}`;
}

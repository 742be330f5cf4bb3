/** For tests of strategies: cycles of the sample operation through `decide`, with outcomes drawn from known success rates. */
import type { ParameterValues } from "@trimtab/conventions";
import { type DecideInput, type DecideOutput, decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import { SAMPLE_POLICY, sampleEvidence } from "../decision/sample-operation.ts";
import type { Evidence, Measurements } from "../evidence/evidence.ts";
import type { OperationPolicy, StrategyChoice } from "../policy/policy.ts";
import { randomFromSeed } from "../statistics/random.ts";

/** A world: the true success rate of values in a cycle, and how many calls a context has in one. */
export interface Practice {
  readonly cycles: number;
  readonly calls: number;
  readonly rate: (parameters: ParameterValues, cycle: number, genre: string) => number;
  readonly seed?: string;
  readonly strategies?: DecideInput["strategies"];
  /** Changes a cycle's evidence on its way. */
  readonly alter?: (evidence: Evidence, cycle: number) => Evidence;
}

/** The sample operation with one number, judged by success alone, under a strategy. */
export function practicePolicy(strategy: StrategyChoice, changes: Partial<OperationPolicy> = {}): OperationPolicy {
  return {
    ...SAMPLE_POLICY,
    parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
    objective: { success: { weight: 1 } },
    strategy,
    ...changes,
  };
}

/** Runs the world; every decision in order. */
export function practise(policy: OperationPolicy, practice: Practice): Decision[] {
  const { cycles, calls, rate, seed = "practice", strategies, alter = (evidence) => evidence } = practice;
  const random = randomFromSeed(`world ${seed}`);
  const decisions: Decision[] = [];
  let output: DecideOutput | undefined;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const evidence = alter(
      sampleEvidence(policy, cycle, output?.decision.allocations ?? [], (parameters, context, share) => {
        const measured: { success: number; failure: number; partial: number } = { success: 0, failure: 0, partial: 0 };
        const truth = rate(parameters, cycle, context["genre"] ?? "");
        for (let call = 0; call < Math.round(calls * share); call++)
          measured[random.uniform() < truth ? "success" : "failure"] += 1;
        return measured satisfies Measurements;
      }),
      cycle,
    );
    const state = output?.state;
    const more = strategies === undefined ? {} : { strategies };
    output = decide({ policy, state, evidence, now: evidence.window.to, seed, ...more });
    decisions.push(output.decision);
  }
  return decisions;
}

/** The values that a context's incumbent had at the end. */
export function incumbentAtEnd(decisions: readonly Decision[], genre: string): ParameterValues | undefined {
  const { variants } = decisions.at(-1)?.allocations.find(({ context }) => context["genre"] === genre) ?? {};
  return (variants?.find(({ role }) => role === "incumbent") ?? variants?.[0])?.parameters;
}

/** How often an incumbent changed, in both contexts together. */
export function changesOf(decisions: readonly Decision[]): number {
  return decisions.flatMap(({ contexts }) => contexts.filter(({ kind }) => kind === "adapt")).length;
}

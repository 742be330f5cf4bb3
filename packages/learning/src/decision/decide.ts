/**
 * One cycle's judgement for one operation, as a function of its arguments: no clock, no chance and no memory of its own.
 *
 *     people's acts -> evidence quality -> limits -> strategy -> gate of mode and confidence -> records, shares, lift
 *
 * Whatever is missing holds: evidence that cannot be read leaves everything as it is, and so does a single bad cell in its
 * context. While an experiment runs, each of its arms decides so for its own calls. Two runs with the same arguments agree to the last digit, in whatever order contexts and cells come.
 */
import { judgeEvidence } from "../evidence/evidence-quality.ts";
import { baselineOf } from "../policy/setting.ts";
import type { ArmGuard } from "./arm-guard.ts";
import { decideExperiment, isExperimenting } from "./decide-experiment.ts";
import type { DecideInput, DecideOutput } from "./decide-input.ts";
import { DecisionTurn } from "./decision-turn.ts";
import { openMemory } from "./operation-state.ts";

export type { DecideInput, DecideOutput } from "./decide-input.ts";

/**
 * Decides one cycle.
 *
 * @param input Its state must be one that `decide` returned, or undefined; its policy one without `policyProblems`.
 */
export function decide(input: DecideInput): DecideOutput {
  return isExperimenting(input) ? decideExperiment(input, decideArm) : decideArm(input);
}

/** One strategy's decision: the operation's own, or that of one arm of its experiment. */
function decideArm(input: DecideInput, guard?: ArmGuard): DecideOutput {
  const { policy, evidence, now } = input;
  const baseline = baselineOf(policy.parameters);
  const opened = openMemory(policy, input.state);
  const turn = new DecisionTurn(input, baseline, opened.memory, guard);
  turn.transitions.push(...opened.transitions);
  turn.takeActs(input.acts ?? [], opened.ended ?? []);
  turn.keepPolicy();
  const judged = judgeEvidence(evidence, policy.context);
  if ("unusable" in judged) turn.holdEverything(judged.unusable);
  else turn.decideContexts(judged.contexts);
  return turn.finish(now);
}

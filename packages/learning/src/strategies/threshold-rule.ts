/**
 * The example rule: a low success rate moves one parameter up, a high one moves it down.
 *
 *     rate of the last 100 operations < 0.7  ->  min(0.9, value + 0.1)
 *     rate of the last 100 operations > 0.9  ->  max(0.5, value − 0.1)
 *
 * Per operation and context, from the value in force; a partial counts one half. The last 100 operations are, from counters, the
 * shortest run of windows ending now that holds at least so many calls of the value in force; after a change they are counted
 * anew. Without that many there is no change.
 *
 * Wrong where it matters whether the change helped: the rule looks at the level of one rate, never at a comparison, so it walks to
 * the floor in a healthy service and to the ceiling in an outage. The baseline keeps its holdout, which shows what it did.
 */
import type { Json, Problem } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import { callsOf, type Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";
import { DEFAULT_WINDOW_RULE } from "../evidence/windows.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { betaCdf } from "../statistics/beta-distribution.ts";
import { movedValue, numericParameter, numericParameterProblems } from "./numeric-parameter.ts";
import { type OptionValues, optionProblems, optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy } from "./strategy.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";

/** The options of `threshold-rule`. */
const THRESHOLD_RULE_OPTIONS = {
  parameter: { type: "text", default: "temperature" },
  below: { type: "number", default: 0.7, min: 0, max: 1 },
  above: { type: "number", default: 0.9, min: 0, max: 1 },
  step: { type: "number", default: 0.1, min: 1e-9, max: 1e9 },
  ceiling: { type: "number", default: 0.9, min: -1e9, max: 1e9 },
  floor: { type: "number", default: 0.5, min: -1e9, max: 1e9 },
  operations: { type: "number", default: 100, min: 1, max: 1e6, isWhole: true },
  direction: { type: "text", default: "raise-when-low", choices: ["raise-when-low", "lower-when-low"] },
} as const;

/** The value of a parameter that no variant knows, as in the rule that this one is modelled on. */
const MISSING_VALUE = 0.7;

type Options = OptionValues<typeof THRESHOLD_RULE_OPTIONS>;
/** Counts of the value in force, cycle by cycle, oldest first. */
type Memory = { readonly variant: string; readonly cycles: readonly CycleCounts[] };
type CycleCounts = { readonly from: number; readonly to: number; readonly measurements: Measurements };

/** Everything that is wrong with the rule's options, alone or together. */
export function thresholdRuleProblems(options: Readonly<Record<string, unknown>>): Problem[] {
  const problems = optionProblems(THRESHOLD_RULE_OPTIONS, options);
  if (problems.length > 0) return problems;
  const { below, above, floor, ceiling } = optionValues(THRESHOLD_RULE_OPTIONS, options);
  if (below > above)
    problems.push({ path: ["below"], message: `${below} must not be greater than above, which is ${above}` });
  if (floor > ceiling)
    problems.push({ path: ["floor"], message: `${floor} must not be greater than ceiling, which is ${ceiling}` });
  return problems;
}

/** The rule as it stands in the list. */
export const THRESHOLD_RULE: StrategyDefinition = {
  id: "threshold-rule",
  options: THRESHOLD_RULE_OPTIONS,
  build: thresholdRule,
  problems: thresholdRuleProblems,
  spaceProblems: (options, space) =>
    numericParameterProblems(space, optionValues(THRESHOLD_RULE_OPTIONS, options).parameter),
};

/** The rule with these options. */
export function thresholdRule(given: Readonly<Record<string, unknown>>): Strategy {
  const options = optionValues(THRESHOLD_RULE_OPTIONS, given);
  return {
    id: "threshold-rule",
    windowRule: DEFAULT_WINDOW_RULE,
    propose({ policy, window, contexts, mayApply }) {
      const proposals = contexts.map((observation) => {
        const memory = withCycle(observation, window, options);
        const proposal = judge(observation, memory, policy, options);
        const isChanging = proposal.change !== undefined && mayApply(proposal.change.confidence);
        const kept: Memory = isChanging ? { ...memory, cycles: [] } : memory;
        return [observation.id, { ...proposal, memory: kept as unknown as Json }] as const;
      });
      return { shared: null, contexts: new Map(proposals) };
    },
  };
}

/** The counts with this cycle's, and no older ones than the rule needs. */
function withCycle(
  { memory, incumbent, measured }: ContextObservation,
  window: { from: number; to: number },
  options: Options,
): Memory {
  const before = memory as unknown as Memory | undefined;
  const cycles = before?.variant === incumbent.id ? [...before.cycles] : [];
  const measurements = measured.get(incumbent.id);
  if (measurements !== undefined) cycles.push({ from: window.from, to: window.to, measurements });
  let calls = 0;
  let needed = 0;
  while (needed < cycles.length && calls < options.operations) {
    needed += 1;
    calls += callsOf(cycles[cycles.length - needed]?.measurements ?? NOTHING);
  }
  return { variant: incumbent.id, cycles: cycles.slice(cycles.length - needed) };
}

const NOTHING: Measurements = { success: 0, failure: 0, partial: 0 };

function judge(
  observation: ContextObservation,
  { cycles }: Memory,
  policy: OperationPolicy,
  options: Options,
): Omit<ContextProposal, "memory"> {
  const measurements = cycles.reduce((sum, cycle) => addMeasurements(sum, cycle.measurements), NOTHING);
  const calls = callsOf(measurements);
  if (calls < options.operations) {
    return hold(
      "TOO_FEW_CALLS",
      `${calls} of ${options.operations} operations with ${options.parameter} as it is now.`,
    );
  }
  const good = measurements.success + measurements.partial / 2;
  const rate = good / calls;
  const isLow = rate < options.below;
  if (!isLow && !(rate > options.above)) {
    return hold(
      "WITHIN_THRESHOLDS",
      `The success rate of the last ${calls} operations is ${rate.toFixed(3)}, from ${options.below} to ${options.above}.`,
    );
  }
  const value = observation.incumbent.parameters[options.parameter] ?? MISSING_VALUE;
  const specification = numericParameter(policy.parameters, options.parameter);
  const moved = movedValue(value, isLow === (options.direction === "raise-when-low"), specification, options);
  const [word, threshold] = isLow ? (["under", options.below] as const) : (["over", options.above] as const);
  const finding = `The success rate of the last ${calls} operations is ${rate.toFixed(3)}, ${word} ${threshold}`;
  if (moved === undefined) return hold("AT_BOUND", `${finding}, but ${options.parameter} stands at ${value}.`);
  const code = isLow ? "RATE_BELOW_THRESHOLD" : "RATE_ABOVE_THRESHOLD";
  const reason: Reason = { code, sentence: `${finding}: ${options.parameter} ${value} to ${moved}.` };
  // a uniform prior; the probability that the true rate is past the threshold
  const under = betaCdf(threshold, good + 1, calls - good + 1);
  const confidence = Math.min(0.9999, isLow ? under : 1 - under); // a policy that asks for 1 wants a person to decide
  const window = { from: cycles[0]?.from ?? 0, to: cycles.at(-1)?.to ?? 0 };
  const from = summarizeVariant(observation.incumbent, measurements, policy.objective);
  const test = { name: "success-rate", value: rate, threshold };
  const to = { ...observation.incumbent.parameters, [options.parameter]: moved };
  return {
    reason,
    refused: [],
    change: { to, confidence, reason, basis: { window, windows: cycles.length, from, test } },
    challengers: [],
  };
}

function hold(
  code: "TOO_FEW_CALLS" | "WITHIN_THRESHOLDS" | "AT_BOUND",
  sentence: string,
): Omit<ContextProposal, "memory"> {
  return { reason: { code, sentence }, refused: [] };
}

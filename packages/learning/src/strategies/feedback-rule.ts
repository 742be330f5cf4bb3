/**
 * Poor ratings move one parameter up.
 *
 *     three or more scored entries of a context, mean < 0.5   ->   min(max, value + 0.1), with a confidence of 0.75
 *
 * Each entry counts once: entries wait until there are three, are judged together, and are then done, whatever the verdict. Only
 * those count whose call had the value in force, as far as that is known: a late rating of the value before is no reason to move
 * on from this one. The ids of the judged entries stand in the adaptation.
 *
 * The rule is what was asked for, exactly, and therefore exempt from the ten ratings per variant that statistics would want: three
 * ratings whose true mean is 0.6, with a deviation of 0.25, have a mean under 0.5 one time in four. Its confidence is a constant
 * and no probability.
 *
 * Wrong where it matters whether the change helped: nothing is compared, and nothing is ever lowered again.
 */
import type { Json } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import type { FeedbackEntry } from "../evidence/evidence.ts";
import { DEFAULT_WINDOW_RULE } from "../evidence/windows.ts";
import { movedValue, numericParameter, numericParameterProblems } from "./numeric-parameter.ts";
import { type OptionValues, optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy, StrategyInput } from "./strategy.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";

/** The options of `feedback-rule`. */
const FEEDBACK_RULE_OPTIONS = {
  parameter: { type: "text", default: "temperature" },
  entries: { type: "number", default: 3, min: 1, max: 10_000, isWhole: true },
  below: { type: "number", default: 0.5, min: 0, max: 1 },
  step: { type: "number", default: 0.1, min: 1e-9, max: 1e9 },
  confidence: { type: "number", default: 0.75, min: 0, max: 1 },
} as const;

type Options = OptionValues<typeof FEEDBACK_RULE_OPTIONS>;
/** Entries that were not judged yet, oldest first; JSON. */
type Memory = { readonly waiting: readonly Waiting[] };
type Waiting = { readonly id: string; readonly score: number; readonly at: number; readonly variant: string | null };

const NOTHING = { success: 0, failure: 0, partial: 0 };

/** The rule as it stands in the list. */
export const FEEDBACK_RULE: StrategyDefinition = {
  id: "feedback-rule",
  options: FEEDBACK_RULE_OPTIONS,
  build: feedbackRule,
  spaceProblems: (options, space) =>
    numericParameterProblems(space, optionValues(FEEDBACK_RULE_OPTIONS, options).parameter),
};

/** The rule with these options. */
export function feedbackRule(given: Readonly<Record<string, unknown>>): Strategy {
  const options = optionValues(FEEDBACK_RULE_OPTIONS, given);
  return {
    id: "feedback-rule",
    windowRule: DEFAULT_WINDOW_RULE,
    propose(input) {
      const proposals = input.contexts.map(
        (observation) => [observation.id, judge(observation, input, options)] as const,
      );
      return { shared: null, contexts: new Map(proposals) };
    },
  };
}

function judge(observation: ContextObservation, { policy }: StrategyInput, options: Options): ContextProposal {
  const { incumbent, takenBack } = observation;
  const waiting = withArrived(observation);
  const keep = (memory: Memory): Json => memory as unknown as Json;
  const hold = (code: Reason["code"], sentence: string, memory: Memory): ContextProposal => ({
    memory: keep(memory),
    reason: { code, sentence },
    refused: [],
  });
  if (waiting.length < options.entries || takenBack.length > 0) {
    const sentence = `${waiting.length} of ${options.entries} scored entries of feedback on ${options.parameter} as it is now.`;
    return hold("TOO_LITTLE_FEEDBACK", sentence, { waiting });
  }
  const mean = waiting.reduce((sum, { score }) => sum + score, 0) / waiting.length;
  const finding = `${waiting.length} scored entries of feedback have a mean quality of ${mean.toFixed(3)}`;
  if (!(mean < options.below))
    return hold("FEEDBACK_GOOD_ENOUGH", `${finding}, not under ${options.below}.`, { waiting: [] });
  const value = incumbent.parameters[options.parameter] ?? Number.NaN;
  const specification = numericParameter(policy.parameters, options.parameter);
  const bounds = { step: options.step, ceiling: Number.POSITIVE_INFINITY, floor: Number.NEGATIVE_INFINITY };
  const moved = movedValue(value, true, specification, bounds);
  if (moved === undefined)
    return hold("AT_BOUND", `${finding}, but ${options.parameter} stands at ${value}.`, { waiting: [] });
  const sentence = `${finding}, under ${options.below}: ${options.parameter} ${value} to ${moved}.`;
  const reason: Reason = { code: "POOR_FEEDBACK", sentence };
  const times = waiting.map(({ at }) => at);
  return {
    memory: keep({ waiting: [] }),
    reason,
    refused: [],
    change: {
      to: { ...incumbent.parameters, [options.parameter]: moved },
      confidence: options.confidence,
      reason,
      basis: {
        window: { from: Math.min(...times), to: Math.max(...times) },
        windows: 1,
        from: summarizeVariant(incumbent, observation.measured.get(incumbent.id) ?? NOTHING, policy.objective),
        test: { name: "mean-feedback", value: mean, threshold: options.below },
        feedback: waiting.map(({ id }) => id),
      },
    },
    challengers: [],
  };
}

/** What waited and what arrived, each id once, as far as it speaks of the value in force. */
function withArrived({ memory, feedback = [], incumbent }: ContextObservation): Waiting[] {
  const before = (memory as unknown as Memory | undefined)?.waiting ?? [];
  const all = new Map<string, Waiting>(before.map((entry) => [entry.id, entry]));
  for (const entry of [...feedback].sort(byTime)) {
    if (!all.has(entry.id))
      all.set(entry.id, { id: entry.id, score: entry.score, at: entry.at, variant: entry.variant ?? null });
  }
  return [...all.values()].filter(({ variant }) => variant === null || variant === incumbent.id);
}

function byTime(left: FeedbackEntry, right: FeedbackEntry): number {
  return left.at - right.at || (left.id < right.id ? -1 : 1);
}

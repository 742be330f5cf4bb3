/**
 * Serves values that a person chose, and learns nothing: the operation is observed.
 *
 *     value in force = values[parameter], or the base value where none is given
 *
 * Nothing is tried and nothing follows the evidence. Where the values differ from the base values, the baseline keeps its holdout
 * beside them, so that the lift tells with an always-valid interval what the choice is worth: a plain A/B test of two settings.
 * Where `largestStep` does not allow the way in one go, it is walked in several.
 *
 * Wrong where the best values are not known, or differ by context, or change.
 */
import { type ParameterSpace, type ParameterValues, type Problem, parameterValueProblem } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import { DEFAULT_WINDOW_RULE } from "../evidence/windows.ts";
import { describeSetting } from "../policy/setting.ts";
import { optionValues, suggestName } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy, StrategyInput } from "./strategy.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";

/** The options of `fixed`. */
const FIXED_OPTIONS = { values: { type: "values", default: {} } } as const;

/** The strategy as it stands in the list. */
export const FIXED: StrategyDefinition = {
  id: "fixed",
  options: FIXED_OPTIONS,
  build: fixed,
  spaceProblems: (options, space) => valueProblems(optionValues(FIXED_OPTIONS, options).values, space),
};

/** The strategy with these options. */
export function fixed(given: Readonly<Record<string, unknown>>): Strategy {
  const { values } = optionValues(FIXED_OPTIONS, given);
  return {
    id: "fixed",
    windowRule: DEFAULT_WINDOW_RULE,
    propose(input) {
      const proposals = input.contexts.map(
        (observation) => [observation.id, serve(observation, input, values)] as const,
      );
      return { shared: null, contexts: new Map(proposals) };
    },
  };
}

function serve(
  observation: ContextObservation,
  { policy, window }: StrategyInput,
  values: ParameterValues,
): ContextProposal {
  const { baseline, incumbent, measured } = observation;
  const wanted: ParameterValues = { ...baseline.parameters, ...values };
  const to = oneStep(incumbent.parameters, wanted, policy.parameters);
  const isThere = Object.keys(to).every((name) => to[name] === incumbent.parameters[name]);
  const sentence = `The operation is configured to serve ${describeSetting(wanted)}.`;
  const reason: Reason = { code: "FIXED_VALUES", sentence };
  if (isThere) return { memory: null, reason, refused: [], challengers: [] };
  const nothing = { success: 0, failure: 0, partial: 0 };
  const from = summarizeVariant(incumbent, measured.get(incumbent.id) ?? nothing, policy.objective);
  return {
    memory: null,
    reason,
    refused: [],
    // a person chose these values: there is nothing left to be unsure of
    change: { to, confidence: 1, reason, basis: { window, windows: 1, from } },
    challengers: [],
  };
}

/** The wanted values, or as near to them as one adaptation may go. */
function oneStep(from: ParameterValues, wanted: ParameterValues, space: ParameterSpace): ParameterValues {
  const entries = Object.entries(wanted).map(([name, value]) => {
    const specification = space[name];
    const before = from[name];
    const largest = specification !== undefined && "min" in specification ? specification.largestStep : undefined;
    if (largest === undefined || typeof value !== "number" || typeof before !== "number") return [name, value] as const;
    const size = specification?.type === "integer" ? Math.floor(largest) : largest;
    if (Math.abs(value - before) <= largest) return [name, value] as const;
    return [name, Number((value > before ? before + size : before - size).toPrecision(12))] as const;
  });
  return Object.fromEntries(entries);
}

function valueProblems(values: ParameterValues, space: ParameterSpace): Problem[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const specification = Object.hasOwn(space, name) ? space[name] : undefined;
    const message =
      specification === undefined
        ? `is no parameter of this operation; ${suggestName(name, Object.keys(space))}`
        : parameterValueProblem(specification, value);
    return message === undefined ? [] : [{ path: ["values", name], message }];
  });
}

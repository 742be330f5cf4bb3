/** The list of strategies: from the id in a configuration to the strategy. Nothing else knows all of them. */
import type { ParameterSpace, Problem } from "@trimtab/conventions";
import type { StrategyChoice } from "../policy/policy.ts";
import { FEEDBACK_RULE } from "./feedback-rule.ts";
import { FIXED } from "./fixed.ts";
import { HILL_CLIMBING } from "./hill-climbing.ts";
import { type OptionSpecifications, optionProblems, suggestName } from "./options.ts";
import { ownStrategy } from "./own-strategy.ts";
import { responseSurface } from "./response-surface.ts";
import type { Strategy } from "./strategy.ts";
import type { StrategyDefinition, StrategyDefinitions } from "./strategy-definition.ts";
import { RESPONSE_SURFACE_OPTIONS } from "./surface-options.ts";
import { THOMPSON_SAMPLING } from "./thompson-sampling.ts";
import { THRESHOLD_RULE } from "./threshold-rule.ts";

const RESPONSE_SURFACE: StrategyDefinition = {
  id: "response-surface",
  options: RESPONSE_SURFACE_OPTIONS,
  build: responseSurface,
};

const LIST: StrategyDefinitions = Object.fromEntries(
  [RESPONSE_SURFACE, THRESHOLD_RULE, THOMPSON_SAMPLING, HILL_CLIMBING, FIXED, FEEDBACK_RULE].map((definition) => [
    definition.id,
    definition,
  ]),
);

/** Other names for strategies. */
const ALIASES: Readonly<Record<string, string>> = { default: "response-surface" };

/** The ids of all strategies, without their aliases. */
export const STRATEGY_IDS: readonly string[] = Object.keys(LIST);

/** The options of a strategy with their defaults, or undefined where there is no such strategy. */
export function strategyOptions(kind: string): OptionSpecifications | undefined {
  return find(kind)?.options;
}

/**
 * Builds the strategy that a policy chooses.
 *
 * @param own Strategies of one's own, by id; for a choice that names a module.
 * @throws {RangeError} where `strategyProblems` would have told of an unknown one.
 */
export function buildStrategy(choice: StrategyChoice, own: StrategyDefinitions = {}): Strategy {
  if (choice.module !== undefined) {
    const definition = ownDefinition(choice.kind, own);
    if (definition === undefined)
      throw new RangeError(`The strategy "${choice.kind}" of ${choice.module.path} was not loaded`);
    return ownStrategy(definition, choice.options);
  }
  const listed = find(choice.kind);
  if (listed === undefined)
    throw new RangeError(`There is no strategy "${choice.kind}"; ${suggestName(choice.kind, STRATEGY_IDS)}`);
  return listed.build(choice.options);
}

/**
 * @param own Strategies of one's own, by id.
 * @param space The operation's parameters, where the choice is to be checked against them as well.
 * @returns Everything that is wrong with a choice of strategy, with paths from the choice on.
 */
export function strategyProblems(
  choice: StrategyChoice,
  own: StrategyDefinitions = {},
  space?: ParameterSpace,
): Problem[] {
  const definition = choice.module === undefined ? find(choice.kind) : ownDefinition(choice.kind, own);
  if (definition === undefined) {
    if (choice.module !== undefined)
      return [{ path: ["module"], message: `the strategy "${choice.kind}" of ${choice.module.path} was not loaded` }];
    const names = [...STRATEGY_IDS, ...Object.keys(ALIASES)];
    return [{ path: ["kind"], message: `there is no strategy "${choice.kind}"; ${suggestName(choice.kind, names)}` }];
  }
  const alone = optionProblems(definition.options, choice.options);
  const together = alone.length > 0 ? alone : (definition.problems?.(choice.options) ?? []);
  const inSpace =
    together.length > 0 || space === undefined ? together : (definition.spaceProblems?.(choice.options, space) ?? []);
  return inSpace.map(({ path, message }) => ({ path: ["options", ...path], message }));
}

function ownDefinition(id: string, own: StrategyDefinitions): StrategyDefinition | undefined {
  return Object.hasOwn(own, id) ? own[id] : undefined;
}

function find(kind: string): StrategyDefinition | undefined {
  const id = Object.hasOwn(ALIASES, kind) ? ALIASES[kind] : kind;
  return id !== undefined && Object.hasOwn(LIST, id) ? LIST[id] : undefined;
}

/** The list of strategies: from the id in a configuration to the strategy. Nothing else knows all of them. */
import type { Problem } from "@trimtab/conventions";
import type { StrategyChoice } from "../policy/policy.ts";
import { type OptionSpecifications, optionProblems, suggestName } from "./options.ts";
import { responseSurface } from "./response-surface.ts";
import type { Strategy } from "./strategy.ts";
import { RESPONSE_SURFACE_OPTIONS } from "./surface-options.ts";
import { THRESHOLD_RULE_OPTIONS, thresholdRule, thresholdRuleProblems } from "./threshold-rule.ts";

interface ListedStrategy {
  readonly options: OptionSpecifications;
  readonly build: (options: Readonly<Record<string, unknown>>) => Strategy;
  readonly problems: (options: Readonly<Record<string, unknown>>) => Problem[];
}

const LIST: Readonly<Record<string, ListedStrategy>> = {
  "response-surface": {
    options: RESPONSE_SURFACE_OPTIONS,
    build: responseSurface,
    problems: (options) => optionProblems(RESPONSE_SURFACE_OPTIONS, options),
  },
  "threshold-rule": { options: THRESHOLD_RULE_OPTIONS, build: thresholdRule, problems: thresholdRuleProblems },
};

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
 * @throws {RangeError} where `strategyProblems` would have told of an unknown one.
 */
export function buildStrategy(choice: StrategyChoice): Strategy {
  const listed = find(choice.kind);
  if (listed === undefined)
    throw new RangeError(`There is no strategy "${choice.kind}"; ${suggestName(choice.kind, STRATEGY_IDS)}`);
  return listed.build(choice.options);
}

/** @returns Everything that is wrong with a choice of strategy, with paths from the choice on. */
export function strategyProblems(choice: StrategyChoice): Problem[] {
  const listed = find(choice.kind);
  if (listed === undefined) {
    const names = [...STRATEGY_IDS, ...Object.keys(ALIASES)];
    return [{ path: ["kind"], message: `there is no strategy "${choice.kind}"; ${suggestName(choice.kind, names)}` }];
  }
  return listed.problems(choice.options).map(({ path, message }) => ({ path: ["options", ...path], message }));
}

function find(kind: string): ListedStrategy | undefined {
  const id = Object.hasOwn(ALIASES, kind) ? ALIASES[kind] : kind;
  return id !== undefined && Object.hasOwn(LIST, id) ? LIST[id] : undefined;
}

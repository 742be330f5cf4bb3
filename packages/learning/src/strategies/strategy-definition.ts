/** How a strategy is offered under its id: its options, how to build it from them, and what can be wrong with them. */
import type { ParameterSpace, Problem } from "@trimtab/conventions";
import type { OptionSpecifications } from "./options.ts";
import type { Strategy } from "./strategy.ts";

/** A strategy before its options are chosen. */
export interface StrategyDefinition {
  /** As in the configuration, in file names and in docs/strategies: lower case, digits and hyphens. */
  readonly id: string;
  readonly options: OptionSpecifications;
  /** Builds the strategy; the options are without problems, and may lack what has a default. */
  readonly build: (options: Readonly<Record<string, unknown>>) => Strategy;
  /** What is wrong with options together, each sound by itself; paths begin at the option. */
  readonly problems?: (options: Readonly<Record<string, unknown>>) => Problem[];
  /** What is wrong with them for an operation with these parameters; paths begin at the option. */
  readonly spaceProblems?: (options: Readonly<Record<string, unknown>>, space: ParameterSpace) => Problem[];
}

/** Strategies by id: how a caller brings its own. */
export type StrategyDefinitions = Readonly<Record<string, StrategyDefinition>>;

/** From a choice on the command line to a learner. */
import { describeContext, type ParameterSpace } from "@trimtab/conventions";
import {
  createLearner,
  type ProductLearner,
  STRATEGY_IDS,
  type StrategyChoice,
  type StrategyDefinition,
  type StrategyDefinitions,
  strategyDefinitionProblems,
  strategyProblems,
} from "@trimtab/learning";
import type { Environment } from "../environment.ts";
import { plainThompsonLearner } from "../plain-thompson.ts";
import { baseLearner, oracleLearner, uniformLearner } from "../reference-learners.ts";
import type { CreateLearner } from "../run-environment.ts";
import { importFile, isFile } from "./import-file.ts";
import { type LearnerChoice, type SimulateOptions, strategyChoice } from "./simulate-call.ts";
import { SimulateUsageError } from "./usage-error.ts";

/** Makes learners for an environment. */
export type LearnerFor = (environment: Environment) => CreateLearner;

/** A strategy that was found, with the definition that it needs where it is somebody's own. */
export interface FoundStrategy {
  readonly choice: StrategyChoice;
  readonly strategies: StrategyDefinitions;
}

/**
 * The learner of a choice.
 *
 * @throws {SimulateUsageError}
 */
export async function findLearner(choice: LearnerChoice): Promise<LearnerFor> {
  if (choice.kind === "reference") return referenceLearner(choice.name);
  if (choice.kind === "file") {
    const module = await importFile(choice.file);
    const create = module["createLearner"] ?? module["default"];
    if (typeof create !== "function")
      throw new SimulateUsageError(`${choice.file} exports no function createLearner(specification, seed)`);
    return () => create as CreateLearner;
  }
  const { choice: strategy, strategies } = await findStrategy(choice);
  return () => (specification, seed) => failingAloud(createLearner({ ...specification, strategy }, seed, strategies));
}

/** A controller holds where a strategy fails, so the run would go on and look like one that never finds anything. */
function failingAloud(learner: ProductLearner): ProductLearner {
  return {
    ...learner,
    decide(statistics, now) {
      const allocations = learner.decide(statistics, now);
      const failed = learner.decision()?.contexts.find(({ reason }) => reason.code === "INTERNAL_ERROR");
      if (failed === undefined) return allocations;
      throw new Error(`In context ${describeContext(failed.context)}: ${failed.reason.sentence}`);
    },
  };
}

/** What to call it. */
export function nameOfLearner(choice: LearnerChoice): string {
  if (choice.kind === "reference") return choice.name;
  if (choice.kind === "file") return choice.file;
  return choice.strategy === "default" ? "response-surface" : choice.strategy;
}

/**
 * The strategy of a choice: a built-in one, or that of a module.
 *
 * @throws {SimulateUsageError}
 */
async function findStrategy(
  { strategy, options }: LearnerChoice & { readonly kind: "strategy" },
  space?: ParameterSpace,
): Promise<FoundStrategy> {
  const own = isFile(strategy) ? await ownStrategyOf(strategy) : undefined;
  const choice: StrategyChoice =
    own === undefined
      ? { kind: strategy, options }
      : { kind: own.id, options, module: { path: strategy, digest: "simulated" } };
  const strategies = own === undefined ? {} : { [own.id]: own };
  const problems = strategyProblems(choice, strategies, space);
  if (problems.length > 0) {
    const list = problems.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
    throw new SimulateUsageError(`--strategy ${strategy}: ${list}`);
  }
  return { choice, strategies };
}

/**
 * The strategy that `--strategy` and `--option` choose, for an operation with these parameters.
 *
 * @throws {SimulateUsageError}
 */
export function chosenStrategy(options: SimulateOptions, space: ParameterSpace): Promise<FoundStrategy> {
  return findStrategy(strategyChoice(options), space);
}

async function ownStrategyOf(file: string): Promise<StrategyDefinition> {
  const { default: definition } = await importFile(file);
  const [problem] = strategyDefinitionProblems(definition, [...STRATEGY_IDS, "default"]);
  if (problem !== undefined) {
    const place = problem.path.length === 0 ? "" : `${problem.path.join(".")} `;
    throw new SimulateUsageError(
      `${file} exports no strategy as default: ${place}${problem.message} (docs/strategies/own-strategy.md has one)`,
    );
  }
  return definition as StrategyDefinition;
}

function referenceLearner(name: string): LearnerFor {
  switch (name) {
    case "oracle":
      return oracleLearner;
    case "uniform":
      return () => uniformLearner;
    case "plain-thompson":
      return () => plainThompsonLearner;
    default:
      return () => baseLearner;
  }
}

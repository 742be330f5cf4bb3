/**
 * From the specification of an outside program to the policy that decides.
 *
 * The canonical form is `LearnerSpecification`. Other spellings that leave no doubt are read too (a list of parameters or an
 * object of them, `maxStep` for `largestStep`, a bare weight for a part of the objective), and fields that nobody knows are ignored.
 * What cannot be understood is refused: a limit that is not watched would be worse than none.
 */
import {
  contextKeyProblem,
  type ParameterSpace,
  type ParameterSpecification,
  parameterNameProblem,
  stepOf,
} from "@trimtab/conventions";
import type { OperationPolicy, StrategyChoice } from "../policy/policy.ts";
import { policyProblems } from "../policy/policy-problems.ts";
import type { StrategyDefinitions } from "../strategies/strategy-definition.ts";
import { fieldsOf, listOf, numberOf } from "./fields.ts";
import { constraintsOf, objectiveOf } from "./read-objective.ts";
import type { LearnerSpecification, OutsideValue, ParameterDeclaration, StrategyDeclaration } from "./specification.ts";

/** A specification that was read. */
export interface ReadSpecification {
  readonly policy: OperationPolicy;
  /** Names and values of the policy as the specification spells them. */
  readonly outside: readonly OutsideParameter[];
  /** The keys of a context as the specification spells them, in the order of the policy's. */
  readonly contextKeys: readonly string[];
  readonly bounds: Readonly<Record<"duration" | "quality" | "feedback", readonly number[]>>;
  /** What the specification asks for and this learner leaves out, in words. */
  readonly ignored: readonly string[];
}

/** One parameter inside and outside. */
export interface OutsideParameter {
  readonly inside: string;
  readonly name: string;
  /** Choices that are not texts outside, by their text. */
  readonly values: ReadonlyMap<string, OutsideValue>;
}

/**
 * Reads a specification.
 *
 * @param own Strategies of one's own by id.
 * @throws {RangeError} that names everything that cannot be understood or cannot work.
 */
export function readSpecification(
  specification: LearnerSpecification,
  own: StrategyDefinitions = {},
): ReadSpecification {
  const ignored: string[] = [];
  const largest = specification.largestStep ?? (specification["maxStep"] as LearnerSpecification["largestStep"]);
  const declared = declarationsOf(specification.parameters);
  const outside = declared.map(([name, declaration], index) => outsideOf(name, declaration, index));
  const parameters: ParameterSpace = Object.fromEntries(
    declared.map(([name, declaration], index) => [
      outside[index]?.inside ?? name,
      parameterOf(name, declaration, largest),
    ]),
  );
  const keys = (specification.contextKeys ?? listOf(specification["context"]) ?? []).map(String);
  const policy: OperationPolicy = {
    component: "outside",
    operation: "operation",
    context: keys.length === 0 ? ["context"] : keys.map((key, index) => legal(key, contextKeyProblem, `key${index}`)),
    parameters,
    objective: objectiveOf(specification),
    constraints: constraintsOf(specification),
    mode: "auto",
    confidence: specification.confidence ?? 0.7,
    holdout: specification.holdout ?? 0.05,
    strategy: strategyOf(specification.strategy, own),
    ...experimentOf(specification, own),
  };
  const problems = policyProblems(policy, own);
  if (problems.length > 0) {
    const list = problems.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
    throw new RangeError(`The specification cannot work: ${list}`);
  }
  const bounds = fieldsOf(specification.bounds ?? specification["buckets"] ?? specification["bucketBounds"]);
  return {
    policy,
    outside,
    contextKeys: keys.length === 0 ? ["context"] : keys,
    bounds: {
      duration: finiteOnes(bounds["duration"]),
      quality: finiteOnes(bounds["quality"]),
      feedback: finiteOnes(bounds["feedback"] ?? bounds["rating"] ?? bounds["quality"]),
    },
    ignored,
  };
}

function experimentOf(
  { experiment }: LearnerSpecification,
  own: StrategyDefinitions,
): Pick<OperationPolicy, "experiment"> {
  if (experiment === undefined) return {};
  const { name = "experiment", treatment, share = 0.5 } = experiment;
  return { experiment: { name, treatment: strategyOf(treatment, own), share } };
}

function strategyOf(strategy: StrategyDeclaration | undefined, own: StrategyDefinitions): StrategyChoice {
  const { kind = "response-surface", options = {} } = strategy ?? {};
  return Object.hasOwn(own, kind) ? { kind, options, module: { path: kind, digest: "outside" } } : { kind, options };
}

function declarationsOf(parameters: LearnerSpecification["parameters"]): [string, ParameterDeclaration][] {
  const list = Array.isArray(parameters)
    ? (parameters as readonly ParameterDeclaration[]).map((each) => [String(each.name), each] as const)
    : Object.entries(parameters as Readonly<Record<string, ParameterDeclaration>>);
  return list.map(([name, declaration]) => [name, declaration]);
}

function outsideOf(name: string, declaration: ParameterDeclaration, index: number): OutsideParameter {
  const choices = choicesOf(declaration) ?? [];
  return {
    inside: legal(name, parameterNameProblem, `parameter${index}`),
    name,
    values: new Map(choices.map((choice) => [String(choice), choice])),
  };
}

function choicesOf(declaration: ParameterDeclaration): readonly OutsideValue[] | undefined {
  return declaration.choices ?? (listOf(declaration["values"]) as readonly OutsideValue[] | undefined);
}

function parameterOf(
  name: string,
  declaration: ParameterDeclaration,
  largest: LearnerSpecification["largestStep"],
): ParameterSpecification {
  const { base } = declaration;
  const choices = choicesOf(declaration);
  if (choices !== undefined) return { type: "choice", base: String(base), choices: choices.map(String) };
  const type = String(declaration.type ?? (typeof base === "boolean" ? "boolean" : "number")).toLowerCase();
  if (type.startsWith("bool")) return { type: "boolean", base: base === true };
  const { min, max } = declaration;
  if (typeof base !== "number" || typeof min !== "number" || typeof max !== "number")
    throw new RangeError(`Parameter "${name}" needs base, min and max as numbers, or choices`);
  const numeric = {
    type: type.startsWith("int") ? ("integer" as const) : ("number" as const),
    base,
    min,
    max,
    ...(declaration.step === undefined ? {} : { step: declaration.step }),
    ...(String(declaration.scale ?? "linear").startsWith("log") ? { scale: "log" as const } : {}),
  };
  const byName = typeof largest === "object" ? largest[name] : undefined;
  const own = numberOf(declaration, ...LARGEST_STEP_NAMES);
  const isByFactor = numeric.scale === "log" && min > 0 && own === undefined && byName === undefined;
  if (isByFactor && typeof largest === "number") {
    const share = largest < 1 ? largest : (largest * stepOf(numeric)) / (max - min);
    return { ...numeric, largestFactor: (max / min) ** share };
  }
  const largestStep = own ?? commonStep(numeric, byName, largest);
  return largestStep === undefined ? numeric : { ...numeric, largestStep: Math.max(largestStep, stepOf(numeric)) };
}

const LARGEST_STEP_NAMES = ["largestStep", "maxStep", "maximumStep", "max_step", "largest_step"] as const;

function commonStep(
  numeric: Extract<ParameterSpecification, { min: number }>,
  byName: number | undefined,
  common: LearnerSpecification["largestStep"],
): number | undefined {
  if (byName !== undefined) return byName;
  if (typeof common !== "number") return undefined;
  if (common >= 1) return common * stepOf(numeric);
  return common * (numeric.max - numeric.min);
}

function legal(written: string, problemOf: (name: string) => string | undefined, substitute: string): string {
  return problemOf(written) === undefined ? written : substitute;
}

function finiteOnes(bounds: unknown): readonly number[] {
  return (listOf(bounds) ?? []).filter((bound): bound is number => typeof bound === "number" && Number.isFinite(bound));
}

/** What the parameters of an operation may be: their kinds, bounds and steps; and the check of a value against them. */
import { parameterNameProblem } from "./names.ts";
import type { Problem } from "./problem.ts";

/** One value of one parameter. */
export type ParameterValue = number | string | boolean;

/** One complete assignment of the parameters of an operation, by parameter name. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** A number or an integer between two bounds, both included. */
export interface NumericParameter {
  readonly type: "number" | "integer";
  /** The value that people chose; the last fallback everywhere. */
  readonly base: number;
  readonly min: number;
  readonly max: number;
  /**
   * Distance between neighbouring values, counted from `min`. Default: 1 for an integer, a twentieth of the range for a number; on a
   * log scale neighbours of a number then lie a twentieth of the way from min to max apart as factors.
   */
  readonly step?: number;
  /** `log` where a factor means more than a difference (needs min > 0). Default `linear`. */
  readonly scale?: "linear" | "log";
  /** The largest change that one adaptation may make, in the parameter's unit. Default: no limit beside the bounds. */
  readonly largestStep?: number;
  /** The same as a factor, above 1, for a parameter whose bounds are above 0: a step of 100 is much at 10 and little at 10,000. */
  readonly largestFactor?: number;
}

/** One of several names: a model, a prompt template, a schedule. */
export interface ChoiceParameter {
  readonly type: "choice";
  readonly base: string;
  readonly choices: readonly string[];
}

/** On or off. */
export interface BooleanParameter {
  readonly type: "boolean";
  readonly base: boolean;
}

/** What one parameter may be. */
export type ParameterSpecification = NumericParameter | ChoiceParameter | BooleanParameter;

/** The declared parameters of an operation, by name. */
export type ParameterSpace = Readonly<Record<string, ParameterSpecification>>;

/** The most values that the grid of one numeric parameter may have. */
export const MAXIMUM_GRID_VALUES = 10_000;

/** Steps of a number that has no step of its own. */
const DEFAULT_STEPS = 20;

/** The base value of every parameter: the values of the baseline variant. */
export function baseValues(space: ParameterSpace): ParameterValues {
  return Object.fromEntries(Object.entries(space).map(([name, specification]) => [name, specification.base]));
}

/** The distance between neighbouring values of a numeric parameter, with the default applied; on a log scale without one, the mean. */
export function stepOf(specification: NumericParameter): number {
  return (
    specification.step ??
    (specification.type === "integer" ? 1 : (specification.max - specification.min) / DEFAULT_STEPS)
  );
}

/**
 * Every value that a parameter may take, ascending for numbers, in declared order for choices. `max` is included even
 * where the steps from `min` do not reach it, and so is the base.
 */
export function valuesOf(specification: ParameterSpecification): readonly ParameterValue[] {
  switch (specification.type) {
    case "choice":
      return specification.choices;
    case "boolean":
      return [false, true];
    default: {
      const values = new Set<number>([specification.base, specification.max]);
      if (hasFactors(specification)) {
        for (let index = 0; index < DEFAULT_STEPS; index++) values.add(valueAtFactor(specification, index));
        return [...values].sort((left, right) => left - right);
      }
      const steps = Math.floor((specification.max - specification.min) / stepOf(specification) + 1e-9);
      for (let index = 0; index <= steps; index++) values.add(valueAtStep(specification, index));
      return [...values].sort((left, right) => left - right);
    }
  }
}

/** The value of the grid that is nearest to a number; outside the bounds, the bound. */
export function nearestValue(specification: NumericParameter, value: number): number {
  if (value <= specification.min) return specification.min;
  if (value >= specification.max) return specification.max;
  if (hasFactors(specification)) {
    const { min, max } = specification;
    const place = Math.round((DEFAULT_STEPS * Math.log(value / min)) / Math.log(max / min));
    return place >= DEFAULT_STEPS ? max : valueAtFactor(specification, place);
  }
  const index = Math.round((value - specification.min) / stepOf(specification));
  return Math.min(specification.max, valueAtStep(specification, index));
}

/** @returns Why the value is outside the specification, or undefined. Steps are not enforced: a person may choose between them. */
export function parameterValueProblem(specification: ParameterSpecification, value: unknown): string | undefined {
  switch (specification.type) {
    case "choice":
      return typeof value === "string" && specification.choices.includes(value)
        ? undefined
        : `${show(value)} is not one of ${specification.choices.map((choice) => `"${choice}"`).join(", ")}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `${show(value)} is neither true nor false`;
    default:
      if (typeof value !== "number" || !Number.isFinite(value)) return `${show(value)} is not a finite number`;
      if (specification.type === "integer" && !Number.isInteger(value)) return `${value} is not an integer`;
      return value < specification.min || value > specification.max
        ? `${value} is outside ${specification.min} to ${specification.max}`
        : undefined;
  }
}

/** @returns Everything that is wrong with a set of values, one problem per parameter; empty when they fit the space. */
export function parameterValuesProblems(space: ParameterSpace, values: Readonly<Record<string, unknown>>): Problem[] {
  const problems: Problem[] = [];
  for (const [name, specification] of Object.entries(space)) {
    if (!Object.hasOwn(values, name)) problems.push({ path: [name], message: "is missing" });
    else {
      const message = parameterValueProblem(specification, values[name]);
      if (message !== undefined) problems.push({ path: [name], message });
    }
  }
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(space, name)) problems.push({ path: [name], message: "is no parameter of this operation" });
  }
  return problems;
}

/** @returns Everything that is wrong with a parameter space, with the path of each problem; empty when it is sound. */
export function parameterSpaceProblems(space: ParameterSpace): Problem[] {
  const problems: Problem[] = [];
  for (const [name, specification] of Object.entries(space)) {
    const nameProblem = parameterNameProblem(name);
    if (nameProblem !== undefined) problems.push({ path: [name], message: nameProblem });
    problems.push(...specificationProblems(name, specification));
  }
  return problems;
}

/** Do two spaces allow the same values with the same base? Order of declaration does not matter. */
export function isSameParameterSpace(left: ParameterSpace, right: ParameterSpace): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const one = left[name];
    const other = right[name];
    if (one === undefined || other === undefined || one.type !== other.type || one.base !== other.base) return false;
    const values = valuesOf(one);
    const others = valuesOf(other);
    return values.length === others.length && values.every((value, index) => value === others[index]);
  });
}

function specificationProblems(name: string, specification: ParameterSpecification): Problem[] {
  const problem = (field: string, message: string): Problem[] => [{ path: [name, field], message }];
  if (specification.type === "boolean") return [];
  if (specification.type === "choice") {
    const { choices, base } = specification;
    if (choices.length === 0) return problem("choices", "is empty; name at least one choice");
    const twice = choices.find((choice, index) => choices.indexOf(choice) !== index);
    if (twice !== undefined) return problem("choices", `"${twice}" stands there twice`);
    return choices.includes(base) ? [] : problem("base", parameterValueProblem(specification, base) ?? "");
  }
  const { min, max, base } = specification;
  if (!Number.isFinite(min)) return problem("min", `${min} is not a finite number`);
  if (!Number.isFinite(max)) return problem("max", `${max} is not a finite number`);
  if (min >= max) return problem("max", `${max} must be greater than min, which is ${min}`);
  const baseProblem = parameterValueProblem(specification, base);
  if (baseProblem !== undefined) return problem("base", baseProblem);
  if (specification.scale === "log" && min <= 0) return problem("min", "must be greater than 0 for a log scale");
  const step = stepOf(specification);
  if (!Number.isFinite(step) || step <= 0) return problem("step", `${step} must be greater than 0`);
  if (step > max - min) return problem("step", `${step} is larger than the range ${min} to ${max}`);
  if (specification.type === "integer" && !Number.isInteger(step)) return problem("step", `${step} is not an integer`);
  if ((max - min) / step > MAXIMUM_GRID_VALUES)
    return problem("step", `${step} gives more than ${MAXIMUM_GRID_VALUES} values`);
  const { largestStep } = specification;
  if (largestStep !== undefined && !(largestStep >= step))
    return problem("largestStep", `must be at least the step, ${step}`);
  const { largestFactor } = specification;
  if (largestFactor !== undefined && !(largestFactor > 1 && min > 0))
    return problem("largestFactor", `must be above 1, and min above 0`);
  return [];
}

/** Is the grid made of factors: a number on a log scale without a step of its own? */
function hasFactors({ type, step, scale }: NumericParameter): boolean {
  return type === "number" && step === undefined && scale === "log";
}

/** Six digits: a factor is no round number anyway. */
function valueAtFactor({ min, max }: NumericParameter, index: number): number {
  return index === 0 ? min : Number((min * (max / min) ** (index / DEFAULT_STEPS)).toPrecision(6));
}

/** `min + index * step` without the binary dust: 0.5 + 2 × 0.1 is 0.7, not 0.7000000000000001. */
function valueAtStep(specification: NumericParameter, index: number): number {
  return Number((specification.min + index * stepOf(specification)).toPrecision(12));
}

function show(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}

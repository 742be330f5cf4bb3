/** One numeric parameter that a strategy moves: is it one, and where does a step lead? */
import {
  type NumericParameter,
  type ParameterSpace,
  type ParameterValue,
  type Problem,
  parameterValueProblem,
} from "@trimtab/conventions";

/** The specification of a number or an integer, or undefined. */
export function numericParameter(space: ParameterSpace, name: string): NumericParameter | undefined {
  const specification = Object.hasOwn(space, name) ? space[name] : undefined;
  return specification !== undefined && "min" in specification ? specification : undefined;
}

/** @returns Why a rule cannot move the named parameter, with the path of its option. */
export function numericParameterProblems(space: ParameterSpace, name: string): Problem[] {
  const specification = Object.hasOwn(space, name) ? space[name] : undefined;
  const path = ["parameter"];
  if (specification === undefined) {
    const names = Object.keys(space).join(", ");
    return [{ path, message: `"${name}" is no parameter of this operation; write one of ${names}` }];
  }
  return "min" in specification
    ? []
    : [{ path, message: `"${name}" is a ${specification.type}; the rule moves a number or an integer` }];
}

/** How far a rule moves a value, and where it ends. */
export interface RuleStep {
  readonly step: number;
  readonly ceiling: number;
  readonly floor: number;
}

/** One step up or down, within the rule's and the space's bounds; undefined where that is no step. */
export function movedValue(
  value: ParameterValue,
  isUp: boolean,
  specification: NumericParameter | undefined,
  { step, ceiling, floor }: RuleStep,
): number | undefined {
  if (typeof value !== "number" || specification === undefined) return undefined;
  const size = Math.min(step, specification.largestStep ?? step);
  const stepped = Number((isUp ? value + size : value - size).toPrecision(12)); // 0.7 + 0.1 is 0.8, not 0.7999999999999999
  const upper = Math.min(ceiling, specification.max);
  const lower = Math.max(floor, specification.min);
  // a value that stands past a bound already is not dragged back by a step away from it
  const moved = isUp ? Math.min(upper, stepped) : Math.max(lower, stepped);
  const isMove = isUp ? moved > value : moved < value;
  return isMove && parameterValueProblem(specification, moved) === undefined ? moved : undefined;
}

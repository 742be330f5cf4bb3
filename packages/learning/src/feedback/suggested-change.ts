/** A suggestion that names its change: one parameter of an operation of the target, to a value that its space allows. */
import {
  type Context,
  nearestValue,
  type ParameterSpace,
  type ParameterValue,
  type ParameterValues,
  parameterValueProblem,
} from "@trimtab/conventions";

/** The change that a rule names. */
export interface RuleChange {
  /** An operation of the rule's target. */
  readonly operation: string;
  readonly parameter: string;
  /** Where the change is to be made. Empty: everywhere. */
  readonly context: Context;
  /** By how much a number is to change; to the nearest value of its grid, within its bounds. */
  readonly by?: number;
  /** The value that it is to have. */
  readonly to?: ParameterValue;
}

/** The change that a suggestion proposes. */
export interface SuggestedChange {
  readonly operation: string;
  readonly parameter: string;
  readonly context: Context;
  /** What was in force when it was suggested. */
  readonly from: ParameterValue;
  readonly to: ParameterValue;
}

/** The operation that a change is for, as it stands. */
export interface ChangeTarget {
  readonly space: ParameterSpace;
  /** What most calls of the change's context are given. */
  readonly inForce: ParameterValues;
}

/** @returns The change, or undefined where nothing would change: the value is in force, its bound is reached, or it cannot be had. */
export function suggestedChange(rule: RuleChange, target: ChangeTarget | undefined): SuggestedChange | undefined {
  const { operation, parameter, context } = rule;
  const specification = target?.space[parameter];
  const from = target?.inForce[parameter] ?? specification?.base;
  if (specification === undefined || from === undefined) return undefined;
  let to = rule.to;
  if (rule.by !== undefined) {
    if (typeof from !== "number" || specification.type === "choice" || specification.type === "boolean")
      return undefined;
    to = nearestValue(specification, from + rule.by);
    if (Math.sign(Number(to) - from) !== Math.sign(rule.by)) return undefined; // less than half a step, or at the bound
  }
  if (to === undefined || to === from || parameterValueProblem(specification, to) !== undefined) return undefined;
  return { operation, parameter, context, from, to };
}

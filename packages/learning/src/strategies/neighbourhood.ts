/** Which settings may be tried next to the incumbent: one parameter changed, by a step that one adaptation may make. */
import {
  type NumericParameter,
  type ParameterSpace,
  type ParameterSpecification,
  type ParameterValue,
  valuesOf,
} from "@trimtab/conventions";
import { type Setting, settingOf } from "../policy/setting.ts";

/** Grid steps that a numeric parameter is moved by at most, where no largest step is declared. */
const GRID_STEPS = 3;

/** The neighbours of a setting, in a fixed order. */
export function neighboursOf(space: ParameterSpace, setting: Setting, baseline: Setting): Setting[] {
  return Object.entries(space).flatMap(([name, specification]) => {
    const value = setting.parameters[name];
    if (value === undefined) return [];
    return otherValues(specification, value).map((other) =>
      settingOf({ ...setting.parameters, [name]: other }, baseline),
    );
  });
}

function otherValues(specification: ParameterSpecification, value: ParameterValue): readonly ParameterValue[] {
  const values = valuesOf(specification);
  if (specification.type === "choice" || specification.type === "boolean")
    return values.filter((other) => other !== value);
  return nearValues(specification, values as readonly number[], Number(value));
}

/** One to three steps of the grid, as far as one adaptation may go; in a fine grid the steps grow to a tenth of the range. */
function nearValues({ min, max, largestStep }: NumericParameter, values: readonly number[], value: number): number[] {
  const stride = Math.max(1, Math.round(values.length / 20));
  const reach = largestStep ?? max - min;
  const above = values.filter((other) => other > value);
  const below = values.filter((other) => other < value).reverse();
  const near: number[] = [];
  for (const side of [above, below]) {
    const allowed = side.filter((other) => Math.abs(other - value) <= reach * (1 + 1e-9));
    for (let step = 1; step <= GRID_STEPS; step++) {
      const other = allowed[Math.min(step * stride, allowed.length) - 1];
      if (other !== undefined && !near.includes(other)) near.push(other);
    }
  }
  return near;
}

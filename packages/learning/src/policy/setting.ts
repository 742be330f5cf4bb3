/** Complete assignments of the parameters of an operation: their ids, and how far apart they are. */
import {
  baseValues,
  type NumericParameter,
  type ParameterSpace,
  type ParameterValues,
  type VariantId,
  variantId,
} from "@trimtab/conventions";

/** A complete assignment with its id. */
export interface Setting {
  readonly id: VariantId;
  readonly parameters: ParameterValues;
}

/** The base values. */
export function baselineOf(space: ParameterSpace): Setting {
  const parameters = baseValues(space);
  return { id: variantId(parameters, "baseline"), parameters };
}

/** The setting with these values: where they are the base values, the baseline itself. */
export function settingOf(parameters: ParameterValues, baseline: Setting): Setting {
  return isSameSetting(parameters, baseline.parameters) ? baseline : { id: variantId(parameters), parameters };
}

/** Do two assignments of the same space hold the same values? */
function isSameSetting(left: ParameterValues, right: ParameterValues): boolean {
  return Object.keys(right).every((name) => left[name] === right[name]);
}

/** The first parameter whose change is larger than one adaptation may make, or undefined. */
export function tooLargeStep(space: ParameterSpace, from: ParameterValues, to: ParameterValues): string | undefined {
  return Object.keys(space).find((name) => {
    const specification = space[name];
    return specification !== undefined && "min" in specification && isFurther(specification, from[name], to[name]);
  });
}

function isFurther({ largestStep, largestFactor }: NumericParameter, from: unknown, to: unknown): boolean {
  const [before, after] = [Number(from), Number(to)];
  if (largestStep !== undefined && Math.abs(after - before) > largestStep * (1 + 1e-9)) return true;
  return largestFactor !== undefined && Math.max(after / before, before / after) > largestFactor * (1 + 1e-9);
}

/** A setting for people, e.g. `model large, temperature 0.6`. */
export function describeSetting(parameters: ParameterValues): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

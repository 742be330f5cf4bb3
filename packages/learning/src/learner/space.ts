/** The settings of an outside specification, in its own spelling: for whoever checks or scores what a learner serves. */
import { type ParameterValue, parameterValuesProblems, valuesOf } from "@trimtab/conventions";
import { baselineOf } from "../policy/setting.ts";
import { type OutsideParameter, readSpecification } from "./read-specification.ts";
import type { LearnerSpecification, OutsideSetting, OutsideValue } from "./specification.ts";

/** The space of a specification. */
export interface SpecificationSpace {
  /** The base values. */
  readonly base: OutsideSetting;
  /** The share that the base values always keep, 0 to 0.5. */
  readonly holdout: number;
  /** How many settings the grid has. */
  readonly size: number;
  /** Every setting of the grid, the last parameter first to change. */
  readonly settings: () => OutsideSetting[];
  /** Why a setting is outside the space, or undefined. Steps are not enforced. */
  readonly problemOf: (setting: OutsideSetting) => string | undefined;
}

/**
 * The space of a specification.
 *
 * @throws {RangeError} as `createLearner` does.
 */
export function spaceOf(specification: LearnerSpecification): SpecificationSpace {
  const { policy, outside } = readSpecification(specification);
  const values = outside.map(({ inside }) => {
    const parameter = policy.parameters[inside];
    return parameter === undefined ? [] : valuesOf(parameter);
  });
  return {
    base: settingOutside(baselineOf(policy.parameters).parameters, outside),
    holdout: policy.holdout,
    size: values.reduce((product, list) => product * list.length, 1),
    settings() {
      let settings: Record<string, ParameterValue>[] = [{}];
      outside.forEach(({ inside }, index) => {
        settings = settings.flatMap((setting) =>
          (values[index] ?? []).map((value) => ({ ...setting, [inside]: value })),
        );
      });
      return settings.map((setting) => settingOutside(setting, outside));
    },
    problemOf(setting) {
      const [problem] = parameterValuesProblems(policy.parameters, settingInside(setting, outside));
      return problem === undefined ? undefined : `${problem.path.join(".")} ${problem.message}`;
    },
  };
}

/** A setting of the policy as the specification spells it. */
export function settingOutside(
  parameters: Readonly<Record<string, ParameterValue>>,
  outside: readonly OutsideParameter[],
): OutsideSetting {
  return Object.fromEntries(
    outside.map(({ inside, name, values }) => {
      const value = parameters[inside] ?? "";
      return [name, values.get(String(value)) ?? value];
    }),
  );
}

function settingInside(setting: OutsideSetting, outside: readonly OutsideParameter[]): Record<string, OutsideValue> {
  const entries = outside.flatMap(({ inside, name, values }): [string, OutsideValue][] => {
    const value = setting[name];
    return value === undefined ? [] : [[inside, values.size > 0 ? String(value) : value]];
  });
  const names = new Set(outside.map(({ name }) => name));
  const unknown = Object.entries(setting).filter(([name]) => !names.has(name));
  return Object.fromEntries([...entries, ...unknown]);
}

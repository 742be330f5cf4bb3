/** Which settings may be tried beside an incumbent. */
import {
  type NumericParameter,
  type ParameterSpace,
  type ParameterSpecification,
  type ParameterValue,
  type ParameterValues,
  valuesOf,
} from "@trimtab/conventions";
import { type Setting, settingOf, tooLargeStep } from "../policy/setting.ts";
import type { Random } from "../statistics/random.ts";

/** Settings that may be tried, and those of them that are near: one parameter changed by a few steps. */
export interface Neighbourhood {
  readonly near: readonly Setting[];
  readonly all: readonly Setting[];
  /** The best setting that near steps lead to, uphill, none of them out of the incumbent's reach; itself where `all` is everything. */
  readonly uphill: (from: Setting, worth: (parameters: ParameterValues) => number) => Setting;
}

/** Grid steps that a near setting is away at most; in a fine grid a step grows to a twentieth of the range. */
const NEAR_STEPS = 3;
const COARSE_STEPS = 20;
/** Grids up to this size are looked at whole, of larger ones so many settings are drawn. */
const WHOLE_GRID = 400;
const DRAWN = 300;
/** Near steps that lead uphill from the best of those. */
const MOST_CLIMBS = 12;

/** Every setting of the grid that is looked at in this turn; the baseline among them. */
export function candidateSettings(space: ParameterSpace, baseline: Setting, random: Random): readonly Setting[] {
  const before = GRIDS.get(space);
  if (before !== undefined) return before;
  const names = Object.keys(space);
  const values = names.map((name) => coarse(space[name] as ParameterSpecification));
  const total = values.reduce((product, each) => product * each.length, 1);
  const found = new Map<string, Setting>([[baseline.id, baseline]]);
  const add = (pick: (choices: readonly ParameterValue[], index: number) => ParameterValue | undefined): void => {
    const parameters: Record<string, ParameterValue> = {};
    names.forEach((name, index) => {
      parameters[name] = pick(values[index] ?? [], index) ?? (baseline.parameters[name] as ParameterValue);
    });
    const setting = settingOf(parameters, baseline);
    found.set(setting.id, setting);
  };
  if (total <= WHOLE_GRID) {
    for (let number = 0; number < total; number++) {
      let rest = number;
      add((choices) => {
        const choice = choices[rest % choices.length];
        rest = Math.floor(rest / choices.length);
        return choice;
      });
    }
  } else for (let draw = 0; draw < DRAWN; draw++) add((choices) => choices[random.integer(choices.length)]);
  const settings = [...found.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  if (total <= WHOLE_GRID) GRIDS.set(space, settings);
  return settings;
}

/** Whole grids are functions of their spaces, so remembering them changes nothing but the time they take. */
const GRIDS = new WeakMap<ParameterSpace, readonly Setting[]>();

/** The settings that may run beside an incumbent, none further away than one adaptation may go. */
export function neighbourhoodOf(
  space: ParameterSpace,
  incumbent: Setting,
  baseline: Setting,
  candidates: readonly Setting[],
): Neighbourhood {
  const near = nearOf(space, incumbent.parameters);
  const isAllowed = ({ id, parameters }: Setting): boolean =>
    id !== incumbent.id && id !== baseline.id && tooLargeStep(space, incumbent.parameters, parameters) === undefined;
  const settings = near.map((parameters) => settingOf(parameters, baseline)).filter(isAllowed);
  const known = new Set(settings.map(({ id }) => id));
  return {
    near: settings,
    all: [...settings, ...candidates.filter((setting) => isAllowed(setting) && !known.has(setting.id))],
    uphill(from, worth) {
      if (GRIDS.has(space)) return from;
      const top = climb(space, from.parameters, incumbent.parameters, worth);
      return top === from.parameters ? from : settingOf(top, baseline);
    },
  };
}

function climb(
  space: ParameterSpace,
  from: ParameterValues,
  incumbent: ParameterValues,
  worth: (parameters: ParameterValues) => number,
): ParameterValues {
  let top = from;
  let highest = worth(from);
  for (let step = 0; step < MOST_CLIMBS; step++) {
    const before = top;
    for (const next of nearOf(space, top)) {
      const value = worth(next);
      if (value <= highest || tooLargeStep(space, incumbent, next) !== undefined) continue;
      highest = value;
      top = next;
    }
    if (top === before) break;
  }
  return top;
}

/** Every setting that differs from one in one parameter, by a few steps. */
function nearOf(space: ParameterSpace, from: ParameterValues): readonly ParameterValues[] {
  return Object.entries(space).flatMap(([name, specification]) => {
    const value = from[name];
    const others = value === undefined ? [] : nearValues(specification, value);
    return others.map((other): ParameterValues => ({ ...from, [name]: other }));
  });
}

function coarse(specification: ParameterSpecification): readonly ParameterValue[] {
  const values = valuesOf(specification);
  if ("min" in specification && specification.scale === "log")
    return byFactors(specification, values as readonly number[]);
  const stride = strideOf(specification, values);
  return stride === 1
    ? values
    : values.filter(
        (value, index) => index % stride === 0 || index === values.length - 1 || value === specification.base,
      );
}

function nearValues(specification: ParameterSpecification, value: ParameterValue): readonly ParameterValue[] {
  const values = valuesOf(specification);
  if (specification.type === "choice" || specification.type === "boolean")
    return values.filter((other) => other !== value);
  const isLog = specification.scale === "log";
  const numbers = isLog ? byFactors(specification, values as readonly number[]) : (values as readonly number[]);
  const stride = isLog ? 1 : strideOf(specification, values);
  const above = numbers.filter((other) => other > Number(value));
  const below = numbers.filter((other) => other < Number(value)).reverse();
  const { largestStep = Number.POSITIVE_INFINITY, largestFactor = Number.POSITIVE_INFINITY } = specification;
  const from = Number(value);
  const isReachable = (other: number): boolean =>
    Math.abs(other - from) <= largestStep * (1 + 1e-9) &&
    (largestFactor === Number.POSITIVE_INFINITY || Math.max(other / from, from / other) <= largestFactor * (1 + 1e-9));
  return [above, below].flatMap((side) => {
    const reachable = side.filter(isReachable);
    const steps = Array.from(
      { length: NEAR_STEPS },
      (_, step) => reachable[Math.min((step + 1) * stride, reachable.length) - 1],
    );
    return [...new Set(steps.filter((other) => other !== undefined))];
  });
}

/** Of many values on a log scale those that lie nearest to equal factors, and the base: steps of the grid are too fine above and too coarse below. */
function byFactors({ min, max, base }: NumericParameter, values: readonly number[]): readonly number[] {
  if (values.length < 30) return values;
  const kept = new Set([base]);
  for (let place = 0; place <= COARSE_STEPS; place++) {
    const target = min * (max / min) ** (place / COARSE_STEPS);
    const above = values.findIndex((value) => value >= target * (1 - 1e-9));
    const [upper = max, lower = upper] = [values[above], values[above - 1]];
    kept.add(target / lower < upper / target ? lower : upper);
  }
  return [...kept].sort((left, right) => left - right);
}

function strideOf(specification: ParameterSpecification, values: readonly ParameterValue[]): number {
  return specification.type === "choice" ? 1 : Math.max(1, Math.round(values.length / COARSE_STEPS));
}

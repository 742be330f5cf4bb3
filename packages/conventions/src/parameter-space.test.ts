import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  baseValues,
  isSameParameterSpace,
  type NumericParameter,
  nearestValue,
  type ParameterSpace,
  parameterSpaceProblems,
  parameterValueProblem,
  parameterValuesProblems,
  valuesOf,
} from "./parameter-space.ts";

const temperature: NumericParameter = { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 };
const space: ParameterSpace = {
  temperature,
  retries: { type: "integer", base: 2, min: 0, max: 5 },
  model: { type: "choice", base: "small", choices: ["small", "large"] },
  cache: { type: "boolean", base: false },
};

describe("the values of a parameter", () => {
  test("are the steps between the bounds, without binary dust", () => {
    expect(valuesOf(temperature)).toEqual([0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(valuesOf({ type: "integer", base: 2, min: 0, max: 5 })).toEqual([0, 1, 2, 3, 4, 5]);
    expect(valuesOf({ type: "boolean", base: false })).toEqual([false, true]);
  });

  test("hold the base and the upper bound where the steps miss them", () => {
    const batch: NumericParameter = { type: "number", base: 50, min: 1, max: 10_000, scale: "log" };
    const values = valuesOf(batch) as number[];
    expect(values.slice(0, 3)).toEqual([1, 1.58489, 2.51189]); // 10,000^(1/20) = 1.584893
    expect(values).toHaveLength(22); // twenty factors, both ends, and the base between two of them
    expect([0.5, 45, 50_000].map((value) => nearestValue(batch, value))).toEqual([1, 39.8107, 10_000]);
    // a step of its own is a difference on every scale
    expect(valuesOf({ ...batch, min: 50, max: 200, step: 50 })).toEqual([50, 100, 150, 200]);
    expect(valuesOf({ type: "number", base: 0.25, min: 0, max: 1, step: 0.3 })).toEqual([0, 0.25, 0.3, 0.6, 0.9, 1]);
  });

  test("take a number to its nearest step, never outside the bounds", () => {
    expect([0.44, 0.5, 0.66, 0.89, 7].map((value) => nearestValue(temperature, value))).toEqual([
      0.5, 0.5, 0.7, 0.9, 0.9,
    ]);
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(parameterValueProblem(temperature, nearestValue(temperature, value))).toBeUndefined();
      }),
    );
  });
});

describe("a value is checked against its specification", () => {
  test.each([
    ["temperature", 0.95, "0.95 is outside 0.5 to 0.9"],
    ["temperature", Number.NaN, "NaN is not a finite number"],
    ["temperature", "hot", '"hot" is not a finite number'],
    ["retries", 1.5, "1.5 is not an integer"],
    ["model", "huge", '"huge" is not one of "small", "large"'],
    ["cache", 1, "1 is neither true nor false"],
  ] as const)("%s = %s: %s", (name, value, message) => {
    expect(parameterValueProblem(space[name] ?? temperature, value)).toBe(message);
  });

  test("a set of values must name every parameter and no other", () => {
    expect(parameterValuesProblems(space, baseValues(space))).toEqual([]);
    expect(parameterValuesProblems({ temperature }, { top_p: 1 })).toEqual([
      { path: ["temperature"], message: "is missing" },
      { path: ["top_p"], message: "is no parameter of this operation" },
    ]);
  });
});

describe("a space is checked at definition", () => {
  test.each<[ParameterSpace, string, string]>([
    [{ t: { ...temperature, base: 2 } }, "t.base", "2 is outside 0.5 to 0.9"],
    [{ t: { ...temperature, min: 1 } }, "t.max", "0.9 must be greater than min, which is 1"],
    [{ t: { ...temperature, max: Number.NaN } }, "t.max", "NaN is not a finite number"],
    [{ t: { ...temperature, step: 0 } }, "t.step", "0 must be greater than 0"],
    [{ t: { ...temperature, step: 3 } }, "t.step", "3 is larger than the range 0.5 to 0.9"],
    [{ t: { ...temperature, step: 1e-9 } }, "t.step", "1e-9 gives more than 10000 values"],
    [{ t: { ...temperature, largestStep: 0.05 } }, "t.largestStep", "must be at least the step, 0.1"],
    [{ t: { ...temperature, largestFactor: 1 } }, "t.largestFactor", "must be above 1, and min above 0"],
    [{ t: { ...temperature, min: 0, scale: "log" } }, "t.min", "must be greater than 0 for a log scale"],
    [{ m: { type: "choice", base: "a", choices: ["b", "b"] } }, "m.choices", '"b" stands there twice'],
    [{ m: { type: "choice", base: "a", choices: ["b"] } }, "m.base", '"a" is not one of "b"'],
    [
      { "no-dash": temperature },
      "no-dash",
      '"no-dash" is no parameter name; write 1 to 64 letters, digits or _ and begin with a letter',
    ],
  ])("%j", (wrong, path, message) => {
    expect(parameterSpaceProblems(wrong).map((problem) => [problem.path.join("."), problem.message])).toEqual([
      [path, message],
    ]);
  });

  test("a sound one has no problem", () => {
    expect(parameterSpaceProblems(space)).toEqual([]);
  });
});

test("two spaces are the same when they allow the same values from the same base", () => {
  const { model = temperature, ...others } = space;
  expect(isSameParameterSpace(space, { model, ...others })).toBe(true);
  expect(isSameParameterSpace(space, { ...space, temperature: { ...temperature, max: 0.8 } })).toBe(false);
  expect(isSameParameterSpace(space, { ...space, temperature: { ...temperature, base: 0.6 } })).toBe(false);
  expect(isSameParameterSpace(space, others)).toBe(false);
});

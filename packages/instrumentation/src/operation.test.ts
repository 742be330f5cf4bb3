import { expect, test } from "vitest";
import { defineOperation } from "./index.ts";

test("every problem of a definition is told at once, where it is defined", () => {
  const define = (): unknown =>
    defineOperation({
      name: "write song",
      context: ["Genre", "mood", "mood"],
      parameters: {
        temperature: { type: "number", base: 2, min: 0, max: 1 },
        model: { type: "choice", base: "x", choices: ["a"] },
      },
      isSuccess: () => true,
      outcome: () => "success",
      durationBoundaries: [0.5, 0.5, Number.NaN],
    });
  expect(define).toThrow(TypeError);
  expect(define).toThrow(
    [
      'operation "write song" cannot be defined:',
      '  "write song" is no operation name; write 1 to 128 letters, digits or _ . - and begin with a letter',
      '  "Genre" is no context key; write 1 to 63 lower-case letters, digits or _ and begin with a letter',
      '  the context key "mood" stands there twice',
      "  parameters.temperature.base 2 is outside 0 to 1",
      '  parameters.model.base "x" is not one of "a"',
      "  durationBoundaries.1 is 0.5: bounds are seconds, finite, above zero and ascending",
      "  durationBoundaries.2 is NaN: bounds are seconds, finite, above zero and ascending",
      "  isSuccess and outcome cannot both be given",
    ].join("\n"),
  );
});

test("more than a hundred duration boundaries are too many series", () => {
  const durationBoundaries = Array.from({ length: 101 }, (_, each) => each + 1);
  expect(() => defineOperation({ name: "op", durationBoundaries })).toThrow("has 101 bounds; 100 at most");
});

test("without a controller the base values serve, under the id that the controller computes for them", () => {
  const operation = defineOperation({
    name: "generate_lyrics",
    context: ["genre"],
    parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  });
  const served = operation.parameters({ genre: "rock" });
  expect(served).toMatchObject({ values: { temperature: 0.7 }, source: "base", revision: undefined });
  expect(served.variant).toMatch(/^base-[a-z2-7]{10}$/);
});

test("what the application does to its values does not reach the next call", () => {
  const operation = defineOperation({ name: "op", parameters: { on: { type: "boolean", base: true } } });
  Object.assign(operation.parameters().values, { on: false });
  expect(operation.parameters().values.on).toBe(true);
});

test("inside a call the parameters are those of its label, also for a nested call of the same name", () => {
  const operation = defineOperation({ name: "outer", parameters: { on: { type: "boolean", base: true } } });
  operation.track({}, (call) => {
    expect(operation.parameters({}).values).toBe(call.parameters);
    defineOperation({ name: "inner" }).track({}, () => {
      expect(operation.parameters({}).values).toBe(call.parameters);
    });
    operation.track({}, (nested) => {
      expect(operation.parameters({}).values).toBe(nested.parameters);
      expect(nested.parameters).not.toBe(call.parameters);
    });
  });
});

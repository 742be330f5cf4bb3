import type { ParameterSpace } from "@trimtab/conventions";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RuleChange, suggestedChange } from "./suggested-change.ts";

const space: ParameterSpace = {
  temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 },
  model: { type: "choice", base: "small", choices: ["small", "large"] },
  cached: { type: "boolean", base: false },
};
const change = (parts: Partial<RuleChange>): RuleChange => ({
  operation: "write",
  parameter: "temperature",
  context: {},
  ...parts,
});
const target = (inForce: Record<string, number | string | boolean> = {}) => ({ space, inForce });

describe("a change", () => {
  test("starts at what is in force, and goes to the nearest value of the grid", () => {
    expect(suggestedChange(change({ by: 0.13 }), target({ temperature: 0.6 }))).toMatchObject({ from: 0.6, to: 0.7 });
    expect(suggestedChange(change({ by: -0.1 }), target())).toMatchObject({ from: 0.7, to: 0.6 });
  });

  test("stops at the bound, and is none at the bound", () => {
    expect(suggestedChange(change({ by: 0.5 }), target({ temperature: 0.8 }))).toMatchObject({ to: 0.9 });
    expect(suggestedChange(change({ by: 0.5 }), target({ temperature: 0.9 }))).toBeUndefined();
    expect(suggestedChange(change({ by: 0.04 }), target())).toBeUndefined(); // less than half a step
  });

  test("to a value that is in force, or that the space does not have, is none", () => {
    expect(suggestedChange(change({ parameter: "model", to: "large" }), target())).toMatchObject({ to: "large" });
    expect(suggestedChange(change({ parameter: "model", to: "large" }), target({ model: "large" }))).toBeUndefined();
    expect(suggestedChange(change({ parameter: "model", to: "huge" }), target())).toBeUndefined();
    expect(suggestedChange(change({ parameter: "model", by: 1 }), target())).toBeUndefined();
    expect(suggestedChange(change({ parameter: "cached", to: true }), target())).toMatchObject({
      from: false,
      to: true,
    });
    expect(suggestedChange(change({ parameter: "gone", to: 1 }), target())).toBeUndefined();
    expect(suggestedChange(change({ by: 0.1 }), undefined)).toBeUndefined();
  });

  test("never leaves the space, never goes the other way, and always changes something", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.5, max: 0.9, noNaN: true }),
        (by, at) => {
          const made = suggestedChange(change({ by }), target({ temperature: at }));
          if (made === undefined) return;
          expect(made.to).toBeGreaterThanOrEqual(0.5);
          expect(made.to).toBeLessThanOrEqual(0.9);
          expect(Math.sign(Number(made.to) - at)).toBe(Math.sign(by));
        },
      ),
    );
  });
});

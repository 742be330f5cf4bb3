import { type ContextInput, canonicalContext } from "@trimtab/conventions";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContextTree } from "./context-tree.ts";

describe("a tree of contexts", () => {
  test("the same context is the same object, however it is spelt", () => {
    const tree = new ContextTree(["size", "hot"], { used: 0, maximum: 10 });
    const found = tree.find({ size: 7, hot: true });
    expect(tree.find({ hot: "true", size: "7", other: "x" })).toBe(found);
    expect(tree.find({ size: 7, hot: true })).toBe(found);
    expect(found.context).toEqual({ size: "7", hot: "true" });
  });

  test("absent, null, undefined and the empty text are one and the same", () => {
    const budget = { used: 0, maximum: 10 };
    const tree = new ContextTree(["genre"], budget);
    const found = tree.find({});
    expect(tree.find({ genre: null })).toBe(found);
    expect(tree.find({ genre: undefined })).toBe(found);
    expect(tree.find({ genre: "" })).toBe(found);
    expect(budget.used).toBe(0); // the context without values is one per operation, and costs nothing of the budget
  });

  test("past the limit the labels are __other__, the context stays what it is, and nothing is kept", () => {
    const budget = { used: 0, maximum: 2 };
    const tree = new ContextTree(["genre", "mood"], budget);
    tree.find({ genre: "rock" });
    tree.find({ genre: "jazz" });
    const third = tree.find({ genre: "folk" });
    expect(third.context).toEqual({ genre: "folk" });
    expect(third.labels).toMatchObject({ isCollapsed: true, context: { genre: "__other__", mood: "__other__" } });
    expect(tree.find({ genre: "pop", mood: "calm" }).labels).toBe(third.labels);
    expect(tree.find({ genre: "rock" }).labels.isCollapsed).toBe(false);
    expect(budget.used).toBe(2);
  });

  test("texts that are cut to the same one are one context and use the budget once", () => {
    const budget = { used: 0, maximum: 10 };
    const tree = new ContextTree(["genre"], budget);
    const found = tree.find({ genre: "x".repeat(1000) });
    expect(tree.find({ genre: "x".repeat(1001) })).toBe(found);
    expect(tree.find({ genre: "x".repeat(128) })).toBe(found);
    expect(budget.used).toBe(1);
  });

  test("a key that every object has by birth is not taken for a value", () => {
    const tree = new ContextTree(["constructor"], { used: 0, maximum: 10 });
    expect(tree.find({}).context).toEqual({});
  });

  test("it finds what the conventions call the canonical context, first and later", () => {
    const keys = ["genre", "mood", "size"];
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.integer({ min: 0, max: 3 }),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
    );
    const anyInput: fc.Arbitrary<ContextInput> = fc.dictionary(fc.constantFrom(...keys, "undeclared"), value);
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 30 }), (inputs) => {
        const budget = { used: 0, maximum: 1000 };
        const tree = new ContextTree(keys, budget);
        const first = inputs.map((input) => tree.find(input));
        inputs.forEach((input, index) => {
          expect(tree.find(input)).toBe(first[index]);
          expect(first[index]?.context).toEqual(canonicalContext(input, keys));
        });
        const distinct = new Set(first.map((found) => JSON.stringify(found.context)));
        distinct.delete("{}");
        expect(budget.used).toBe(distinct.size);
      }),
    );
  });
});

import { expect, test } from "vitest";
import { flagsOf } from "./flag-keys.ts";

const operation = (component: string, name: string, ...parameterNames: string[]) => ({
  key: { component, operation: name },
  parameterNames,
});
const readingOf = (key: string, ...operations: ReturnType<typeof operation>[]) =>
  [operations, operations.toReversed()].map((each) => {
    const flag = flagsOf(each).get(key);
    return [flag?.operation.component, flag?.operation.operation, flag?.parameter];
  });
const twice = (reading: unknown) => [reading, reading];

test("a whole operation holds before a parameter of a shorter one, in whatever order they stand", () => {
  const readings = readingOf("a.b.c", operation("a", "b", "c"), operation("a", "b.c", "d"));
  expect(readings).toEqual(twice(["a", "b.c", undefined]));
});

test("of two components the one whose operation is longer holds", () => {
  expect(readingOf("a.b.c", operation("a.b", "c"), operation("a", "b.c"))).toEqual(twice(["a", "b.c", undefined]));
});

test("of two equally long operations the whole one holds", () => {
  expect(readingOf("a.b.c", operation("a", "b", "c"), operation("a.b", "c"))).toEqual(twice(["a.b", "c", undefined]));
});

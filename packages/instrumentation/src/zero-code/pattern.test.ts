import fc from "fast-check";
import { expect, test } from "vitest";
import { matcher } from "./pattern.ts";

test("a star stands for anything, also for nothing and for line ends; everything else for itself", () => {
  const fits = (pattern: string, text: string): boolean => matcher(pattern)(text);
  expect(fits("/static/*", "/static/")).toBe(true);
  expect(fits("/static/*", "/static/a\nb")).toBe(true);
  expect(fits("/static/*", "/statics")).toBe(false);
  expect(fits("*.css", "/a.css")).toBe(true);
  expect(fits("*.css", "/a_css")).toBe(false);
  expect(fits("a*a", "a")).toBe(false);
  expect(fits("a*b*c", "a-b-c")).toBe(true);
  expect(fits("a*bc*c", "abc")).toBe(false);
  expect(fits("*", "")).toBe(true);
  expect(fits("", "x")).toBe(false);
});

test("it is what a regular expression with the same meaning says", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  fc.assert(
    fc.property(letters, text, (pattern, asked) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
      expect(matcher(pattern)(asked)).toBe(expression.test(asked));
    }),
  );
});

test("a text that was made for it costs no more than any other", () => {
  // A regular expression takes about 10^17 steps for this one.
  expect(matcher(`${"*a".repeat(8)}*b`)("a".repeat(16_000))).toBe(false);
});

import { expect, test } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

test.each([
  ["observ", "observe"],
  ["atuo", "auto"],
  ["Suggest", "suggest"],
  ["sugest", "suggest"],
  ["sugggest", "suggest"],
])("%s was meant to be %s", (word, meant) => {
  expect(nearest(word, ["observe", "suggest", "auto"])).toBe(meant);
});

test.each(["", "x", "manual", "completely different"])("%j resembles none of them", (word) => {
  expect(nearest(word, ["observe", "suggest", "auto"])).toBeUndefined();
});

test("what resembles nothing is answered with what there is", () => {
  expect(didYouMean("observ", ["observe", "auto"])).toBe('; did you mean "observe"?');
  expect(didYouMean("manual", ["observe", "auto"])).toBe("; known here: observe, auto");
  expect(didYouMean("manual", [])).toBe("");
});

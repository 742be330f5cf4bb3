import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markup } from "./markup.ts";
import { niceAxis, timeTicks, valueText } from "./scales.ts";

describe("an axis", () => {
  test("holds all values between round numbers, and has few of them", () => {
    const finite = fc
      .double({ min: -1e9, max: 1e9, noNaN: true })
      .filter((value) => value === 0 || Math.abs(value) > 1e-9);
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), (values) => {
        const { ticks } = niceAxis(values);
        const slack = 1e-9 * Math.max(1, ...values.map(Math.abs));
        expect(ticks[0] as number).toBeLessThanOrEqual(Math.min(...values) + slack);
        expect(ticks.at(-1) as number).toBeGreaterThanOrEqual(Math.max(...values) - slack);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect([...ticks].sort((left, right) => left - right)).toEqual(ticks);
      }),
    );
  });

  test.each([
    [
      [0, 20],
      [0, 5, 10, 15, 20],
    ],
    [
      [0.8, 0.95, 1],
      [0.8, 0.85, 0.9, 0.95, 1],
    ],
    [
      [-0.04, 0.08],
      [-0.05, 0, 0.05, 0.1],
    ],
    [[3], [3, 4]],
    [
      [3, 3 + 1e-15],
      [3, 4],
    ],
  ])("of %j has %j", (values, ticks) => {
    expect(niceAxis(values).ticks.slice(0, ticks.length)).toEqual(ticks);
  });
});

test("times are round, at most six, hours within days and days beyond", () => {
  const from = Date.UTC(2026, 0, 1, 10, 7);
  expect(timeTicks({ from, to: from + 6 * 3_600_000 }).map(({ text }) => text)).toEqual(["12:00", "15:00"]);
  expect(timeTicks({ from, to: from + 300_000 }).map(({ text }) => text)).toEqual([
    "10:07",
    "10:08",
    "10:09",
    "10:10",
    "10:11",
    "10:12",
  ]);
  expect(timeTicks({ from, to: from + 10 * 86_400_000 }).map(({ text }) => text)).toEqual([
    "01-03",
    "01-05",
    "01-07",
    "01-09",
    "01-11",
  ]);
});

test("values are written in their unit", () => {
  expect(valueText(0.935, "ratio")).toBe("93.5 %");
  expect(valueText(0.0352, "seconds")).toBe("35.2 ms");
  expect(valueText(-0.04, "lift")).toBe("-0.040");
  expect(valueText(2, "state")).toBe("open");
  expect(valueText(12.345, "perSecond")).toBe("12.3/s");
});

test("whatever stands in a place of a template stays text, in content and in attributes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const inside = markup`${text}`.text;
      expect(inside).not.toMatch(/[<>"']/);
      expect(inside.replace(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
    }),
  );
  expect(markup`<b title="${`"><script>`}">${["a&b", markup`<i>${1}</i>`, undefined]}</b>`.text).toBe(
    '<b title="&quot;&gt;&lt;script&gt;">a&amp;b<i>1</i></b>',
  );
});

/** What every chart keeps, whatever it is given. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Drawing, intervalPlot, liftChart, niceTicks, valueSpan, verdictOf } from "./chart.ts";

const bound = fc.double({ min: -1, max: 1, noNaN: true });
const interval = fc
  .tuple(bound, bound, bound)
  .map((values) => values.toSorted((one, other) => one - other))
  .map(([lower = 0, estimate = 0, upper = 0]) => ({ lower, estimate, upper }));
const points = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 1e9 }), lift: fc.option(interval, { nil: undefined }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let at = 1.7e12;
    return steps.map(({ gap, lift }) => ({ at: (at += gap), lift, says: "a time" }));
  });

function numbersOf({ attributes, children }: Drawing): number[] {
  const own = Object.entries(attributes)
    .filter(([name]) => !["aria-label", "class", "role", "text-anchor"].includes(name))
    .flatMap(([, value]) => String(value).split(/[^-+.\deEINfa]+/))
    .filter((text) => text !== "")
    .map(Number);
  return [...own, ...children.flatMap((child) => (typeof child === "string" ? [] : numbersOf(child)))];
}

describe("charts", () => {
  test("have finite coordinates inside of their size", () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 280, max: 1200 }), (given, width) => {
        const drawing = liftChart(given, [{ at: 1.7e12, says: "a change" }], { width, height: 220 }, "a chart", String);
        for (const value of numbersOf(drawing)) {
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(-1);
          expect(value).toBeLessThanOrEqual(Math.max(width, 220));
        }
      }),
    );
  });

  test("draw the line broken where there was no lift, and never as zero", () => {
    const at = (minute: number): number => minute * 60_000;
    const lift = { estimate: 0.1, lower: 0.05, upper: 0.15 };
    const given = [lift, lift, undefined, lift, lift].map((each, index) => ({ at: at(index), lift: each, says: "" }));
    const { children } = liftChart(given, [], { width: 400, height: 220 }, "a chart", String);
    const lines = children.filter((child) => typeof child !== "string" && child.attributes["class"] === "estimate");
    expect(lines.map((line) => typeof line !== "string" && String(line.attributes["d"]).split("L").length)).toEqual([
      2, 2,
    ]);
  });

  test("of intervals say what is proven: an interval that touches zero proves nothing", () => {
    expect(verdictOf({ estimate: 0.1, lower: 0.01, upper: 0.2 })).toBe("better");
    expect(verdictOf({ estimate: 0.1, lower: 0, upper: 0.2 })).toBe("undecided");
    expect(verdictOf({ estimate: -0.1, lower: -0.2, upper: -0.01 })).toBe("worse");
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 20 }), (intervals) => {
        const plot = intervalPlot(intervals, valueSpan(intervals), { width: 150, rowHeight: 8 }, "a plot");
        for (const value of numbersOf(plot)) expect(Number.isFinite(value)).toBe(true);
      }),
    );
  });
});

test("ticks are few, round, inside, and zero is one of them where it can be", () => {
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1, maxLength: 20 }), (intervals) => {
      const span = valueSpan(intervals);
      const ticks = niceTicks(span);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks.some((tick) => tick === 0)).toBe(true);
      for (const tick of ticks) expect(tick >= span.from && tick <= span.to).toBe(true);
    }),
  );
});

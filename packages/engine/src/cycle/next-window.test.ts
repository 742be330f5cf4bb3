import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_WINDOW_MILLISECONDS, nextWindow } from "./next-window.ts";

const fifteen = { gridMilliseconds: 15_000, intervalMilliseconds: 30_000 };

describe("the window of a cycle", () => {
  test("is one interval long at the very first", () => {
    expect(nextWindow({ ...fifteen, lastEnd: undefined, latestEnd: 900_000 })).toEqual({
      window: { from: 870_000, to: 900_000 },
      droppedMilliseconds: 0,
    });
  });

  test("is at least one step of the grid at the very first", () => {
    const slow = { gridMilliseconds: 60_000, intervalMilliseconds: 1_000 };
    expect(nextWindow({ ...slow, lastEnd: undefined, latestEnd: 900_000 })).toEqual({
      window: { from: 840_000, to: 900_000 },
      droppedMilliseconds: 0,
    });
  });

  test("begins where the last one ended, also after cycles were missed", () => {
    expect(nextWindow({ ...fifteen, lastEnd: 900_000, latestEnd: 1_005_000 })).toEqual({
      window: { from: 900_000, to: 1_005_000 },
      droppedMilliseconds: 0,
    });
  });

  test("is the newest hour after a pause of three, and the rest is dropped", () => {
    expect(nextWindow({ ...fifteen, lastEnd: 0, latestEnd: 10_800_000 })).toEqual({
      window: { from: 7_200_000, to: 10_800_000 },
      droppedMilliseconds: 7_200_000,
    });
  });

  test("does not exist before the next step of the grid", () => {
    expect(nextWindow({ ...fifteen, lastEnd: 900_000, latestEnd: 900_000 })).toEqual({
      window: undefined,
      aheadMilliseconds: 0,
    });
  });

  test("does not exist while the last one ends in the future", () => {
    expect(nextWindow({ ...fifteen, lastEnd: 900_000, latestEnd: 840_000 })).toEqual({
      window: undefined,
      aheadMilliseconds: 60_000,
    });
  });

  test("gets onto a new grid by leaving out less than one step", () => {
    expect(
      nextWindow({ gridMilliseconds: 10_000, intervalMilliseconds: 30_000, lastEnd: 15_000, latestEnd: 60_000 }),
    ).toEqual({
      window: { from: 20_000, to: 60_000 },
      droppedMilliseconds: 5_000,
    });
  });

  test("lies on the grid, overlaps nothing, ends at the newest end and is never longer than an hour", () => {
    const input = fc.record({
      gridMilliseconds: fc.integer({ min: 1, max: 120 }).map((seconds) => seconds * 1_000),
      intervalMilliseconds: fc.integer({ min: 1_000, max: 3_600_000 }),
      lastEnd: fc.option(fc.integer({ min: 0, max: 100_000_000 }), { nil: undefined }),
      latestStep: fc.integer({ min: 1, max: 3_000 }),
    });
    fc.assert(
      fc.property(input, ({ latestStep, ...rest }) => {
        const latestEnd = latestStep * rest.gridMilliseconds;
        const next = nextWindow({ ...rest, latestEnd });
        const sinceLast = latestEnd - (rest.lastEnd ?? Number.NEGATIVE_INFINITY);
        expect(next.window === undefined).toBe(sinceLast < rest.gridMilliseconds);
        if (next.window === undefined) return;
        const { from, to } = next.window;
        expect(to).toBe(latestEnd);
        expect(from).toBeLessThan(to);
        expect((to - from) % rest.gridMilliseconds).toBe(0);
        expect(to - from).toBeLessThanOrEqual(Math.max(LONGEST_WINDOW_MILLISECONDS, rest.gridMilliseconds));
        expect(next.droppedMilliseconds).toBe(from - (rest.lastEnd ?? from));
        expect(next.droppedMilliseconds).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

import { describe, expect, test } from "vitest";
import { scoreBoardOf } from "../judge/score-board.ts";
import type { CycleLedger, EnvironmentTrace } from "../run-environment.ts";
import { comparisonText } from "./comparison-text.ts";
import { curvesOf, sparkline } from "./curves.ts";
import { plotSvg } from "./plot.ts";
import { scoreBoardText } from "./score-board-text.ts";
import { terminalPlot } from "./terminal-plot.ts";

/** A run whose served share of the lift rises from 0 to 1; the base is 0.5, the oracle 0.7. */
function rising(environment: string, seed: number, reached: number): EnvironmentTrace {
  const cycles = Array.from({ length: 40 }, (_, cycle): CycleLedger => {
    const share = Math.min(1, cycle / reached);
    return {
      traffic: 10,
      served: 10 * (0.5 + 0.2 * share),
      base: 5,
      best: 7,
      uniform: 4,
      spread: 0.4,
      violating: 0.5,
      brokenMajorities: 0,
      changes: 0,
      falseChanges: 0,
      needlessReturns: 0,
      smallestBaselineShare: 0.05,
    };
  });
  return {
    environment,
    seed,
    contexts: 2,
    hasLimits: true,
    hasOutages: false,
    cycles,
    judged: [{ confidence: 0.97, isRight: true }],
  };
}

const TRACES = [rising("a<b", 1, 10), rising("a<b", 2, 20)];

describe("curves", () => {
  const curves = curvesOf(TRACES);

  test("hold the mean and the range of the seeds per call", () => {
    // the quick seed has the whole lift at cycle 10, the slow one half of it
    expect(curves.served[10]).toBeCloseTo((0.7 + 0.6) / 2, 9);
    expect(curves.low[10]).toBeCloseTo(0.6, 9);
    expect(curves.high.at(-1)).toBeCloseTo(0.7, 9);
    expect([curves.holdout[0], curves.oracle[0]]).toEqual([0.5, 0.7]);
  });

  test("become a line of bars, from nothing to all of the lift", () => {
    const bars = sparkline(curves, 8);
    expect(bars).toHaveLength(8);
    expect(bars[0]).toBe("▂");
    expect(bars.at(-1)).toBe("█");
  });

  test("have dots where nothing could be won", () => {
    expect(sparkline({ ...curves, oracle: curves.holdout }, 4)).toBe("····");
  });
});

test("the plot is an SVG of its own, with a panel for each environment and names that cannot break it", () => {
  const svg = plotSvg([curvesOf(TRACES), curvesOf([rising("c", 1, 5)])], "two & more");
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="1120" height="304"/);
  expect(svg.match(/<polyline/g)).toHaveLength(6);
  expect(svg).toContain("a&lt;b");
  expect(svg).toContain("two &amp; more");
  expect(svg).not.toMatch(/NaN|undefined|href/);
});

test("what happens in a run is marked: a band for what passes, a line for what stays, nothing for what lies beyond", () => {
  const events = [
    { name: "a < b is down", from: 10, to: 20 },
    { name: "it moves", from: 30 },
    { name: "later", from: 99 },
  ];
  const svg = plotSvg([curvesOf(TRACES, events)], "marked");
  expect(svg).toContain("a &lt; b is down");
  expect(svg).toContain("it moves");
  expect(svg).not.toContain("later");
  expect(svg.match(/<rect /g)).toHaveLength(2); // the paper and the band
});

test("in the terminal the lines stand on a scale, with what happens below", () => {
  const lines = terminalPlot(curvesOf(TRACES, [{ name: "down", from: 10, to: 20 }])).split("\n");
  expect(lines[1]).toMatch(/^ 0\.700 ┤[─●]+$/); // the oracle, until the served line lies on it
  expect(lines[1]?.length).toBe(8 + 40);
  expect(lines[12]).toMatch(/^ 0\.500 ┤●[·●]+$/);
  expect(lines[14]).toBe(`        0${"cycle 40".padStart(39)}`);
  expect(lines[15]).toBe(`${" ".repeat(18)}${"▔".repeat(10)} down`);
});

test("a flat run has a plot, too", () => {
  const flat = rising("flat", 1, 10).cycles.map((cycle) => ({ ...cycle, served: 5, best: 5 }));
  expect(plotSvg([curvesOf([{ ...rising("flat", 1, 10), cycles: flat }])], "flat")).not.toContain("NaN");
});

test("learners stand side by side on the targets, with what they reach", () => {
  const text = comparisonText([
    ["quick", scoreBoardOf([rising("a", 1, 5)])],
    ["slow", scoreBoardOf([rising("a", 1, 39)])],
  ]);
  const [header, regret] = text.split("\n");
  expect(header).toMatch(/^ +quick +slow$/);
  // a rise over n cycles misses (n + 1) / 2 of 40 cycles
  expect(regret).toMatch(/^regret, mean .* 0\.075 \+ +0\.500 -$/);
});

test("the score board says for people what it found", () => {
  const text = scoreBoardText(scoreBoardOf(TRACES), new Map([["a<b", "▁█"]]));
  const [header, row] = text.split("\n");
  expect(header).toMatch(/^environment {2}regret +last ¼/);
  // seed 1 misses 5.5 of 40 cycles, seed 2 10.5; ten cycles with 80 % are first those up to the 15th and the 22nd
  expect(row).toMatch(
    /^a<b +0\.200 ±0\.794 +0\.000 ±0\.000 +5\.0 ±0\.0 % +0\.00 ±0\.00 +0\.00 ±0\.00 +0\.0 ±0\.0 +18\.5 2\/2 +▁█$/,
  );
  expect(text).toMatch(/traffic that breaks a limit, worst +5\.0 % ±0\.0 % \(a<b\) +5\.0 % +3\.0 % +only must/);
  expect(text).toMatch(
    /^6 of 9 targets are good\. Only must: regret, mean .*; traffic .* worst\. MISSED: traffic .* limits\.$/m,
  );
  expect(text).toMatch(/0\.95 to 0\.98 +2 +0\.970 +2 +1\.000 \(0\.342 to 1\.000\)/);
  expect(text).toContain("In no row is the share below the confidence");
  const boastful = TRACES.map((trace) => ({
    ...trace,
    judged: Array.from({ length: 20 }, (_, index) => ({ confidence: 0.97, isRight: index % 2 === 0 })),
  }));
  // 20 of 40: between 0.35 and 0.65
  expect(scoreBoardText(scoreBoardOf(boastful), new Map())).toContain("TOO CONFIDENT from 0.95 to 0.98:");
});

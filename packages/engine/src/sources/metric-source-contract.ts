/**
 * `describeMetricSource`: what every metric source must keep. Real pages are served over HTTP and change at known instants; the
 * numbers that were counted are known to the last one.
 *
 * Times are slots: the n-th scrape since the script began, 15 s apart where a test says nothing else.
 */
import type { Measurements } from "@trimtab/learning";
import { afterEach, describe, expect, test } from "vitest";
import { testCounting } from "./counting-contract.ts";
import type { ScriptedHistogram } from "./scripted-page.ts";
import {
  INTERVAL,
  LONG_AGO,
  OPERATION,
  type Play,
  playScript,
  running,
  type ScriptedScrapes,
  type SourceUnderTest,
} from "./scripted-scrapes-contract.ts";

/** @param build A source that has read nothing yet. */
export function describeMetricSource(
  name: string,
  build: (scrapes: ScriptedScrapes) => Promise<SourceUnderTest>,
): void {
  describe(`${name} keeps the contract of metric sources`, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });
    const play: Play = (slots, pagesAt, interval) => playScript(build, closing, slots, pagesAt, interval);

    testCounting(play);

    test("an operation that nobody has tracked gives no data, not zero", async () => {
      const played = await play(
        10,
        running(() => []),
      );
      expect(await played.evidence(4, 8)).toMatchObject({ cells: { kind: "no-data" } });
    });

    test("a series that stands still gives zero, not no data", async () => {
      const duration = { buckets: [[0.5, 3]] as const, sum: 1, count: 4 };
      const played = await play(
        10,
        running(() => [{ success: 4, duration }]),
      );
      expect(await played.measured(4, 8)).toEqual({
        " base-a": {
          success: 0,
          failure: 0,
          partial: 0,
          duration: { bounds: [0.5], counts: [0, 0], sum: 0, count: 0 },
        },
      });
    });

    test("every measurement of a steady series is counted to the last call", async () => {
      const played = await play(
        41,
        running((slot) => [
          {
            context: { genre: "rock" },
            success: 1_000 + 8 * slot,
            failure: 2 * slot,
            partial: slot,
            duration: {
              buckets: [
                [0.25, 100 + 4 * slot],
                [0.5, 100 + 9 * slot],
                [1, 100 + 9 * slot],
              ],
              sum: 3.25 * slot,
              count: 100 + 11 * slot,
              squares: 1.5 * slot,
            },
            quality: { buckets: [[0.5, slot]], sum: 1.75 * slot, count: 3 * slot, squares: 1.25 * slot },
            cost: { usd: { sum: 0.125 * slot, squares: 0.0625 * slot }, tokens: { sum: 50 * slot } },
          },
        ]),
      );
      const expected: Measurements = {
        success: 80,
        failure: 20,
        partial: 10,
        duration: { bounds: [0.25, 0.5, 1], counts: [40, 50, 0, 20], sum: 32.5, count: 110, squares: 15 },
        quality: { bounds: [0.5], counts: [10, 20], sum: 17.5, count: 30, squares: 12.5 },
        cost: { tokens: { sum: 500 }, usd: { sum: 1.25, squares: 0.625 } },
      };
      expect(await played.measured(20, 30)).toEqual({ "genre=rock base-a": expected });
    });

    test("a challenger that a process stopped by itself is told with its calls, once", async () => {
      const played = await play(
        20,
        running((slot) => [
          { success: 9 * slot },
          { variant: "v-b", failure: Math.min(slot, 10), ...(slot < 10 ? {} : { stops: 1 }) },
        ]),
      );
      expect(await played.measured(4, 8)).toMatchObject({ " v-b": { success: 0, failure: 4, partial: 0 } });
      expect(await played.measured(8, 12)).toEqual({
        " base-a": { success: 36, failure: 0, partial: 0 },
        " v-b": { success: 0, failure: 2, partial: 0, stops: 1 },
      });
      expect(await played.measured(12, 16)).toMatchObject({ " v-b": { success: 0, failure: 0, partial: 0 } });
      expect((await played.measured(12, 16))[" v-b"]).not.toHaveProperty("stops");
    });

    test("a counter that is no number spoils its own cell and no other", async () => {
      const played = await play(
        20,
        running((slot) => [
          { context: { genre: "rock" }, success: 5 * slot },
          { context: { genre: "jazz" }, success: slot < 9 ? slot : Number.NaN },
        ]),
      );
      const { cells } = await played.evidence(8, 16);
      expect(cells).toMatchObject({
        kind: "value",
        value: [
          { context: { genre: "jazz" }, reading: { kind: "not-a-number" } },
          { context: { genre: "rock" }, reading: { kind: "value", value: { success: 40 } } },
        ],
      });
    });

    test("a target that is down gives no data once nothing of it lies in the window", async () => {
      const played = await play(20, (slot, script) => [
        slot >= 6 ? undefined : { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 3 * slot }] },
      ]);
      expect(await played.calls(4, 8)).toEqual({ " base-a": [3, 0, 0] });
      expect(await played.evidence(8, 12)).toMatchObject({ cells: { kind: "no-data" } });
    });

    test("the cells of several instances are summed, whatever each of them has", async () => {
      const played = await play(20, (slot, script) =>
        [1, 10, 100].map((rate) => ({
          processStart: script.seconds(0) - LONG_AGO - rate,
          cells: [{ success: rate * slot }, ...(rate === 10 ? [{ variant: "v-b", failure: slot }] : [])],
        })),
      );
      expect(await played.calls(8, 12)).toEqual({ " base-a": [444, 0, 0], " v-b": [0, 4, 0] });
    });

    test("a declared key that a call lacks is absent from its context, and undeclared keys are summed away", async () => {
      const played = await play(
        12,
        running((slot) => [
          { context: { genre: "rock", mood: "calm", host: "a" }, success: slot },
          { context: { genre: "rock", mood: "calm", host: "b" }, success: slot },
          { context: { genre: "rock" }, success: 10 * slot },
          { success: 100 * slot },
        ]),
      );
      expect(await played.calls(4, 8, ["genre", "mood"])).toEqual({
        " base-a": [400, 0, 0],
        "genre=rock base-a": [40, 0, 0],
        "genre=rock,mood=calm base-a": [8, 0, 0],
      });
      expect(await played.calls(4, 8, [])).toEqual({ " base-a": [448, 0, 0] });
    });

    test.each(['say "hi"', "C:\\temp\\new", "two\nlines", "жанр 🎸", "{a=b},#", "'single' `back`", " blanks "])(
      "a context value may be %j",
      async (genre) => {
        const played = await play(
          12,
          running((slot) => [{ context: { genre }, success: slot }]),
        );
        const { cells } = await played.evidence(4, 8);
        expect(cells).toMatchObject({
          kind: "value",
          value: [{ context: { genre }, reading: { value: { success: 4 } } }],
        });
      },
    );

    test("histograms whose bounds change in the window are refused, not mixed", async () => {
      const duration = (bound: number, count: number): ScriptedHistogram => ({
        buckets: [[bound, count]],
        sum: count,
        count,
      });
      const played = await play(24, (slot, script) => [
        { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 4 * slot, duration: duration(1, 4 * slot) }] },
        // A second process with other buckets, as in a deployment that goes on.
        slot < 10
          ? undefined
          : {
              processStart: script.seconds(9.5),
              cells: [{ success: 9 * (slot - 9), duration: duration(2, 9 * (slot - 9)) }],
            },
      ]);
      expect(await played.evidence(11, 19)).toMatchObject({
        cells: { kind: "value", value: [{ reading: { kind: "several-series" } }] },
      });
    });

    test("a service that collects sums and counts only has a histogram of one bucket", async () => {
      const played = await play(
        12,
        running((slot) => [{ success: slot, duration: { buckets: [], sum: slot / 2, count: slot } }]),
      );
      expect(await played.measured(4, 8)).toEqual({
        " base-a": { success: 4, failure: 0, partial: 0, duration: { bounds: [], counts: [4], sum: 2, count: 4 } },
      });
    });

    test("a window whose end nobody has read yet is stale", async () => {
      const played = await play(
        12,
        running((slot) => [{ success: slot }]),
      );
      const { cells } = await played.evidence(8, 15);
      expect(cells.kind).toBe("stale");
    });

    test("windows end on the grid, two scrapes back", async () => {
      const { source } = await play(
        2,
        running(() => []),
      );
      expect(source.latestWindowEnd(1_000_000_000)).toBe(999_960_000);
      expect(source.latestWindowEnd(999_990_000)).toBe(999_960_000);
      expect(source.latestWindowEnd(999_989_999)).toBe(999_945_000);
      expect(source.scrapeIntervalMilliseconds()).toBe(INTERVAL);
    });

    test("the questions can be asked again, each with its own instants in it", async () => {
      const played = await play(
        12,
        running((slot) => [{ success: slot }]),
      );
      const { queries } = await played.evidence(4, 8);
      expect(queries.map(({ question }) => question)).toEqual(
        expect.arrayContaining(["calls", "duration-buckets", "duration", "quality", "cost"]),
      );
      expect(queries.filter(({ promql }) => !promql.includes(`@ ${played.script.seconds(8)}`))).toEqual([]);
    });

    test("operations are discovered with what they have", async () => {
      const played = await play(
        12,
        running((slot) => [
          {
            context: { genre: "rock" },
            success: slot,
            quality: { buckets: [[1, slot]], sum: slot, count: slot },
            cost: { usd: { sum: slot } },
          },
          { context: { genre: "jazz", mood: "calm" }, variant: "v-b", failure: 2 * slot },
        ]),
      );
      const discovered = await played.source.discoverOperations(played.time(10), 4 * INTERVAL);
      const ours =
        discovered.kind === "value"
          ? discovered.value.filter((found) => found.component === played.script.component)
          : [];
      expect(ours).toEqual([
        {
          component: played.script.component,
          operation: OPERATION,
          context: { genre: ["jazz", "rock"], mood: ["calm"] },
          variants: ["base-a", "v-b"],
          calls: 12,
          hasQuality: true,
          costUnits: ["usd"],
        },
      ]);
    });
  });
}

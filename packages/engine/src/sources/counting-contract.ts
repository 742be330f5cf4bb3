/** The part of the contract of metric sources that is about counting: births, restarts, gaps, and what vanishes. */
import { expect, test } from "vitest";
import { pageText, type ScriptedPage } from "./scripted-page.ts";
import { LONG_AGO, OPERATION, type Play, running } from "./scripted-scrapes-contract.ts";

/** @param play Lets the source under test see a script. */
export function testCounting(play: Play): void {
  test("windows tile: what is counted in each of them sums to what is counted in all", async () => {
    // Calls in bursts, a variant that is born at slot 9 and a pause from 15 to 18.
    const calls = (slot: number): number => 5 * Math.floor(slot / 3) + Math.min(slot, 15);
    const played = await play(
      33,
      running((slot) => [{ success: calls(slot) }, ...(slot < 9 ? [] : [{ variant: "v-b", failure: slot }])]),
    );
    const sums = new Map<string, number>();
    for (let from = 4; from < 32; from += 4) {
      for (const [key, counted] of Object.entries(await played.calls(from, from + 4))) {
        sums.set(key, (sums.get(key) ?? 0) + counted.reduce((sum, value) => sum + value, 0));
      }
    }
    expect(Object.fromEntries(sums)).toEqual({ " base-a": calls(32) - calls(4), " v-b": 32 });
    expect(await played.calls(4, 32)).toEqual({ " base-a": [calls(32) - calls(4), 0, 0], " v-b": [0, 32, 0] });
  });

  test("a context that is born in a living process counts from its first call", async () => {
    const played = await play(
      20,
      running((slot) => [
        { context: { genre: "rock" }, success: 100 * slot },
        ...(slot < 10 ? [] : [{ context: { genre: "jazz" }, success: 6, failure: 1 }]),
      ]),
    );
    expect(await played.calls(8, 12)).toEqual({ "genre=jazz base-a": [6, 1, 0], "genre=rock base-a": [400, 0, 0] });
    expect(await played.calls(12, 16)).toEqual({ "genre=jazz base-a": [0, 0, 0], "genre=rock base-a": [400, 0, 0] });
  });

  test("a new process counts from its first call, beside the ones that are there", async () => {
    const played = await play(20, (slot, script) => [
      { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 1_000_000 + slot }] },
      slot < 10 ? undefined : { processStart: script.seconds(9.5), cells: [{ success: 25 + (slot - 10) }] },
    ]);
    expect(await played.calls(8, 12)).toEqual({ " base-a": [4 + 27, 0, 0] });
  });

  test("an old process that is met for the first time counts from then on", async () => {
    const played = await play(20, (slot, script) => [
      { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: slot }] },
      slot < 10
        ? undefined
        : { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 1_000_000 + 3 * slot }] },
    ]);
    expect(await played.calls(8, 12)).toEqual({ " base-a": [4 + 6, 0, 0] });
    expect(await played.calls(12, 16)).toEqual({ " base-a": [4 + 12, 0, 0] });
  });

  test("the first pages that a source reads at all give what was counted since", async () => {
    const played = await play(
      12,
      running((slot) => [{ success: 1_000_000 + 5 * slot }]),
    );
    expect(await played.calls(-1, 4)).toEqual({ " base-a": [20, 0, 0] });
  });

  test("a restart under the same labels counts what came before it and all that came after", async () => {
    // 1000 + 10 a slot up to slot 11; then anew from 0 with 2 a slot, which is lower for the rest of the script.
    const played = await play(24, (slot, script) => [
      slot < 12
        ? { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 1_000 + 10 * slot }] }
        : { processStart: script.seconds(11.5), cells: [{ success: 2 * (slot - 11) }] },
    ]);
    expect(await played.calls(8, 16)).toEqual({ " base-a": [30 + 10, 0, 0] });
    expect(await played.calls(16, 20)).toEqual({ " base-a": [8, 0, 0] });
  });

  test("a restart is seen also when the counter has grown past its old value inside the window", async () => {
    const played = await play(40, (slot, script) => [
      slot < 8
        ? { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 40 + slot }] }
        : { processStart: script.seconds(7.5), cells: [{ success: 7 * (slot - 7) }] },
    ]);
    // 46 and 47 before it, then 7, 14, … to 7 × 29: the last value is far above the first.
    expect(await played.calls(5, 36)).toEqual({ " base-a": [2 + 203, 0, 0] });
  });

  test("a restart is seen also when the counter has grown past its old value between two pages", async () => {
    const played = await play(20, (slot, script) => [
      slot < 10
        ? { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 5 }] }
        : { processStart: script.seconds(9.5), cells: [{ success: 8 + (slot - 10) }] },
    ]);
    expect(await played.calls(8, 12)).toEqual({ " base-a": [10, 0, 0] });
  });

  test("series that did not come back after a restart keep what they had", async () => {
    const played = await play(20, (slot, script) => [
      slot < 10
        ? {
            processStart: script.seconds(0) - LONG_AGO,
            cells: [{ success: 900 }, { variant: "v-b", success: 500 + slot }],
          }
        : { processStart: script.seconds(9.5), cells: [{ success: 3 }] },
    ]);
    expect(await played.calls(6, 12)).toEqual({ " base-a": [3, 0, 0], " v-b": [3, 0, 0] });
  });

  test("pages that could not be read leave a gap, and the next page bridges it", async () => {
    // Down for the slots 10 to 14: 75 s, within the look-back of five minutes.
    const played = await play(24, (slot, script) => [
      slot >= 10 && slot <= 14
        ? undefined
        : { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 500 + 4 * slot }] },
    ]);
    expect(await played.calls(8, 18)).toEqual({ " base-a": [40, 0, 0] });
    expect(await played.calls(8, 12)).toEqual({ " base-a": [4, 0, 0] });
    expect(await played.calls(12, 16)).toEqual({ " base-a": [28, 0, 0] }); // what slots 10 to 12 missed is found at 15
  });

  test("a gap that is longer than the look-back is not taken for a birth", async () => {
    // Down for the slots 10 to 39: 7.5 minutes.
    const played = await play(48, (slot, script) => [
      slot >= 10 && slot < 40
        ? undefined
        : { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 100_000 + 2 * slot }] },
    ]);
    expect(await played.calls(8, 44)).toEqual({ " base-a": [72, 0, 0] });
    expect(await played.evidence(20, 30)).toMatchObject({ cells: { kind: "no-data" } });
    // A window that begins in the gap: whose calls were those before slot 40? A source may count them here or not at all.
    const [counted = 0] = (await played.calls(32, 44))[" base-a"] ?? [];
    expect(counted).toBeGreaterThanOrEqual(2 * 4);
    expect(counted).toBeLessThanOrEqual(2 * 35);
  });

  test("a variant whose series vanish keeps what it had, and then has no cell", async () => {
    const played = await play(
      24,
      running((slot) => [{ success: slot }, ...(slot < 10 ? [{ variant: "v-b", success: 700 + 6 * slot }] : [])]),
    );
    expect(await played.calls(7, 11)).toEqual({ " base-a": [4, 0, 0], " v-b": [12, 0, 0] });
    expect(await played.calls(11, 15)).toEqual({ " base-a": [4, 0, 0] });
  });

  test("a page with the same series twice counts nothing twice", async () => {
    const twice = (page: string): string =>
      page + page.split("\n").find((line) => line.includes('outcome="success"')) + "\n";
    const played = await play(20, (slot, script) => {
      const page: ScriptedPage = { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 9 * slot }] };
      return [slot === 10 ? twice(pageText(script.component, OPERATION, page)) : page];
    });
    expect(await played.calls(8, 12)).toEqual({ " base-a": [36, 0, 0] });
  });

  test("a day of a page each minute is counted to the last call, through a restart", async () => {
    const played = await play(
      1_500,
      (slot, script) => [
        slot < 700
          ? { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 5_000 + 3 * slot }] }
          : { processStart: script.seconds(699.5), cells: [{ success: 4 * (slot - 699) }] },
      ],
      60_000,
    );
    expect(await played.calls(20, 1_460)).toEqual({ " base-a": [3 * (699 - 20) + 4 * (1_460 - 699), 0, 0] });
  }, 60_000);
}

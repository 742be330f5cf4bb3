/** What every store of reported operations must keep: each counted once, in one window, whatever is sent again and when. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OutcomeArrival, OutcomeStore, ReportedOutcome } from "./outcome-store.ts";

/** A store, and how it is opened again and removed. */
export interface OutcomeStoreUnderTest {
  readonly outcomes: OutcomeStore;
  /** Closes the store and opens what it has kept. Absent where nothing outlives the process. */
  reopen?(): Promise<OutcomeStore>;
  remove(): Promise<void>;
}

const GRID = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** On the hour, so that spans of minutes and hours begin here. */
const START = Date.UTC(2026, 10, 20, 10);
const key = { component: "batch", operation: "translate" };

/** A success of `batch/translate`; the second is when it ended, counted from the start. */
function outcome(id: string, second: number, changes: Partial<ReportedOutcome["cell"]> = {}): ReportedOutcome {
  return {
    id,
    digest: `digest of ${id}`,
    endedAt: START + second * 1_000,
    cell: { ...key, variant: "v-aaaaaaaaaa", context: { language: "de" }, bounds: {}, ...changes },
    increments: { "calls.success": 1, "cost.usd": 0.25 },
  };
}

/** Of another operation: it shows how late it is, and is in no sum. */
function newerElsewhere(second: number): ReportedOutcome {
  return outcome(`newer ${second}`, second, { operation: "other" });
}

function arrival(second: number, changes: Partial<OutcomeArrival> = {}): OutcomeArrival {
  const now = START + second * 1_000;
  return {
    now,
    oldest: now - HOUR,
    gridMilliseconds: GRID,
    latestWindowEnd: (Math.floor(now / GRID) - 2) * GRID,
    ...changes,
  };
}

/** Runs the suite against stores that `open` makes, each of them empty and with room for so many cells. */
export function describeOutcomeStore(
  name: string,
  open: (maximumCells: number) => Promise<OutcomeStoreUnderTest>,
): void {
  describe(`${name} keeps the contract of outcomes`, { timeout: 60_000 }, () => {
    let opened: OutcomeStoreUnderTest;
    let outcomes: OutcomeStore;
    beforeEach(async () => {
      opened = await open(4);
      outcomes = opened.outcomes;
    });
    afterEach(() => opened.remove());

    const restart = async (): Promise<void> => {
      if (opened.reopen !== undefined) outcomes = await opened.reopen();
    };
    const calls = async (from: number, to: number): Promise<number> => {
      const sums = await outcomes.sumOutcomes(key, START + from * 1_000, START + to * 1_000);
      return sums.reduce((sum, { increments }) => sum + (increments["calls.success"] ?? 0), 0);
    };

    test("what was reported is summed by cell, and survives", async () => {
      const english = { context: { language: "en" } };
      await outcomes.addOutcomes([outcome("a", 10), outcome("b", 10.5), outcome("c", 10, english)], arrival(11));
      await outcomes.addOutcomes([outcome("d", 10.7)], arrival(11));
      await restart();
      const sums = await outcomes.sumOutcomes(key, START, START + 12_000);
      const byLanguage = Object.fromEntries(sums.map(({ cell, increments }) => [cell.context["language"], increments]));
      expect(byLanguage).toEqual({
        de: { "calls.success": 3, "cost.usd": 0.75 },
        en: { "calls.success": 1, "cost.usd": 0.25 },
      });
      expect(await outcomes.listReported()).toEqual([{ ...key, reportedAt: START + 11_000 }]);
    });

    test("a slot holds what ended after the slot before it", async () => {
      await outcomes.addOutcomes([outcome("a", 10), outcome("b", 10.001), outcome("c", 11)], arrival(11));
      expect(await calls(9, 10)).toBe(1);
      expect(await calls(10, 11)).toBe(2);
    });

    test("a key counts once, also twice in one batch and after a restart; with other content it is refused", async () => {
      expect(await outcomes.addOutcomes([outcome("a", 10), outcome("a", 10)], arrival(11))).toEqual(["added", "known"]);
      await restart();
      expect(
        await outcomes.addOutcomes([outcome("a", 10), { ...outcome("a", 10), digest: "other" }], arrival(12)),
      ).toEqual(["known", "different"]);
      expect(await calls(0, 20)).toBe(1);
    });

    test("the same key of another operation is another key", async () => {
      await outcomes.addOutcomes([outcome("a", 10)], arrival(11));
      expect(await outcomes.addOutcomes([outcome("a", 10, { operation: "summarize" })], arrival(11))).toEqual([
        "added",
      ]);
      expect(await calls(0, 20)).toBe(1);
    });

    test("what was read stays as it was read; what is late counts in the first window that is open", async () => {
      await outcomes.addOutcomes([outcome("a", 10)], arrival(11));
      await outcomes.closeWindows(key, START + 12_000);
      await restart();
      expect(await outcomes.addOutcomes([outcome("late", 10), outcome("in time", 14)], arrival(14))).toEqual([
        "added",
        "added",
      ]);
      expect(await calls(9, 12)).toBe(1);
      expect(await calls(12, 13)).toBe(1);
      expect(await calls(13, 14)).toBe(1);
    });

    test("closing less than is closed opens nothing", async () => {
      await outcomes.closeWindows(key, START + 12_000);
      await outcomes.closeWindows(key, START + 5_000);
      await outcomes.addOutcomes([outcome("a", 6)], arrival(14));
      expect(await calls(0, 12)).toBe(0);
      expect(await calls(12, 13)).toBe(1);
    });

    test("an operation that was never reported begins after the newest complete window", async () => {
      await outcomes.addOutcomes([outcome("a", 1)], arrival(20));
      expect(await calls(0, 18)).toBe(0);
      expect(await calls(18, 19)).toBe(1);
    });

    test("what ended in a time to come counts now", async () => {
      await outcomes.addOutcomes([outcome("a", 100)], arrival(11));
      expect(await calls(10, 11)).toBe(1);
    });

    test("what ended too long ago is refused, but known where it was counted", async () => {
      await outcomes.addOutcomes([outcome("a", 10)], arrival(11));
      const later = arrival(11 + 3_600 + 1);
      expect(await outcomes.addOutcomes([outcome("a", 10), outcome("b", 10)], later)).toEqual(["known", "too-late"]);
      expect(await calls(0, 5_000)).toBe(1);
    });

    test("a key that is forgotten cannot be used to count again, whatever may be late from then on", async () => {
      await outcomes.addOutcomes([outcome("a", 10), outcome("b", 20)], arrival(20));
      await outcomes.addOutcomes([newerElsewhere(31)], arrival(31));
      await outcomes.compactOutcomes(START + 30_000, START + 15_000);
      await outcomes.compactOutcomes(START + 31_000, START + 5_000); // a mark does not go back
      await restart();
      const generous = arrival(40, { oldest: 0 });
      expect(await outcomes.addOutcomes([outcome("a", 10), outcome("b", 20), outcome("c", 15)], generous)).toEqual([
        "too-late",
        "known",
        "too-late",
      ]);
      expect(await calls(0, 50)).toBe(2);
    });

    test("a clock that is far ahead forgets and drops nothing: only something newer that was reported makes older", async () => {
      await outcomes.addOutcomes([outcome("a", 10)], arrival(20));
      await outcomes.compactOutcomes(START + 400 * DAY, START + 399 * DAY);
      expect(await outcomes.addOutcomes([outcome("a", 10), outcome("b", 11)], arrival(21))).toEqual(["known", "added"]);
      expect(await calls(0, 50)).toBe(2);
    });

    test("more contexts than there is room for are refused one by one; the others are counted", async () => {
      const items = ["de", "en", "fr", "it", "es", "de"].map((language, index) =>
        outcome(`item ${index}`, 10, { context: { language } }),
      );
      expect(await outcomes.addOutcomes(items, arrival(11))).toEqual([
        "added",
        "added",
        "added",
        "added",
        "too-many-contexts",
        "added",
      ]);
      expect(await calls(0, 20)).toBe(5);
      // The refused one was not counted, so its key is free for when there is room.
      expect(await outcomes.addOutcomes([items[4] as ReportedOutcome], arrival(12))).toEqual(["too-many-contexts"]);
    });

    test("old slots become minutes and hours, and go after 32 days, while every sum over them stays", async () => {
      for (let minute = 0; minute < 120; minute++)
        await outcomes.addOutcomes(
          [outcome(`a${minute}`, minute * 60 + 7), outcome(`b${minute}`, minute * 60 + 8)],
          arrival(minute * 60 + 8),
        );
      await outcomes.closeWindows(key, START + 2 * HOUR);
      const age = async (milliseconds: number): Promise<void> => {
        await outcomes.addOutcomes([newerElsewhere(milliseconds / 1_000)], arrival(milliseconds / 1_000));
        await outcomes.compactOutcomes(START + milliseconds, START);
        await restart();
      };
      await age(4 * HOUR + 1);
      expect(await calls(0, 7_200)).toBe(240);
      expect(await calls(60, 120)).toBe(2);
      expect(await calls(60, 119)).toBe(0); // it stands at the end of its minute now
      await age(3 * DAY);
      expect(await calls(0, 3_600)).toBe(120);
      expect(await calls(0, 3_599)).toBe(0);
      expect(await calls(3_600, 7_200)).toBe(120);
      await age(33 * DAY);
      expect(await outcomes.sumOutcomes(key, 0, Number.MAX_SAFE_INTEGER)).toEqual([]);
      // Its cell made room.
      const items = ["w", "x", "y", "z"].map((language, index) =>
        outcome(`new ${index}`, 33 * 86_400, { context: { language } }),
      );
      expect(await outcomes.addOutcomes(items, arrival(33 * 86_400 + 1))).toEqual(["added", "added", "added", "added"]);
    });

    test("what was read is never folded into a window that is still to be read", async () => {
      await outcomes.addOutcomes([outcome("a", 10), outcome("b", 50)], arrival(50, { latestWindowEnd: START }));
      await outcomes.closeWindows(key, START + 30_000); // and then nobody reads for hours
      await outcomes.addOutcomes([newerElsewhere(5 * 3_600)], arrival(5 * 3_600));
      await outcomes.compactOutcomes(START + 5 * HOUR, START);
      expect(await calls(0, 30)).toBe(1);
      expect(await calls(30, 60)).toBe(1);
    });

    test("in whatever order and grouping reports arrive, and however often, each window has the same calls", async () => {
      const items = Array.from({ length: 12 }, (_, index) => outcome(`item ${index}`, 10 + (index % 4)));
      const sums: string[] = [];
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(items, { minLength: items.length }),
          fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 6 }),
          fc.integer({ min: 1, max: 12 }),
          async (shuffled, again, size) => {
            const fresh = await open(4);
            const sent = [...shuffled, ...again.map((index) => items[index] as ReportedOutcome)];
            for (let start = 0; start < sent.length; start += size)
              await fresh.outcomes.addOutcomes(
                sent.slice(start, start + size),
                arrival(14, { latestWindowEnd: START }),
              );
            const counted = await Promise.all(
              [10, 11, 12, 13].map((second) =>
                fresh.outcomes.sumOutcomes(key, START + (second - 1) * 1_000, START + second * 1_000),
              ),
            );
            await fresh.remove();
            sums.push(JSON.stringify(counted));
          },
        ),
        { numRuns: 10 },
      );
      expect([...new Set(sums)]).toHaveLength(1);
      expect(sums[0]).toContain('"calls.success":3');
    });

    test("reports and readings at the same time: each outcome is in one window, and a window that was read does not change", async () => {
      await outcomes.addOutcomes([outcome("first", 1)], arrival(1, { latestWindowEnd: START }));
      const read = new Map<number, number>();
      const reporting = Array.from({ length: 40 }, (_, batch) =>
        outcomes.addOutcomes(
          // Few slots, so that many batches add to the same one.
          Array.from({ length: 5 }, (_item, index) => outcome(`${batch}-${index}`, 1 + (batch % 4) * 3)),
          arrival(20, { latestWindowEnd: START }),
        ),
      );
      const reading = Array.from({ length: 6 }, async (_, place) => {
        await outcomes.closeWindows(key, START + (place + 1) * 2_000);
        read.set(place, await calls(place * 2, (place + 1) * 2));
      });
      const additions = (await Promise.all(reporting)).flat();
      await Promise.all(reading);
      expect(additions.filter((addition) => addition === "added")).toHaveLength(200);
      for (const [place, counted] of read)
        expect([place, await calls(place * 2, (place + 1) * 2)]).toEqual([place, counted]);
      expect(await calls(0, 1_000)).toBe(201);
    });
  });
}

/**
 * `describeMetricSource`: what every metric source must keep. Real pages are served over HTTP and change at known instants; the
 * numbers that were counted are known to the last one.
 *
 * Times are slots: the n-th scrape since the script began, 15 s apart where a test says nothing else.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { contextId } from "@trimtab/conventions";
import type { Evidence, Measurements } from "@trimtab/learning";
import { afterEach, describe, expect, test } from "vitest";
import type { MetricSource } from "./metric-source.ts";
import { pageText, type ScriptedCell, type ScriptedHistogram, type ScriptedPage } from "./scripted-page.ts";

/** A source and the way to let it see the pages. */
export interface SourceUnderTest {
  readonly source: MetricSource;
  /** The pages are as they are at this instant (milliseconds since 1970): read them now. */
  scrape(instant: number): Promise<void>;
  /** No scrape follows; what was read must be visible when this resolves. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** What a source is built for. */
export interface ScriptedScrapes {
  /** Addresses of the pages. */
  readonly targets: readonly string[];
  readonly intervalMilliseconds: number;
  /** Milliseconds since 1970: nothing was read before. The last slot is in the past. */
  readonly startsAt: number;
}

/** Where the slots of a script lie. */
interface Script {
  readonly component: string;
  readonly interval: number;
  /** Seconds since 1970 of an instant, in slots. */
  seconds(slot: number): number;
}

/** The page of each target at a slot; undefined while the target is down; a text for a page that is not sound. */
type PagesAt = (slot: number, script: Script) => readonly (ScriptedPage | string | undefined)[];

const INTERVAL = 15_000;
const OPERATION = "price";
/** Seconds before the first slot: a process that ran long before anybody looked. */
const LONG_AGO = 86_400;

let scripts = 0;

export function describeMetricSource(
  name: string,
  build: (scrapes: ScriptedScrapes) => Promise<SourceUnderTest>,
): void {
  describe(`${name} keeps the contract of metric sources`, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });

    /** Lets the source see the pages of the slots 0 to `slots - 1`. */
    async function play(slots: number, pagesAt: PagesAt, { interval = INTERVAL } = {}): Promise<Played> {
      const startsAt = Math.floor((Date.now() - (slots + 4) * interval) / interval) * interval;
      const script: Script = {
        component: `shop-${process.pid}-${++scripts}`,
        interval,
        seconds: (slot) => (startsAt + slot * interval) / 1000,
      };
      let slot = 0;
      const text = (index: number): string | undefined => {
        const page = pagesAt(slot, script)[index];
        return typeof page === "object" ? pageText(script.component, OPERATION, page) : page;
      };
      const servers = await Promise.all(pagesAt(0, script).map((_, index) => servePage(() => text(index))));
      for (const { close } of servers) closing.push(close);
      const targets = servers.map(({ address }) => address);
      const underTest = await build({ targets, intervalMilliseconds: interval, startsAt });
      closing.push(() => underTest.close());
      for (; slot < slots; slot++) await underTest.scrape(startsAt + slot * interval);
      slot = slots - 1;
      await underTest.settle();
      return new Played(underTest.source, script, startsAt);
    }

    const running = (cells: (slot: number) => readonly ScriptedCell[]): PagesAt => {
      return (slot, script) => [{ processStart: script.seconds(0) - LONG_AGO, cells: cells(slot) }];
    };

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

    test("a day of a page each minute is counted to the last call, through a restart", async () => {
      const played = await play(
        1_500,
        (slot, script) => [
          slot < 700
            ? { processStart: script.seconds(0) - LONG_AGO, cells: [{ success: 5_000 + 3 * slot }] }
            : { processStart: script.seconds(699.5), cells: [{ success: 4 * (slot - 699) }] },
        ],
        { interval: 60_000 },
      );
      expect(await played.calls(20, 1_460)).toEqual({ " base-a": [3 * (699 - 20) + 4 * (1_460 - 699), 0, 0] });
    }, 60_000);

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

/** A script that a source has seen. */
class Played {
  readonly source: MetricSource;
  readonly script: Script;
  readonly #startsAt: number;

  constructor(source: MetricSource, script: Script, startsAt: number) {
    this.source = source;
    this.script = script;
    this.#startsAt = startsAt;
  }

  /** Milliseconds since 1970. */
  time(slot: number): number {
    return this.#startsAt + slot * this.script.interval;
  }

  evidence(from: number, to: number, context: readonly string[] = ["genre"]): Promise<Evidence> {
    const window = { from: this.time(from), to: this.time(to) };
    return this.source.readEvidence({ component: this.script.component, operation: OPERATION, context, window });
  }

  /** Measurements by context and variant; an error where any cell has none. */
  async measured(from: number, to: number, context?: readonly string[]): Promise<Record<string, Measurements>> {
    const { cells } = await this.evidence(from, to, context);
    if (cells.kind !== "value") throw new Error(`the evidence is ${cells.kind}: ${cells.detail}`);
    return Object.fromEntries(
      cells.value.map(({ context: of, variant, reading }) => {
        if (reading.kind !== "value")
          throw new Error(`${contextId(of)} ${variant} is ${reading.kind}: ${reading.detail}`);
        return [`${contextId(of)} ${variant}`, reading.value];
      }),
    );
  }

  /** Success, failure and partial by context and variant. */
  async calls(
    from: number,
    to: number,
    context?: readonly string[],
  ): Promise<Record<string, [number, number, number]>> {
    const measured = await this.measured(from, to, context);
    return Object.fromEntries(
      Object.entries(measured).map(([key, { success, failure, partial }]) => [key, [success, failure, partial]]),
    );
  }
}

async function servePage(text: () => string | undefined): Promise<{ address: string; close: () => Promise<void> }> {
  const server: Server = createServer((_request, response) => {
    const page = text();
    response.statusCode = page === undefined ? 503 : 200;
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(page ?? "the service is starting");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

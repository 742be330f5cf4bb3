import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Sample, sumOf, valuesOfLabel } from "../exposition.test.support.ts";
import { count, ended, MINUTE, publish, type Watched, watched } from "./cells.test.support.ts";

const CALLS = "trimtab_operation_calls_total";

const callsOf = (samples: readonly Sample[], variant: string): number | undefined =>
  sumOf(samples, CALLS, { variant, outcome: "success" });

describe("a variant that the document dropped", () => {
  test("is shown for ten minutes after its last call, then goes", () => {
    const service = watched();
    publish(service, "op", ["base-a", "v-a"]);
    count(service, "op", "v-a");
    publish(service, "op", ["base-a"]);
    service.clock.milliseconds = 5 * MINUTE;
    count(service, "op", "v-a"); // it was under way
    expect(callsOf(service.scrape(), "v-a")).toBe(2);
    service.clock.milliseconds = 14.9 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBe(2);
    service.clock.milliseconds = 15 * MINUTE;
    const samples = service.scrape();
    expect(callsOf(samples, "v-a")).toBeUndefined();
    expect(samples.some(({ labels }) => labels["variant"] === "v-a")).toBe(false);
    expect(callsOf(samples, "base-a")).toBe(0);
  });

  test("stays as long as the document names it, without any call", () => {
    const service = watched();
    publish(service, "op", ["base-a", "v-a"]);
    count(service, "op", "base-a");
    service.clock.milliseconds = 30 * 24 * 60 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBe(0);
  });

  test("stays for feedback that comes late, ten minutes from there", () => {
    const service = watched();
    count(service, "op", "v-a");
    service.scrape();
    service.clock.milliseconds = 9 * MINUTE;
    const operation = service.shared.operation("op");
    service.shared.metrics.recordLateQuality(operation, operation.contexts.find({}).labels, "v-a", 0.5);
    service.scrape();
    service.clock.milliseconds = 18 * MINUTE;
    expect(sumOf(service.scrape(), "trimtab_operation_quality_ratio_count", { variant: "v-a" })).toBe(1);
    service.clock.milliseconds = 19 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBeUndefined();
  });

  test("is on two pages however rarely there is one", () => {
    const service = watched();
    count(service, "op", "v-a");
    service.clock.milliseconds = 60 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBe(1);
    service.clock.milliseconds = 120 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBe(1);
    service.clock.milliseconds = 180 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBeUndefined();
  });

  test("that comes back soon is shown as zero first, with all the series that it had, and then as what it was called since", () => {
    const service = watched();
    count(service, "op", "v-a", { quality: 0.5, errorType: "late", costs: new Map([["usd", 2]]) });
    service.scrape();
    service.scrape();
    service.clock.milliseconds = 10 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBeUndefined();
    for (let each = 0; each < 3; each++) count(service, "op", "v-a", { quality: 0.5 });
    for (const at of [10.25, 10.5, 10.75]) {
      service.clock.milliseconds = at * MINUTE;
      const samples = service.scrape().filter(({ labels }) => labels["variant"] === "v-a");
      expect(samples.length).toBeGreaterThan(70);
      expect(samples.every(({ value }) => value === 0)).toBe(true);
    }
    service.clock.milliseconds = 11 * MINUTE;
    expect(callsOf(service.scrape(), "v-a")).toBe(3);
    expect(sumOf(service.scrape(), "trimtab_operation_quality_ratio_count", { variant: "v-a" })).toBe(3);
    expect(sumOf(service.scrape(), "trimtab_operation_cost_total", { variant: "v-a" })).toBe(0);
  });

  test("that comes back after an hour is a new one", () => {
    const service = watched();
    count(service, "op", "v-a");
    for (const at of [0, 1, 11, 72]) {
      service.clock.milliseconds = at * MINUTE;
      service.scrape();
    }
    count(service, "op", "v-a");
    expect(callsOf(service.scrape(), "v-a")).toBe(1);
  });
});

describe("whoever reads the page by the rules of the controller's ledger", { timeout: 60_000 }, () => {
  /** As the controller counts one series: what is missing for longer than the look-back is new, what is lower began at zero. */
  class Reader {
    #last: number | undefined;
    #seenAt = 0;
    total = 0;

    read(value: number | undefined, now: number): void {
      if (value === undefined) return;
      const isNew = this.#last === undefined || now - this.#seenAt > 5 * MINUTE;
      this.total += isNew || value < (this.#last ?? 0) ? value : value - (this.#last ?? 0);
      this.#last = value;
      this.#seenAt = now;
    }
  }

  /** The calls come first on the page; parsing all of it for each of some ten thousand scrapes would take a minute. */
  const shownCalls = ({ shared }: Watched): number | undefined => {
    for (const lines of shared.metrics.pageText()) {
      if (!lines.includes(CALLS)) break;
      const [, value] = /variant="v-a".*outcome="success"\} (\d+)/.exec(lines) ?? [];
      if (value !== undefined) return Number(value);
    }
    return undefined;
  };

  test("counts every call once, whatever is published, called and scraped when", () => {
    const step = fc.record({
      minutes: fc.integer({ min: 0, max: 25 }),
      published: fc.boolean(),
      calls: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const service = watched();
        const reader = new Reader();
        let calls = 0;
        const scrape = (): void => reader.read(shownCalls(service), service.clock.milliseconds);
        for (const { minutes, published, calls: more } of steps) {
          publish(service, "op", published ? ["base-a", "v-a"] : ["base-a"]);
          count(service, "op", "base-a");
          for (let each = 0; each < more; each++) count(service, "op", "v-a");
          calls += more;
          for (let minute = 0; minute < minutes; minute++) {
            service.clock.milliseconds += MINUTE;
            scrape();
          }
        }
        for (let minute = 0; minute < 5; minute++) {
          service.clock.milliseconds += MINUTE;
          scrape();
        }
        expect(reader.total).toBe(calls);
      }),
    );
  });
});

describe("nothing grows in a process that runs for months", { timeout: 60_000 }, () => {
  const collectGarbage = (): number => {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    return process.memoryUsage().heapUsed;
  };

  test("with 10,000 variants through one operation, one after the other, the series and the heap stay as they are", () => {
    const service = watched();
    const live = (each: number): void => {
      publish(service, "op", ["base-a", `v-${each}`]);
      count(service, "op", `v-${each}`, { quality: 0.5, costs: new Map([["usd", 1]]) });
      service.clock.milliseconds += 10 * MINUTE;
      Array.from(service.shared.metrics.pageText());
    };
    for (let each = 0; each < 500; each++) live(each);
    const heapBefore = collectGarbage();
    const cellsBefore = service.shared.metrics.cellCount;
    for (let each = 500; each < 10_000; each++) live(each);
    expect(service.shared.metrics.cellCount).toBe(cellsBefore);
    expect(cellsBefore).toBeLessThanOrEqual(10);
    expect(valuesOfLabel(service.scrape(), CALLS, "variant").size).toBeLessThanOrEqual(4);
    expect(collectGarbage() - heapBefore).toBeLessThan(2_000_000); // 9,500 cells would be ten times that
  });

  test("with 10,000 variants at once that no document names, 100 keep their label and all calls are counted", () => {
    const service = watched();
    for (let each = 0; each < 10_000; each++) {
      count(service, "op", `v-${each}`, { outcome: each % 4 === 0 ? "failure" : "success" });
    }
    const samples = service.scrape();
    expect(valuesOfLabel(samples, CALLS, "variant").size).toBe(101);
    expect(sumOf(samples, CALLS, { outcome: "failure" })).toBe(2500);
    expect(sumOf(samples, CALLS, { outcome: "success" })).toBe(7500);
    expect(sumOf(samples, CALLS, { variant: "__other__" })).toBe(9900);
    expect(sumOf(samples, "trimtab_label_values_collapsed_total")).toBe(9900);
    publish(service, "op", ["base-a", "v-new"]);
    count(service, "op", "v-new"); // one that is published always has its own
    expect(callsOf(service.scrape(), "v-new")).toBe(1);
  });

  test("with 30 times 1,500 new label sets over 20 pages, the series stay at the limit, and no total is lost", () => {
    const service = watched({ maximumContexts: 100 });
    service.shared.operation("op").declare({ name: "op", context: ["genre"], parameters: undefined });
    for (let round = 0; round < 30; round++) {
      for (let each = 0; each < 1500; each++) {
        count(
          service,
          "op",
          `v-${each % 30}`,
          { outcome: each % 3 === 0 ? "partial" : "success" },
          `g-${round}-${each}`,
        );
      }
      service.clock.milliseconds += MINUTE / 4;
      if (round % 3 < 2) service.scrape();
    }
    const samples = service.scrape();
    expect(service.shared.metrics.cellCount).toBe(100 + 30); // of a hundred contexts, and of thirty variants in every other one
    expect(sumOf(samples, CALLS)).toBe(45_000);
    expect(sumOf(samples, CALLS, { outcome: "partial" })).toBe(15_000);
    for (let variant = 0; variant < 30; variant++) {
      expect(sumOf(samples, CALLS, { variant: `v-${variant}` })).toBe(1500);
    }
    expect(sumOf(samples, "trimtab_operation_duration_seconds_count")).toBe(45_000);
  });

  test("with more cells than there is room for, contexts collapse and variants stay", () => {
    const service = watched({ maximumContexts: 100 });
    service.shared.operation("op").declare({ name: "op", context: ["genre"], parameters: undefined });
    for (let genre = 0; genre < 90; genre++) {
      for (let variant = 0; variant < 50; variant++) count(service, "op", `v-${variant}`, {}, `g-${genre}`);
    }
    const samples = service.scrape();
    expect(service.shared.metrics.cellCount).toBe(1000 + 50);
    for (let variant = 0; variant < 50; variant++) {
      expect(sumOf(samples, CALLS, { variant: `v-${variant}` })).toBe(90);
    }
  });

  test("with no room at all, variants that no document names collapse too", () => {
    const service = watched({ maximumContexts: 100 });
    for (let operation = 0; operation < 100; operation++) {
      for (let variant = 0; variant < 50; variant++) count(service, `op-${operation}`, `v-${variant}`);
    }
    expect(service.shared.metrics.cellCount).toBe(2000 + 60); // the last sixty operations have one cell for all their variants
    expect(sumOf(service.scrape(), CALLS)).toBe(5000);
  });

  test("with an endless number of operations, the thousandth is the last that has a name of its own", () => {
    const service = watched();
    for (let each = 0; each < 3000; each++) count(service, `op-${each}`, "unknown");
    const samples = service.scrape();
    expect(valuesOfLabel(samples, CALLS, "operation").size).toBe(1001);
    expect(sumOf(samples, CALLS)).toBe(3000);
  });
});

describe("two ways to one set of labels are one series", () => {
  const calls = (service: Watched, labels: Readonly<Record<string, string>>): number | undefined =>
    sumOf(service.scrape(), CALLS, { ...labels, outcome: "success" });

  test("names and variants that are cut to the same text", () => {
    const service = watched();
    const long = "x".repeat(128);
    for (const tail of ["", "1", "2", "2"]) count(service, long + tail, long + tail);
    expect(calls(service, { operation: long, variant: long })).toBe(4);
  });

  test("contexts from before and after other keys were declared", () => {
    const service = watched();
    const operation = service.shared.operation("op");
    for (const context of [["genre"], ["mood", "genre"], ["genre", "mood"]]) {
      operation.declare({ name: "op", context, parameters: undefined });
      const { labels } = operation.contexts.find({ genre: "rock", mood: context.length === 2 ? "calm" : null });
      service.shared.metrics.record(operation, labels, "unknown", ended());
    }
    expect(calls(service, { ctx_genre: "rock", ctx_mood: "calm" })).toBe(2);
    expect(calls(service, { ctx_genre: "rock" })).toBe(3);
  });
});

test("an operation with boundaries of its own has those, and starts anew when they change", () => {
  const service = watched();
  const operation = service.shared.operation("op");
  const bounds = (): unknown => [...valuesOfLabel(service.scrape(), "trimtab_operation_duration_seconds_bucket", "le")];
  operation.declare({ name: "op", context: [], parameters: undefined, durationBoundaries: [0.01, 0.02] });
  count(service, "op", "unknown", { durationMilliseconds: 20 });
  expect(bounds()).toEqual(["0.01", "0.02", "+Inf"]);
  expect(sumOf(service.scrape(), "trimtab_operation_duration_seconds_bucket", { le: "0.02" })).toBe(1); // a bound belongs to its bucket
  operation.declare({ name: "op", context: [], parameters: undefined, durationBoundaries: [5] });
  service.shared.metrics.restart(operation);
  count(service, "op", "unknown", { durationMilliseconds: 20 });
  expect(bounds()).toEqual(["5", "+Inf"]);
  expect(sumOf(service.scrape(), CALLS, { outcome: "success" })).toBe(1);
});

test("settings that make the same series keep the numbers; others start at zero", () => {
  const service = watched();
  count(service, "op", "unknown");
  service.shared.configure({ spansRatio: 0.5 });
  expect(sumOf(service.scrape(), CALLS)).toBe(1);
  service.shared.configure({ component: "other" });
  expect(sumOf(service.scrape(), CALLS)).toBeUndefined();
  count(service, "op", "unknown");
  expect(valuesOfLabel(service.scrape(), CALLS, "component")).toEqual(new Set(["other"]));
});

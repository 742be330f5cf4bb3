import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { variantId } from "@trimtab/conventions";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import { configure, createTracker, currentOperation, defineOperation, type Tracker, track } from "./index.ts";

let scrape: () => Promise<readonly Sample[]>;
let tracker: Tracker;
let name = "";
let number = 0;

const calls = async (outcome: string, labels: Record<string, string> = {}): Promise<number | undefined> =>
  sumOf(await scrape(), "trimtab_operation_calls_total", { operation: name, outcome, ...labels });
const errors = async (type: string): Promise<number | undefined> =>
  sumOf(await scrape(), "trimtab_operation_errors_total", { operation: name, error_type: type });

beforeEach(() => {
  name = `tracked_${number++}`;
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
  tracker = createTracker("shop");
});

describe("a tracker", () => {
  test("refuses a name that is none where it is made", () => {
    expect(() => createTracker("")).toThrow(TypeError);
    expect(() => createTracker("no spaces here")).toThrow(/no component name/);
    expect(() => createTracker(undefined as never)).toThrow(TypeError);
  });

  test("of the process' own component counts into the same series as the plain functions", async () => {
    track(name, {}, () => 1);
    expect(tracker.track(name, {}, () => 2)).toBe(2);
    expect(tracker.wrap(name, (n: number) => n + 1)(2)).toBe(3);
    expect(await calls("success", { component: "shop" })).toBe(3);
  });

  test("records successes and failures that are over", async () => {
    tracker.recordSuccess(name, { durationMilliseconds: 250, quality: 0.5 });
    tracker.recordSuccess(name);
    tracker.recordFailure(name, new RangeError("too long"), { durationMilliseconds: 750 });
    tracker.recordFailure(name, "timeout");
    tracker.recordFailure(name, undefined);
    const nasty = new Proxy({}, { ownKeys: () => fail() });
    tracker.recordSuccess(name, nasty);
    tracker.recordFailure(name, "x", nasty);
    expect([await calls("success"), await calls("failure")]).toEqual([2, 3]);
    expect([await errors("RangeError"), await errors("timeout"), await errors("_OTHER")]).toEqual([1, 1, 1]);
    const samples = await scrape();
    expect(sumOf(samples, "trimtab_operation_duration_seconds_sum", { operation: name })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", { operation: name })).toBe(0.5);
  });

  test("hands the performance of parameters to the variant that they are", async () => {
    tracker.recordParameterPerformance(name, {}, { temperature: 0.6 }, { success: true, quality: 0.9 });
    expect(await calls("success", { variant: variantId({ temperature: 0.6 }) })).toBe(1);
  });
});

describe("two components in one process", () => {
  test("have labels of their own for operations of one name", async () => {
    createTracker("artist_flow").track(name, {}, () => 1);
    createTracker("artist_builder").track(name, {}, () => 1);
    track(name, {}, () => 1);
    for (const component of ["artist_flow", "artist_builder", "shop"]) {
      expect(await calls("success", { component })).toBe(1);
    }
  });

  test("declare their operations apart, and the values of one are not those of the other", () => {
    const level = (base: number) => ({ level: { type: "integer", base, min: 1, max: 9 } }) as const;
    const flow = createTracker("artist_flow").defineOperation({ name, parameters: level(3) });
    const builder = defineOperation({ name, component: "artist_builder", parameters: level(7) });
    expect([flow.parameters().values.level, builder.parameters().values.level]).toEqual([3, 7]);
    expect(
      flow.track({}, (call) => builder.track({}, (inner) => [call.parameters.level, inner.parameters.level])),
    ).toEqual([3, 7]);
    expect(() => defineOperation({ name, component: "no spaces here" })).toThrow(/no component name/);
  });

  test("ask the controller each for its own parameters, and stop with the process' component", async () => {
    const asked = new Set<string | null>();
    const controller = createServer((request, response) => {
      asked.add(new URL(request.url ?? "", "http://controller").searchParams.get("component"));
      response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => controller.once("listening", resolve));
    try {
      const controllerUrl = `http://127.0.0.1:${(controller.address() as AddressInfo).port}`;
      createTracker(`${name}.before`).track(name, {}, () => 1);
      configure({ controllerUrl, pollIntervalMilliseconds: 100 });
      createTracker(`${name}.after`).track(name, {}, () => 1);
      await vi.waitFor(() => {
        expect([...asked]).toEqual(expect.arrayContaining(["shop", `${name}.before`, `${name}.after`]));
      });
    } finally {
      configure({ controllerUrl: undefined as never });
      controller.close();
    }
  });

  test("are one where the process is given the tracker's name later", async () => {
    const early = createTracker(`${name}.renamed`);
    early.track(name, {}, () => 1);
    configure({ component: `${name}.renamed` });
    const operation = defineOperation({ name, parameters: { on: { type: "boolean", base: true } } });
    expect(early.parameters(name).values).toEqual({ on: true });
    expect(operation.name).toBe(name);
  });
});

describe("a call that was started", () => {
  test("ends with its block, as a success where nothing else was said", async () => {
    {
      using operation = tracker.start(name, { genre: "rock" });
      operation.quality(0.8);
      expect(await calls("success")).toBeUndefined();
    }
    expect(await calls("success")).toBe(1);
    expect(sumOf(await scrape(), "trimtab_operation_quality_ratio_sum", { operation: name })).toBe(0.8);
  });

  test("ends with an asynchronous block too", async () => {
    {
      await using operation = tracker.start(name);
      operation.partial();
    }
    expect(await calls("partial")).toBe(1);
  });

  test("fails with an error or a type of one, and what is said later changes nothing", async () => {
    const told = tracker.start(name);
    told.fail(new RangeError("too long"));
    told.end();
    told.end("success");
    {
      using operation = tracker.start(name);
      operation.fail("empty_answer");
    }
    tracker.start(name).end("failure");
    expect([await calls("success"), await calls("failure")]).toEqual([0, 3]);
    expect([await errors("RangeError"), await errors("empty_answer"), await errors("_OTHER")]).toEqual([1, 1, 1]);
  });

  test("cannot see that its block was left by an exception: disposed of as a failure, only a call that ended is a success", async () => {
    const work = (succeeds: boolean): void => {
      using operation = tracker.start(name, {}, { disposedAs: "failure" });
      if (!succeeds) throw new Error("half-way");
      operation.end();
    };
    work(true);
    expect(() => work(false)).toThrow("half-way");
    expect([await calls("success"), await calls("failure")]).toEqual([1, 1]);
  });

  test("runs work inside itself: it is current there, and what is thrown is a failure and is thrown on", async () => {
    const operation = tracker.start(name);
    expect(currentOperation()).toBeUndefined();
    const error = new RangeError("x");
    const running = operation.run(async () => {
      expect(currentOperation()?.operation).toBe(name);
      await Promise.resolve();
      throw error;
    });
    await expect(running).rejects.toBe(error);
    operation.end("success");
    expect([await calls("success"), await calls("failure"), await errors("RangeError")]).toEqual([0, 1, 1]);
  });

  test("with nonsense, or while tracking is disabled, does nothing and throws nothing", () => {
    const nasty = new Proxy({}, { get: () => fail() });
    for (const bad of [undefined, null, 7, Symbol("x"), nasty] as never[]) {
      using operation = tracker.start(name, bad, bad);
      operation.end(bad);
    }
    configure({ disabled: true });
    try {
      using operation = tracker.start(name);
      expect(operation.run(() => 42)).toBe(42);
      expect(operation.variant).toBe("unknown");
    } finally {
      configure({ disabled: false });
    }
  });
});

function fail(): never {
  throw new Error("trap");
}

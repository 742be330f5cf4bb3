/** What must hold whatever an application does. */
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import {
  configure,
  createTracker,
  currentOperation,
  defineOperation,
  errorTypeOf,
  recordOperation,
  track,
} from "./index.ts";

let scrape: () => Promise<readonly Sample[]>;
let name = "";
let number = 0;
const calls = async (outcome: string, labels: Record<string, string> = {}): Promise<number | undefined> =>
  sumOf(await scrape(), "trimtab_operation_calls_total", { operation: name, outcome, ...labels });

beforeEach(() => {
  name = `correct_${number++}`;
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

describe("the clock of the system", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("may step back or forward by a year during a call: its duration is what went by", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    for (const step of [-365 * 86_400_000, 365 * 86_400_000]) {
      track(name, {}, (call) => {
        vi.setSystemTime(Date.now() + step);
        expect(call.result()).not.toBe("");
      });
    }
    const samples = await scrape();
    const seconds = sumOf(samples, "trimtab_operation_duration_seconds_sum", { operation: name }) ?? Number.NaN;
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThan(60);
    expect(await calls("success")).toBe(2);
  });
});

describe("re-entrancy", () => {
  test("an operation may run inside itself, and inside what we ask the application", async () => {
    const factorial = (n: number): number =>
      track(name, { depth: n }, (call) => {
        const inner = n <= 1 ? 1 : n * factorial(n - 1);
        expect(currentOperation()).toBe(call);
        return inner;
      });
    expect(factorial(20)).toBe(2_432_902_008_176_640_000);
    expect(await calls("success")).toBe(20);
    const asked = track(name, {}, () => 7, {
      outcome: () => track(name, {}, () => "partial" as const),
    });
    expect(asked).toBe(7);
    expect([await calls("success"), await calls("partial")]).toEqual([21, 1]);
  });

  test("a getter of the context may track a call of its own", async () => {
    defineOperation({ name, context: ["genre"] });
    const context = {
      get genre(): string {
        return track(name, { genre: "inner" }, () => "outer");
      },
    };
    expect(track(name, context, () => 1)).toBe(1);
    expect(await calls("success", { ctx_genre: "outer" })).toBe(1);
    expect(await calls("success", { ctx_genre: "inner" })).toBeGreaterThanOrEqual(1);
  });
});

describe("a score that is none", () => {
  test("is told once for its operation, counted each time, and loses nothing else", async () => {
    const told: string[] = [];
    const quiet = (): void => {};
    const logger = {
      error: quiet,
      info: quiet,
      debug: quiet,
      verbose: quiet,
      warn: (text: string) => void told.push(text),
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    try {
      const before = sumOf(await scrape(), "trimtab_quality_refused_total") ?? 0;
      for (const bad of [Number.NaN, 1.01, -0.5, Infinity]) {
        track(name, {}, (call) => {
          call.quality(0.5);
          call.quality(bad);
        });
        recordOperation(name, { outcome: "success", quality: bad });
      }
      const samples = await scrape();
      expect(sumOf(samples, "trimtab_quality_refused_total")).toBe(before + 8);
      expect(sumOf(samples, "trimtab_operation_quality_ratio_count", { operation: name })).toBe(4);
      expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", { operation: name })).toBe(2);
      expect(await calls("success")).toBe(8);
      expect(told.filter((text) => text.includes(`"${name}" got a quality outside 0 to 1`))).toHaveLength(1);
    } finally {
      diag.disable();
    }
  });
});

describe("retries", () => {
  test("learn by what went wrong before: the type of the last error is a context key like any other", async () => {
    const tracker = createTracker("llm_orchestrator");
    const complete = tracker.defineOperation({
      name,
      context: ["provider", "previous_error_type"],
      parameters: { waitMilliseconds: { type: "integer", base: 1, min: 1, max: 60 } },
    });
    const failures = [Object.assign(new Error("busy"), { code: "ECONNRESET" }), new RangeError("too long")];
    const ask = async (): Promise<string> => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return "text";
    };

    async function completeWithRetries(provider: string, attempts = 3): Promise<string> {
      let previous: string | undefined;
      for (let attempt = 1; ; attempt++) {
        try {
          return await complete.track({ provider, previous_error_type: previous }, async (call) => {
            if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, call.parameters.waitMilliseconds));
            return ask();
          });
        } catch (error) {
          if (attempt === attempts) throw error;
          previous = errorTypeOf(error);
        }
      }
    }

    expect(await completeWithRetries("small")).toBe("text");
    expect(await calls("failure", { component: "llm_orchestrator", ctx_provider: "small" })).toBe(2);
    expect(await calls("failure", { ctx_previous_error_type: "ECONNRESET" })).toBe(1);
    expect(await calls("success", { ctx_previous_error_type: "RangeError" })).toBe(1);
  });
});

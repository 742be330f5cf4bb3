import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import {
  configure,
  currentOperation,
  defineOperation,
  type OperationHandle,
  parameters,
  track,
  wrap,
} from "./index.ts";

let scrape: () => Promise<readonly Sample[]>;
let name = "";
let number = 0;

const calls = (samples: readonly Sample[], outcome: string): number | undefined =>
  sumOf(samples, "trimtab_operation_calls_total", { operation: name, outcome });

beforeEach(() => {
  name = `operation_${number++}`;
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

describe("a tracked call is the call", () => {
  test("a value is returned as it is, and counts as success", async () => {
    const value = { answer: 42 };
    expect(track(name, {}, () => value)).toBe(value);
    expect(calls(await scrape(), "success")).toBe(1);
  });

  test.each([new Error("declined"), "a text", undefined, null, Symbol("s"), Object.freeze(new TypeError("frozen"))])(
    "what is thrown comes out as it is: %s",
    async (thrown) => {
      let caught: unknown = "nothing";
      try {
        track(name, {}, () => {
          throw thrown;
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
      await expect(track(name, {}, () => Promise.reject(thrown as Error))).rejects.toBe(thrown);
      const samples = await scrape();
      expect(calls(samples, "failure")).toBe(2);
      expect(calls(samples, "success")).toBe(0);
      expect(sumOf(samples, "trimtab_operation_errors_total", { operation: name })).toBe(2);
    },
  );

  test("a promise gives what it gave, and is counted when it has settled", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const tracked = track(name, {}, () => promise);
    expect(calls(await scrape(), "success")).toBeUndefined();
    resolve("done");
    expect(await tracked).toBe("done");
    expect(calls(await scrape(), "success")).toBe(1);
  });

  test("a rejection that nobody handles is told once, as without tracking", async () => {
    const told = vi.fn<(reason: unknown) => void>();
    const before = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", told);
    try {
      const error = new Error("nobody waits for me");
      void track(name, {}, () => Promise.reject(error));
      await vi.waitFor(() => {
        expect(told).toHaveBeenCalled();
      });
      const handled = track(name, {}, () => Promise.reject(new Error("handled")));
      await handled.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve)); // Node tells after the microtasks of a turn
      expect(told.mock.calls.map(([reason]) => reason)).toEqual([error]);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of before) process.on("unhandledRejection", listener);
    }
  });

  test("methods that a client hung on a plain promise are still there", async () => {
    const request = Object.assign(Promise.resolve("body"), { json: () => ({ parsed: true }) });
    const tracked = track(name, {}, () => request);
    expect(tracked.json()).toEqual({ parsed: true });
    expect(await tracked).toBe("body");
  });

  test("a lazy thenable is handed over untouched: its then is called by nobody but the application", async () => {
    const run = vi.fn<(resolve: (rows: string[]) => void) => void>((resolve) => {
      resolve(["row"]);
    });
    // oxlint-disable-next-line unicorn/no-thenable -- a query builder is one
    const query = { then: run };
    const returned = track(name, {}, () => query);
    expect(returned).toBe(query);
    expect(run).not.toHaveBeenCalled();
    expect(await returned).toEqual(["row"]);
    expect(run).toHaveBeenCalledOnce();
    expect(calls(await scrape(), "success")).toBe(1);
  });

  test("a promise of a class of its own is handed over untouched", async () => {
    class Cancelable<Value> extends Promise<Value> {
      cancel(): string {
        return "cancelled";
      }
    }
    const promise = Cancelable.resolve("x");
    const returned = track(name, {}, () => promise);
    expect(returned).toBe(promise);
    expect(await returned).toBe("x");
  });

  test("proxies whose traps throw, revoked ones too, are handed over untouched", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(track(name, {}, () => ({ proxy })).proxy).toBe(proxy);
    expect(track(name, {}, () => proxy)).toBe(proxy);
  });

  test("generators run as ever", async () => {
    const numbers = track(name, {}, function* () {
      yield 1;
      yield 2;
    });
    expect([...numbers]).toEqual([1, 2]);
    const stream = track(name, {}, async function* () {
      yield "a";
      throw new RangeError("broken");
    });
    const read: string[] = [];
    await expect(
      (async () => {
        for await (const part of stream) read.push(part);
      })(),
    ).rejects.toThrow(RangeError);
    expect(read).toEqual(["a"]);
  });

  test("arguments that are nonsense to us change nothing for the function", () => {
    const nonsense = [
      undefined,
      null,
      7,
      "x",
      Symbol("x"),
      [],
      new Proxy({}, { get: () => fail() }),
      {
        get genre() {
          return fail();
        },
      },
    ];
    function fail(): never {
      throw new Error("trap");
    }
    defineOperation({ name, context: ["genre"] });
    for (const bad of nonsense as never[]) {
      expect(track(name, bad, () => "ran")).toBe("ran");
      expect(track(bad, {}, () => "ran")).toBe("ran");
      expect(track(name, {}, () => "ran", bad)).toBe("ran");
      expect(track(name, {}, () => "ran", { key: bad, parameters: bad, metadata: bad })).toBe("ran");
      expect(typeof parameters(name, bad, bad).variant).toBe("string");
      expect(typeof parameters(bad, {}, { key: bad, base: bad }).variant).toBe("string");
    }
  });

  test("a MeterProvider that fails at everything changes nothing for the function", () => {
    const broken = new Proxy(
      {},
      {
        get: () => () => {
          throw new Error("no meter today");
        },
      },
    );
    configure({ meterProvider: broken as never });
    expect(
      track(name, {}, (call) => {
        call.quality(0.5);
        return "ran";
      }),
    ).toBe("ran");
  });

  test("disabled, the function runs with its base values and nothing is counted", async () => {
    const operation = defineOperation({ name, parameters: { level: { type: "integer", base: 3, min: 1, max: 9 } } });
    configure({ disabled: true });
    try {
      expect(
        operation.track({}, (call) => {
          call.quality(0.4);
          return call.parameters.level;
        }),
      ).toBe(3);
      expect(operation.parameters().values).toEqual({ level: 3 });
    } finally {
      configure({ disabled: false });
    }
    expect(calls(await scrape(), "success")).toBeUndefined();
  });
});

describe("a wrapped function", () => {
  test("keeps this, arguments, name and length, and may take its context from the arguments", async () => {
    defineOperation({ name, context: ["genre"] });
    class Writer {
      readonly prefix = "la ";
      sing = wrap(
        name,
        function sing(this: Writer, genre: string, times: number): string {
          return this.prefix.repeat(times) + genre;
        },
        { context: (genre) => ({ genre }) },
      );
    }
    const writer = new Writer();
    expect(writer.sing("rock", 2)).toBe("la la rock");
    expect(writer.sing.name).toBe("sing");
    expect(writer.sing.length).toBe(2);
    expect(sumOf(await scrape(), "trimtab_operation_calls_total", { ctx_genre: "rock", outcome: "success" })).toBe(1);
  });

  test("runs also where its context cannot be told", async () => {
    const double = wrap(name, (n: number) => 2 * n, {
      context: () => {
        throw new Error("no context");
      },
      key: () => {
        throw new Error("no key");
      },
    });
    expect(double(21)).toBe(42);
    expect(calls(await scrape(), "success")).toBe(1);
  });
});

describe("what a call says about itself", () => {
  test("quality, cost and duration reach their series, with squares", async () => {
    track(name, {}, (call) => {
      call.quality(0.5);
      call.quality(0.8); // the last one counts
      call.cost(0.25, "usd");
      call.cost(0.25, "usd");
      call.cost(3, "tokens");
    });
    const samples = await scrape();
    const of = (series: string, labels = {}): number | undefined =>
      sumOf(samples, series, { operation: name, ...labels });
    expect(of("trimtab_operation_quality_ratio_count")).toBe(1);
    expect(of("trimtab_operation_quality_ratio_sum")).toBeCloseTo(0.8);
    expect(of("trimtab_operation_quality_ratio_squares_total")).toBeCloseTo(0.64);
    expect(of("trimtab_operation_cost_total", { unit: "usd" })).toBe(0.5);
    expect(of("trimtab_operation_cost_squares_total", { unit: "usd" })).toBe(0.25); // of the whole call
    expect(of("trimtab_operation_cost_total", { unit: "tokens" })).toBe(3);
    expect(of("trimtab_operation_duration_seconds_count")).toBe(1);
    const seconds = of("trimtab_operation_duration_seconds_sum") ?? 0;
    expect(of("trimtab_operation_duration_seconds_squares_total")).toBeCloseTo(seconds * seconds, 12);
  });

  test("a score that is none is refused and counted, and the call is not lost", async () => {
    const before = sumOf(await scrape(), "trimtab_quality_refused_total") ?? 0;
    track(name, {}, (call) => {
      for (const bad of [Number.NaN, -0.1, 1.1, Infinity, "0.5" as never, undefined as never]) call.quality(bad);
      call.cost(Number.NaN, "usd");
      call.cost(-1, "usd");
      call.cost(1, "");
    });
    const samples = await scrape();
    expect(sumOf(samples, "trimtab_quality_refused_total")).toBe(before + 6);
    expect(sumOf(samples, "trimtab_operation_quality_ratio_count", { operation: name })).toBeUndefined();
    expect(sumOf(samples, "trimtab_operation_cost_total", { operation: name })).toBeUndefined();
    expect(calls(samples, "success")).toBe(1);
  });

  test("partial and failed calls are what they say; an exception is always a failure", async () => {
    track(name, {}, (call) => {
      call.partial();
    });
    track(name, {}, (call) => {
      call.fail("empty_answer");
    });
    expect(() =>
      track(name, {}, (call) => {
        call.partial();
        throw new Error("x");
      }),
    ).toThrow("x");
    const samples = await scrape();
    expect([calls(samples, "success"), calls(samples, "partial"), calls(samples, "failure")]).toEqual([0, 1, 2]);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: name, error_type: "empty_answer" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: name, error_type: "Error" })).toBe(1);
  });

  test("a definition may say what a result means; one that fails to say leaves a success", async () => {
    const operation = defineOperation({ name, isSuccess: (response: { status: number }) => response.status < 500 });
    await operation.track({}, async () => ({ status: 503 }));
    operation.track({}, () => ({ status: 200 }));
    operation.track({}, () => undefined); // reading its status throws
    const samples = await scrape();
    expect([calls(samples, "success"), calls(samples, "failure")]).toEqual([2, 1]);
  });

  test("a score that comes after the end is counted once", async () => {
    let kept: OperationHandle | undefined;
    track(name, {}, (call) => {
      kept = call;
    });
    kept?.quality(0.5);
    kept?.quality(0.9);
    kept?.cost(2, "usd");
    kept?.fail();
    const samples = await scrape();
    expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", { operation: name })).toBe(0.5);
    expect(sumOf(samples, "trimtab_operation_cost_total", { operation: name })).toBe(2);
    expect(calls(samples, "failure")).toBe(0);
  });
});

describe("the current operation", () => {
  test("is known across await and timers, innermost first, and not outside", async () => {
    expect(currentOperation()).toBeUndefined();
    await track(name, {}, async (outer) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(currentOperation()).toBe(outer);
      track(`${name}.inner`, {}, (inner) => {
        expect(currentOperation()).toBe(inner);
      });
      expect(currentOperation()).toBe(outer);
    });
    expect(currentOperation()).toBeUndefined();
  });

  test("is not one that has ended, so a loop that re-arms itself inside keeps no chain", async () => {
    const seen: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const tick = (left: number): void => {
      track(name, {}, () => {
        setImmediate(() => {
          seen.push(currentOperation());
          if (left === 0) resolve();
          else tick(left - 1);
        });
      });
    };
    tick(3);
    await promise;
    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("a thousand calls at once never mix their contexts", async () => {
    const operation = defineOperation({ name, context: ["user"] });
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        operation.track({ user: index % 100 }, async (call) => {
          await new Promise((resolve) => setTimeout(resolve, index % 7));
          expect(currentOperation()).toBe(call);
          currentOperation()?.quality((index % 100) / 100);
        }),
      ),
    );
    const samples = await scrape();
    for (let user = 0; user < 100; user++) {
      const labels = { operation: name, ctx_user: String(user) };
      expect(sumOf(samples, "trimtab_operation_quality_ratio_count", labels)).toBe(10);
      expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", labels)).toBeCloseTo(user / 10);
    }
  });
});

import { readFile } from "node:fs";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import { configure, currentOperation, defineOperation, wrapCallback } from "./index.ts";

type Callback = (error: unknown, value?: unknown) => unknown;

let scrape: () => Promise<readonly Sample[]>;
let name = "";
let number = 0;
const calls = async (outcome: string, labels: Record<string, string> = {}): Promise<number | undefined> =>
  sumOf(await scrape(), "trimtab_operation_calls_total", { operation: name, outcome, ...labels });

beforeEach(() => {
  name = `callback_${number++}`;
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

describe("a function with a callback", () => {
  test("of Node itself is followed to its callback", async () => {
    const read = wrapCallback(name, readFile as (path: URL, encoding: "utf8", callback: Callback) => void);
    const text = await new Promise((resolve) => read(new URL(import.meta.url), "utf8", (_, found) => resolve(found)));
    expect(text).toContain("a function with a callback");
    const error = await new Promise((resolve) => read(new URL("file:///no/such/file"), "utf8", resolve));
    expect(error).toMatchObject({ code: "ENOENT" });
    expect([await calls("success"), await calls("failure")]).toEqual([1, 1]);
    expect(sumOf(await scrape(), "trimtab_operation_errors_total", { operation: name, error_type: "ENOENT" })).toBe(1);
  });

  test("keeps this, arguments, name, length and what it returns, and so does the callback", async () => {
    defineOperation({ name, context: ["genre"] });
    class Client {
      readonly prefix: string = "la ";
      // biome-ignore lint/complexity/useArrowFunction: it has a this
      sing = wrapCallback(
        name,
        function sing(this: Client, genre: string, callback: (this: string, error: null, song: string) => number) {
          return [currentOperation()?.operation, callback.call("me", null, this.prefix + genre), callback.length];
        },
        { context: (genre) => ({ genre }) },
      );
    }
    const client = new Client();
    const heard: unknown[] = [];
    const answer = client.sing("rock", function (error, song) {
      heard.push([String(this), error, song]);
      return 42;
    });
    expect(answer).toEqual([name, 42, 2]);
    expect(heard).toEqual([["me", null, "la rock"]]);
    expect([client.sing.name, client.sing.length]).toEqual(["sing", 2]);
    expect(await calls("success", { ctx_genre: "rock" })).toBe(1);
  });

  test("that calls back twice counts once, and both are heard", async () => {
    const twice = wrapCallback(name, (callback: Callback) => {
      callback(null, 1);
      callback(new Error("late"));
    });
    const callback = vi.fn<Callback>();
    twice(callback);
    expect(callback).toHaveBeenCalledTimes(2);
    expect([await calls("success"), await calls("failure")]).toEqual([1, 0]);
  });

  test("that throws is a failure; what its callback throws is thrown on", async () => {
    const error = new RangeError("bad argument");
    const throws = wrapCallback(name, (callback: Callback) => {
      if (typeof callback === "function") throw error;
    });
    expect(() => throws(() => {})).toThrow(error);
    const tells = wrapCallback(name, (callback: Callback) => callback(null, 1));
    expect(() =>
      tells(() => {
        throw error;
      }),
    ).toThrow(error);
    expect([await calls("success"), await calls("failure")]).toEqual([1, 1]);
  });

  test("without a callback, or while tracking is disabled, is called as it is", async () => {
    const promised = wrapCallback(name, (value: number, callback?: Callback) => (callback ? callback(null) : value));
    expect(promised(7)).toBe(7);
    configure({ disabled: true });
    try {
      expect(promised(7, () => 8)).toBe(8);
    } finally {
      configure({ disabled: false });
    }
    expect(await calls("success")).toBeUndefined();
  });
});

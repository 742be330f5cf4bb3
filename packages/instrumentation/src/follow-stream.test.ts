import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf } from "./exposition.test.support.ts";
import { configure, currentOperation, type OperationHandle, track, wrap } from "./index.ts";

let scrape: () => Promise<readonly Sample[]>;
let name = "";
let number = 0;

/** Successes, partials and failures. */
const outcomes = async (): Promise<(number | undefined)[]> => {
  const samples = await scrape();
  return ["success", "partial", "failure"].map((outcome) =>
    sumOf(samples, "trimtab_operation_calls_total", { operation: name, outcome }),
  );
};
const NONE = [undefined, undefined, undefined];
const stream = { stream: true } as const;

async function readAll<Value>(source: AsyncIterable<Value> | Iterable<Value>): Promise<Value[]> {
  const read: Value[] = [];
  for await (const value of source) read.push(value);
  return read;
}

beforeEach(() => {
  name = `stream_${number++}`;
  const reader = new PrometheusExporter({ preventServerStart: true });
  configure({ component: "shop", meterProvider: new MeterProvider({ readers: [reader] }) });
  scrape = async () => parseExposition(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
});

describe("a generator that is followed", () => {
  test("is the same object, runs nothing before it is read, and ends its call with its last value", async () => {
    const seen: unknown[] = [];
    let made: AsyncGenerator<string> | undefined;
    let call: OperationHandle | undefined;
    async function* words(): AsyncGenerator<string, string> {
      seen.push(currentOperation());
      yield "a";
      call?.quality(0.75);
      yield "b";
      return "end";
    }
    const words2 = track(name, {}, (begun) => ((call = begun), (made = words())), stream);
    expect(words2).toBe(made);
    expect(seen).toEqual([]);
    expect(await outcomes()).toEqual(NONE);
    expect(await readAll(words2)).toEqual(["a", "b"]);
    expect(seen).toEqual([call]);
    expect(await outcomes()).toEqual([1, 0, 0]);
    expect(sumOf(await scrape(), "trimtab_operation_quality_ratio_sum", { operation: name })).toBe(0.75);
    expect(await words2.next()).toEqual({ done: true, value: undefined });
    expect(await outcomes()).toEqual([1, 0, 0]);
  });

  test("that fails half-way is a failure, and the reader gets the very error", async () => {
    const error = new RangeError("half-way");
    const broken = track(
      name,
      {},
      async function* () {
        yield 1;
        throw error;
      },
      stream,
    );
    await expect(readAll(broken)).rejects.toBe(error);
    expect(await outcomes()).toEqual([0, 0, 1]);
  });

  test("that is read no further is a success, or what it was said to be", async () => {
    const endless = async function* (): AsyncGenerator<number> {
      for (let n = 0; ; n++) yield n;
    };
    for (const cancelledAs of [undefined, "partial"] as const) {
      const options = cancelledAs === undefined ? stream : { ...stream, cancelledAs };
      for await (const n of track(name, {}, endless, options)) if (n === 3) break;
    }
    expect(await outcomes()).toEqual([1, 1, 0]);
  });

  test("may be synchronous, and its return value may tell the outcome", async () => {
    const count = wrap(
      name,
      function* (n: number): Generator<number, string> {
        for (let i = 0; i < n; i++) yield i;
        return n > 2 ? "many" : "few";
      },
      { ...stream, outcome: (result) => ((result as unknown) === "few" ? "partial" : "success") },
    );
    expect([...count(2)]).toEqual([0, 1]);
    expect([...count(3)]).toEqual([0, 1, 2]);
    expect(await outcomes()).toEqual([1, 1, 0]);
  });

  test("takes what is sent and thrown into it", async () => {
    const echo = track(
      name,
      {},
      function* (): Generator<string, void, string> {
        const heard: string = yield "ready";
        yield heard;
      },
      stream,
    );
    expect([echo.next("ignored").value, echo.next("hello").value]).toEqual(["ready", "hello"]);
    expect(() => echo.throw(new Error("stop"))).toThrow("stop");
    expect(await outcomes()).toEqual([0, 0, 1]);
  });

  test("that is promised is followed when it is there", async () => {
    const promised = track(
      name,
      {},
      async () =>
        (async function* () {
          yield 1;
        })(),
      stream,
    );
    const generator = await promised;
    expect(await outcomes()).toEqual(NONE);
    expect(await readAll(generator)).toEqual([1]);
    expect(await outcomes()).toEqual([1, 0, 0]);
    await expect(track(name, {}, () => Promise.reject(new Error("no stream")), stream)).rejects.toThrow("no stream");
    expect(await outcomes()).toEqual([1, 0, 1]);
  });
});

describe("other streams", () => {
  test("an async iterable of a client stays the same object with its methods", async () => {
    class Stream {
      readonly controller: AbortController = new AbortController();
      async *[Symbol.asyncIterator](): AsyncGenerator<string> {
        yield "chunk";
      }
    }
    const made = new Stream();
    const followed = track(name, {}, () => made, stream);
    expect(followed).toBe(made);
    expect(followed.controller.signal.aborted).toBe(false);
    expect(await readAll(followed)).toEqual(["chunk"]);
    expect(await outcomes()).toEqual([1, 0, 0]);
  });

  test("a web stream has the same chunks, is read only when somebody asks, and hears of its cancelling", async () => {
    const pull = vi.fn<(controller: ReadableStreamDefaultController<number>) => void>((controller) => {
      if (pull.mock.calls.length > 3) controller.close();
      else controller.enqueue(pull.mock.calls.length);
    });
    const source = (cancel?: (reason: unknown) => void) =>
      new ReadableStream<number>({ pull, ...(cancel && { cancel }) }, { highWaterMark: 0 });
    const followed = track(name, {}, () => source(), stream);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pull).not.toHaveBeenCalled();
    expect(await readAll(followed)).toEqual([1, 2, 3]);
    expect(await outcomes()).toEqual([1, 0, 0]);

    const cancelled = vi.fn<(reason: unknown) => void>();
    const second = track(name, {}, () => source(cancelled), { ...stream, cancelledAs: "partial" });
    await second.cancel("enough");
    expect(cancelled).toHaveBeenCalledWith("enough");
    expect(await outcomes()).toEqual([1, 1, 0]);

    const error = new Error("lost");
    const third = track(name, {}, () => new ReadableStream({ pull: () => Promise.reject(error) }), stream);
    await expect(readAll(third)).rejects.toBe(error);
    expect(await outcomes()).toEqual([1, 1, 1]);
  });

  test("a stream of Node is the same object and starts no earlier", async () => {
    const read = vi.fn<() => void>();
    const readable = new Readable({
      read() {
        read();
        this.push("x");
        this.push(null);
      },
    });
    expect(track(name, {}, () => readable, stream)).toBe(readable);
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).not.toHaveBeenCalled();
    await pipeline(readable, async (source) => void (await readAll(source)));
    expect(await outcomes()).toEqual([1, 0, 0]);

    const broken = track(name, {}, () => new Readable({ read: () => {} }), stream);
    expect(broken.listenerCount("error")).toBe(0);
    const told = new Promise((resolve) => broken.once("error", resolve));
    broken.destroy(new RangeError("lost"));
    await told;
    await vi.waitFor(async () => expect(await outcomes()).toEqual([1, 0, 1]));
    track(name, {}, () => new Readable({ read: () => {} }), { ...stream, cancelledAs: "partial" }).destroy();
    await vi.waitFor(async () => expect(await outcomes()).toEqual([1, 1, 1]));
  });

  test("what is no stream, or takes nothing of ours, is over when it is returned", async () => {
    const frozen = Object.freeze([1, 2][Symbol.iterator]());
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [7, undefined, [1, 2], { next: 1 }, frozen, proxy]) {
      expect(track(name, {}, () => [value], stream)[0]).toBe(value);
      expect(
        Object.is(
          track(name, {}, () => value, stream),
          value,
        ),
      ).toBe(true);
    }
    expect((await outcomes())[0]).toBe(12);
    expect([...frozen]).toEqual([1, 2]);
    const nasty = {
      get stream(): boolean {
        throw new Error("trap");
      },
    };
    expect(track(name, {}, () => 1, nasty)).toBe(1);
  });
});

test("a stream ends its call also where the application has replaced the global Promise", async () => {
  const { Promise: native } = globalThis;
  const made = track(
    name,
    {},
    async function* () {
      yield await native.resolve(1);
    },
    stream,
  );
  try {
    globalThis.Promise = class Other<Value> extends native<Value> {} as PromiseConstructor;
    await made.next();
    await made.next();
  } finally {
    globalThis.Promise = native;
  }
  expect(await outcomes()).toEqual([1, 0, 0]);
});

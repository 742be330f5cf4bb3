/**
 * Follows a stream to its end without reading it: what is read, by whom and when stays the reader's affair.
 *
 *     generators, iterators      the same object; its own `next`, `return` and `throw` hear what is read
 *     other async iterables      the same object; its iterators are followed
 *     streams of Node            the same object; its events `end` and `close` are heard
 *     web ReadableStream         another one that reads from it, a chunk for each chunk that is asked for
 *     everything else            over when it is returned
 */
import { Readable } from "node:stream";
import { isPromise } from "node:util/types";
import type { Outcome } from "@trimtab/conventions";
import type { Instrumentation } from "./instance.ts";
import { reportOwnFailure } from "./own-failure.ts";
import type { TrackedCall } from "./tracked-call.ts";

/** What is said of a stream that is followed. */
export interface StreamOptions {
  /** What the call counts as where the stream was read no further. */
  readonly cancelledAs: Outcome;
}

interface Followed extends StreamOptions {
  readonly shared: Instrumentation;
  readonly call: TrackedCall;
}

type Step = IteratorResult<unknown, unknown>;
type Method = "next" | "return" | "throw";

/** Ends the call with the stream. Returns what the application is to get. Never throws. */
export function followStream<Result>(
  shared: Instrumentation,
  call: TrackedCall,
  result: Result,
  { cancelledAs }: StreamOptions,
): Result {
  const followed = { shared, call, cancelledAs };
  try {
    if (typeof result === "object" && result !== null) {
      if (result instanceof ReadableStream) return readThrough(result as ReadableStream<unknown>, followed) as Result;
      if (result instanceof Readable) return hearEnd(result, followed) as Result & Readable;
      if (typeof (result as { next?: unknown }).next === "function") {
        if (followIterator(result as unknown as Iterator<unknown>, followed)) return result;
      } else if (followIterable(result as unknown as AsyncIterable<unknown>, followed)) return result;
    }
  } catch (error) {
    reportOwnFailure("following a stream", error);
  }
  call.succeed(result);
  return result;
}

/** @returns False where the object takes no methods of ours. */
function followIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>, followed: Followed): boolean {
  if (!Object.isExtensible(iterator)) return false;
  for (const name of ["next", "return", "throw"] as const) {
    const original = iterator[name] as ((...args: unknown[]) => Step | Promise<Step>) | undefined;
    if (typeof original !== "function") continue;
    const value = function (this: unknown, ...args: unknown[]): Step | Promise<Step> {
      return hear(followed, name, () => Reflect.apply(original, this, args));
    };
    Object.defineProperty(iterator, name, { value, configurable: true, writable: true });
  }
  return true;
}

/** An object that makes a new iterator for each reader; the first one that is over ends the call. */
function followIterable(iterable: AsyncIterable<unknown>, followed: Followed): boolean {
  const original = iterable[Symbol.asyncIterator] as (() => AsyncIterator<unknown>) | undefined;
  if (typeof original !== "function" || !Object.isExtensible(iterable)) return false;
  const value = function (this: unknown): AsyncIterator<unknown> {
    const iterator = Reflect.apply(original, this, []) as AsyncIterator<unknown>;
    followIterator(iterator, followed);
    return iterator;
  };
  Object.defineProperty(iterable, Symbol.asyncIterator, { value, configurable: true, writable: true });
  return true;
}

function hear(
  { shared, call, cancelledAs }: Followed,
  name: Method,
  invoke: () => Step | Promise<Step>,
): Step | Promise<Step> {
  if (call.isEnded) return invoke();
  const settle = (step: Step): void => {
    if (step?.done !== true) return;
    if (name === "return") call.finish(undefined, cancelledAs);
    else call.succeed(step.value);
  };
  let step: Step | Promise<Step>;
  try {
    step = shared.run(call, invoke);
  } catch (error) {
    call.fallThrough(error);
    throw error;
  }
  if (!isPromise(step)) {
    settle(step);
    return step;
  }
  // Beside the promise that the reader gets: a rejection that nobody handles is told by that one.
  step.then(settle, (error: unknown) => call.fallThrough(error));
  return step;
}

/** Listening to these two neither starts a stream nor handles its errors. */
function hearEnd(stream: Readable, { call, cancelledAs }: Followed): Readable {
  stream.once("end", () => call.succeed(undefined));
  stream.once("close", () => {
    if (stream.errored !== null) call.fallThrough(stream.errored);
    else call.finish(undefined, cancelledAs);
  });
  return stream;
}

function readThrough(
  stream: ReadableStream<unknown>,
  { shared, call, cancelledAs }: Followed,
): ReadableStream<unknown> {
  const reader = stream.getReader();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await shared.run(call, () => reader.read());
          if (done) {
            call.succeed(undefined);
            controller.close();
          } else controller.enqueue(value);
        } catch (error) {
          call.fallThrough(error);
          throw error;
        }
      },
      cancel(reason) {
        call.finish(undefined, cancelledAs);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 }, // nothing is read before it is asked for
  );
}

/** Follows what a tracked function returns to its end, and changes nothing about it. */
import { isPromise } from "node:util/types";
import type { Outcome } from "@trimtab/conventions";
import { followStream, type StreamOptions } from "./follow-stream.ts";
import type { Instrumentation } from "./instance.ts";
import { describeError, warnOnce } from "./own-failure.ts";
import type { TrackedCall } from "./tracked-call.ts";

/** How the result of a call is followed. */
export interface FollowOptions {
  /**
   * The call lasts until the stream that it returns, or promises, has ended, failed, or is read no further. Generators and other async
   * iterables stay the same objects, and as lazy as they were; so do streams of Node. A web `ReadableStream` comes out as another
   * one with the same chunks. A stream that is never read and never cancelled is not counted. Default: false.
   */
  readonly stream?: boolean;
  /** What a call counts as whose stream was read no further before its end. Default `success`. */
  readonly cancelledAs?: Outcome;
}

/** Runs the function of a call inside it, and ends the call when the function has ended. */
export function complete<Result>(
  shared: Instrumentation,
  call: TrackedCall,
  invoke: (call: TrackedCall) => Result,
  options?: FollowOptions,
): Result {
  let result: Result;
  try {
    result = shared.run(call, invoke);
  } catch (error) {
    return endByThrow(call, error);
  }
  const stream = options ? streamOptions(options) : undefined;
  const ownNames = namesOfPlainPromise(result);
  if (ownNames !== undefined) return follow(shared, result as Promise<unknown>, ownNames, call, stream) as Result;
  if (stream !== undefined) return followStream(shared, call, result, stream);
  if (isThenable(result)) {
    warnOnce(
      `thenable:${call.operation}`,
      `operation "${call.operation}" returns a thenable that is no plain promise. It is left alone, so its call counts as ` +
        "ended when it was returned. Track an async function that awaits it",
    );
  }
  call.succeed(result);
  return result;
}

/** Rejections pass through the promise that is returned, so that one that nobody handles is still told once. */
function follow<Value>(
  shared: Instrumentation,
  promise: Promise<Value>,
  ownNames: readonly string[],
  call: TrackedCall,
  stream: StreamOptions | undefined,
): Promise<Value> {
  const followed =
    stream === undefined
      ? followValue(promise, call)
      : promise.then(
          (value) => followStream(shared, call, value, stream),
          (error: unknown) => endByThrow(call, error),
        );
  // Some clients hang methods on a plain promise: `request(...).json()`.
  for (const name of ownNames) {
    const property = Object.getOwnPropertyDescriptor(promise, name);
    if (property !== undefined) Reflect.defineProperty(followed, name, property);
  }
  return followed;
}

function followValue<Value>(promise: Promise<Value>, call: TrackedCall): Promise<Value> {
  return promise.then(
    (value) => {
      call.succeed(value);
      return value;
    },
    (error: unknown) => endByThrow(call, error),
  );
}

function endByThrow(call: TrackedCall, error: unknown): never {
  call.fallThrough(error);
  throw error; // whatever it was, even `throw undefined`
}

/** Of async functions; whoever replaced the global Promise did not replace these. */
const NATIVE_PROMISE: object = Object.getPrototypeOf((async () => {})()) as object;

/**
 * What hangs on a plain promise; undefined for everything else. Subclasses are left alone: `then` would lose their methods, and may
 * begin what is lazy. So is a promise that was given a `then` of its own. Only real promises are looked at closely: the traps of a
 * proxy may throw.
 */
function namesOfPlainPromise(value: unknown): readonly string[] | undefined {
  if (!isPromise(value) || Object.getPrototypeOf(value) !== NATIVE_PROMISE) return undefined;
  const names = Object.getOwnPropertyNames(value);
  return names.length > 0 && (names.includes("then") || names.includes("constructor")) ? undefined : names;
}

/** Calling then() on a lazy query builder would run the query twice; reading it is all we dare. */
function isThenable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === "function";
  } catch {
    return false;
  }
}

function streamOptions(options: FollowOptions): StreamOptions | undefined {
  try {
    return options.stream === true ? { cancelledAs: options.cancelledAs ?? "success" } : undefined;
  } catch (error) {
    warnOnce("stream", `options cannot be read: ${describeError(error)}`);
    return undefined;
  }
}

/** Tracks calls of functions and changes nothing about them: same result, same exception, same `this`. */
import { isPromise } from "node:util/types";
import type { ContextInput, Outcome, ParameterValues } from "@trimtab/conventions";
import { type Instrumentation, instrumentation } from "./instance.ts";
import type { CallOptions, OperationHandle } from "./operation-handle.ts";
import { describeError, warnOnce } from "./own-failure.ts";
import type { TrackedCall } from "./tracked-call.ts";
import { untrackedHandle } from "./untracked-handle.ts";

/** What may be said of a call before it begins. */
export interface TrackOptions<Result = unknown> extends CallOptions {
  /** What a result means, where nothing is thrown. Default: what the definition says, else success. */
  readonly outcome?: (result: Awaited<Result>) => Outcome | undefined;
}

/** What may be said of all calls of a wrapped function. */
export interface WrapOptions<Arguments extends readonly unknown[], Result> {
  /** The context of a call, from its arguments. Default: none. */
  readonly context?: ContextInput | ((...args: Arguments) => ContextInput);
  /** The sticky key of a call, from its arguments. */
  readonly key?: (...args: Arguments) => string | undefined;
  /** What a result means, where nothing is thrown. Default: success. */
  readonly outcome?: (result: Awaited<Result>) => Outcome | undefined;
}

type AnyFunction = (...args: never[]) => unknown;

/**
 * Runs a function as one call of an operation. A promise is followed to its end; what the function returns, throws or is rejected
 * with comes out as it is. Generators and thenables that are no plain promises are passed on untouched, and timed until they
 * are returned.
 */
export function track<Result>(
  operation: string,
  context: ContextInput | undefined,
  fn: (call: OperationHandle) => Result,
  options?: TrackOptions<Result>,
): Result {
  return trackIn(undefined, operation, context, fn, options);
}

/** As `track`, of a component that is told by name. */
export function trackIn<Result>(
  component: string | undefined,
  operation: string,
  context: ContextInput | undefined,
  fn: (call: OperationHandle) => Result,
  options: TrackOptions<Result> | undefined,
): Result {
  const shared = instrumentation();
  const owner = shared.component(component);
  const call = shared.begin(operation, context, options as CallOptions | undefined, owner);
  if (call === undefined) return fn(untrackedHandle(owner, operation, options as CallOptions | undefined));
  return complete(shared, call, () => fn(call));
}

/** The same function, tracked: it keeps its name, length, `this`, arguments and result. */
export function wrap<Fn extends AnyFunction>(
  operation: string,
  fn: Fn,
  options?: WrapOptions<Parameters<Fn>, ReturnType<Fn>>,
): Fn {
  return wrapIn(undefined, operation, fn, options);
}

/** As `wrap`, of a component that is told by name. */
export function wrapIn<Fn extends AnyFunction>(
  component: string | undefined,
  operation: string,
  fn: Fn,
  options: WrapOptions<Parameters<Fn>, ReturnType<Fn>> | undefined,
): Fn {
  const wrapped = function (this: unknown, ...args: Parameters<Fn>): unknown {
    const invoke = (): unknown => Reflect.apply(fn, this, args);
    const shared = instrumentation();
    const context = options?.context;
    const given = typeof context === "function" ? ask(operation, "context", context, args) : context;
    const key = options?.key && ask(operation, "key", options.key, args);
    const call = shared.begin(operation, given, { key, outcome: options?.outcome }, shared.component(component));
    return call === undefined ? invoke() : complete(shared, call, invoke);
  };
  Object.defineProperties(wrapped, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
  return wrapped as unknown as Fn;
}

/** The innermost tracked call that is running here, also across `await`, timers and callbacks; undefined outside of any. */
export function currentOperation(): OperationHandle<ParameterValues> | undefined {
  return instrumentation().currentCall();
}

/** Runs the function of a call inside it, and ends the call when the function has ended. */
export function complete<Result>(shared: Instrumentation, call: TrackedCall, invoke: () => Result): Result {
  let result: Result;
  try {
    result = shared.run(call, invoke);
  } catch (error) {
    call.fallThrough(error);
    throw error; // whatever it was, even `throw undefined`
  }
  const ownNames = namesOfPlainPromise(result);
  if (ownNames !== undefined) return follow(result as Promise<unknown>, ownNames, call) as Result;
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
function follow<Value>(promise: Promise<Value>, ownNames: readonly string[], call: TrackedCall): Promise<Value> {
  const followed = promise.then(
    (value) => {
      call.succeed(value);
      return value;
    },
    (error: unknown) => {
      call.fallThrough(error);
      throw error;
    },
  );
  // Some clients hang methods on a plain promise: `request(...).json()`.
  for (const name of ownNames) {
    const property = Object.getOwnPropertyDescriptor(promise, name);
    if (property !== undefined) Reflect.defineProperty(followed, name, property);
  }
  return followed;
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

function ask<Arguments extends readonly unknown[], Answer>(
  operation: string,
  what: string,
  question: (...args: Arguments) => Answer,
  args: Arguments,
): Answer | undefined {
  try {
    return question(...args);
  } catch (error) {
    warnOnce(`${what}:${operation}`, `the ${what} of operation "${operation}" cannot be told: ${describeError(error)}`);
    return undefined;
  }
}

/** Tracks calls of functions and changes nothing about them: same result, same exception, same `this`. */
import type { ContextInput, Outcome, ParameterValues } from "@trimtab/conventions";
import { complete, type FollowOptions } from "./follow-result.ts";
import { instrumentation } from "./instance.ts";
import type { CallOptions, OperationHandle } from "./operation-handle.ts";
import { describeError, warnOnce } from "./own-failure.ts";
import type { TrackedCall } from "./tracked-call.ts";
import { untrackedHandle } from "./untracked-handle.ts";

/** What may be said of a call before it begins. */
export interface TrackOptions<Result = unknown> extends CallOptions, FollowOptions {
  /** What a result means, where nothing is thrown. Default: what the definition says, else success. */
  readonly outcome?: (result: Awaited<Result>) => Outcome | undefined;
}

/** What may be said of all calls of a wrapped function. */
export interface WrapOptions<Arguments extends readonly unknown[], Result, This = unknown> extends FollowOptions {
  /** The context of a call, from its arguments. Default: none. */
  readonly context?: ContextInput | ((this: This, ...args: Arguments) => ContextInput);
  /** The sticky key of a call, from its arguments. */
  readonly key?: (this: This, ...args: Arguments) => string | undefined;
  /** What a result means, where nothing is thrown. Default: success. */
  readonly outcome?: (result: Awaited<Result>) => Outcome | undefined;
}

type AnyFunction = (...args: never[]) => unknown;

/**
 * Runs a function as one call of an operation. A promise is followed to its end; what the function returns, throws or is rejected
 * with comes out as it is. Generators, streams and thenables that are no plain promises are passed on untouched, and timed until they
 * are returned; `{ stream: true }` times a stream until it ends.
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
  return complete(shared, call, fn, options);
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
    const call = beginOf(component, operation, this, args, options);
    return call === undefined ? invoke() : complete(shared, call, invoke, options);
  };
  return alike(wrapped, fn);
}

/** The innermost tracked call that is running here, also across `await`, timers and callbacks; undefined outside of any. */
export function currentOperation(): OperationHandle<ParameterValues> | undefined {
  return instrumentation().currentCall();
}

/** Begins a call of a function whose options ask its arguments; undefined where nothing is tracked. Never throws. */
export function beginOf<Arguments extends readonly unknown[]>(
  component: string | undefined,
  operation: string,
  self: unknown,
  args: Arguments,
  options: WrapOptions<Arguments, never> | undefined,
): TrackedCall | undefined {
  const shared = instrumentation();
  const { context, key, outcome } = options ?? {};
  const given = typeof context === "function" ? ask(operation, "context", context, self, args) : context;
  const stickyKey = key && ask(operation, "key", key, self, args);
  return shared.begin(operation, given, { key: stickyKey, outcome }, shared.component(component));
}

/** Gives a function that stands for another one its name and length. */
export function alike<Fn extends AnyFunction>(wrapped: unknown, fn: Fn): Fn {
  Object.defineProperties(wrapped, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
  return wrapped as Fn;
}

function ask<Arguments extends readonly unknown[], Answer>(
  operation: string,
  what: string,
  question: (...args: Arguments) => Answer,
  self: unknown,
  args: Arguments,
): Answer | undefined {
  try {
    return Reflect.apply(question, self, args) as Answer;
  } catch (error) {
    warnOnce(`${what}:${operation}`, `the ${what} of operation "${operation}" cannot be told: ${describeError(error)}`);
    return undefined;
  }
}

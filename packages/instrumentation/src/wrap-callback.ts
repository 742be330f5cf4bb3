/** Tracks functions that tell their result to a callback. */
import { instrumentation } from "./instance.ts";
import { alike, beginOf, type WrapOptions } from "./track.ts";

/** Everything before the callback. */
type WithoutLast<All extends readonly unknown[]> = All extends readonly [...infer Before, unknown] ? Before : All;
/** What the callback is told beside an error. */
type ToldTo<All extends readonly unknown[]> = All extends readonly [
  ...unknown[],
  (error: never, result: infer Result, ...more: never[]) => unknown,
]
  ? Result
  : unknown;

/**
 * The same function, tracked, where its last argument is a callback of Node's kind: `(error, result) => ...`. The call ends when that
 * is called first; an error that is neither null nor undefined is a failure. What the function returns is passed on untouched, and
 * `this`, name, length, arguments and the callback's own `this` and arguments are as they were. Called without a callback, the
 * function is not tracked.
 */
export function wrapCallback<Fn extends (...args: never[]) => unknown>(
  operation: string,
  fn: Fn,
  options?: WrapOptions<WithoutLast<Parameters<Fn>>, ToldTo<Parameters<Fn>>>,
): Fn {
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    const callback = args.at(-1);
    const call =
      typeof callback === "function"
        ? beginOf(undefined, operation, this, args.slice(0, -1), options as WrapOptions<unknown[], never> | undefined)
        : undefined;
    if (call === undefined || typeof callback !== "function") return Reflect.apply(fn, this, args as never[]);
    const told = function (this: unknown, ...answer: unknown[]): unknown {
      const [error, result] = answer;
      if (error === null || error === undefined) call.succeed(result);
      else call.fallThrough(error);
      return Reflect.apply(callback, this, answer);
    };
    const given = [...args.slice(0, -1), alike(told, callback as Fn)];
    try {
      return instrumentation().run(call, () => Reflect.apply(fn, this, given as never[]) as unknown);
    } catch (error) {
      call.fallThrough(error);
      throw error;
    }
  };
  return alike(wrapped, fn);
}

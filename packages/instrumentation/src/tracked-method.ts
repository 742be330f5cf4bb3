/** Tracks the methods of classes that are decorated. */
import { warnOnce } from "./own-failure.ts";
import { type WrapOptions, wrapIn } from "./track.ts";

/** How the calls of a decorated method are tracked. */
export interface TrackedMethodOptions<This, Arguments extends readonly unknown[], Result>
  extends WrapOptions<Arguments, Result, This> {
  /** Whose operation it is. Default: the component of the process. */
  readonly component?: string;
}

type AnyMethod<This, Result> = (this: This, ...args: never[]) => Result | PromiseLike<Result>;
type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments : never;

/** A decorator of methods, for standard decorators and for TypeScript's older ones (`experimentalDecorators`). */
export interface MethodDecoratorOf<This, Arguments extends readonly unknown[], Result> {
  <Method extends AnyMethod<This, Result>>(
    method: ArgumentsOf<Method> extends readonly [...Arguments, ...unknown[]] ? Method : never,
    context: { readonly kind: "method"; readonly name: string | symbol },
  ): Method;
  (prototype: object, name: string | symbol, descriptor: PropertyDescriptor): void;
}

/**
 * Tracks each call of a method as an operation; of static and private ones too. The functions that tell context and key from the
 * arguments have the object as their `this`.
 *
 *     class Writer {
 *       @tracked("generate_lyrics", { context: (genre: string) => ({ genre }) })
 *       async write(genre: string): Promise<string> { ... }
 *     }
 *
 * @param operation Default: the name of the method.
 */
export function tracked<This = unknown, Arguments extends readonly unknown[] = never[], Result = unknown>(
  operation?: string,
  options?: TrackedMethodOptions<This, Arguments, Result>,
): MethodDecoratorOf<This, Arguments, Result> {
  const decorate = (target: unknown, context: unknown, descriptor?: PropertyDescriptor): unknown => {
    if (descriptor !== undefined) {
      descriptor.value = wrapMethod(descriptor.value, nameOf(operation, context), options);
      return undefined;
    }
    return wrapMethod(target, nameOf(operation, (context as { name?: unknown } | undefined)?.name), options);
  };
  return decorate as MethodDecoratorOf<This, Arguments, Result>;
}

function nameOf(operation: string | undefined, member: unknown): string {
  return operation ?? String(member);
}

function wrapMethod(method: unknown, operation: string, options: unknown): unknown {
  if (typeof method === "function") {
    const { component } = (options ?? {}) as { readonly component?: string };
    return wrapIn(component, operation, method as () => unknown, options as WrapOptions<[], unknown>);
  }
  warnOnce(`decorated:${operation}`, `"${operation}" is no method, and is not tracked: decorate methods alone`);
  return undefined;
}

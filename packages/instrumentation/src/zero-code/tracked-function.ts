/** Functions that were named in the configuration, as tracked ones. */
import type { ContextInput } from "@trimtab/conventions";
import { defineOperation } from "../operation.ts";
import { wrap } from "../track.ts";
import type { FunctionRule } from "./configuration.ts";
import type { ModuleExports, ModulePatch, ModuleView } from "./module-patches.ts";
import { valueAt } from "./pattern.ts";

type AnyFunction = (...args: never[]) => unknown;

/** The change of a module that a rule asks for. */
export function functionPatch(rule: FunctionRule, index: number): ModulePatch {
  const path = rule.function.split(".");
  const [name = ""] = path;
  const isExport = path.length === 1;
  // What it is for becomes known to the metrics now, so that its context is right at the first call.
  defineOperation({ name: rule.operation, context: Object.keys(rule.context ?? {}) });
  return {
    module: rule.module,
    rule: `functions[${index}] ("${rule.operation}")`,
    replaces: isExport ? [name] : [],
    apply(module) {
      const last = path.at(-1) ?? "";
      const owner = isExport ? undefined : valueAt(module.get(name), path.slice(1, -1));
      if (!isExport && isAccessor(owner, last)) {
        throw new Error(
          `"${rule.function}" of "${rule.module}" is a getter, which may answer each object with another function`,
        );
      }
      const fn = isExport ? module.get(name) : (owner as ModuleExports | null | undefined)?.[last];
      const problem = problemOf(rule, module, fn);
      if (problem !== undefined) throw new Error(problem);
      const tracked = trackedFunction(rule, fn as AnyFunction);
      if (isExport) return { [name]: tracked };
      const descriptor = Object.getOwnPropertyDescriptor(owner, last);
      const isSet = Reflect.defineProperty(owner as object, last, {
        value: tracked,
        enumerable: descriptor?.enumerable ?? false,
        configurable: true,
        writable: true,
      });
      if (!isSet) throw new Error(`"${rule.function}" of "${rule.module}" cannot be replaced: it is frozen`);
      return {};
    },
  };
}

/** Asked for nothing: a getter may need the object that it belongs to. */
function isAccessor(owner: unknown, name: string): boolean {
  for (let holder = owner; isObject(holder); holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return descriptor.get !== undefined || descriptor.set !== undefined;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function problemOf(rule: FunctionRule, module: ModuleView, fn: unknown): string | undefined {
  if (typeof fn !== "function") {
    const names = module.names().slice(0, 20).join(", ");
    return `"${rule.function}" of "${rule.module}" is no function; it exports ${names === "" ? "nothing" : names}`;
  }
  return /^class\b/.test(Function.prototype.toString.call(fn))
    ? `"${rule.function}" of "${rule.module}" is a class; name a method, such as "${rule.function}.prototype.run"`
    : undefined;
}

/** The function, tracked; for everybody who looks at it, and for `new`, the same. */
function trackedFunction(rule: FunctionRule, fn: AnyFunction): AnyFunction {
  const contextPaths = Object.entries(rule.context ?? {}).map(([key, path]) => [key, path.split(".")] as const);
  const keyPath = rule.key?.split(".");
  const inner = wrap<AnyFunction>(rule.operation, fn, {
    context: (...args: unknown[]) => {
      const context: Record<string, ContextInput[string]> = {};
      for (const [key, path] of contextPaths) context[key] = labelOf(valueAt(args, path));
      return context;
    },
    ...(keyPath === undefined ? {} : { key: (...args: unknown[]) => textOf(valueAt(args, keyPath)) }),
  });
  const tracked = function (this: unknown, ...args: never[]): unknown {
    if (new.target === undefined) return Reflect.apply(inner, this, args);
    return Reflect.construct(fn, args, new.target === tracked ? fn : new.target) as unknown;
  };
  return mirror(tracked, fn);
}

/** Gives a function the name, length, prototype and properties of another one; frameworks tell async functions by their constructor. */
export function mirror<Fn extends object>(copy: Fn, original: unknown): Fn {
  if (typeof original !== "function") return copy;
  Reflect.setPrototypeOf(copy, Reflect.getPrototypeOf(original));
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Reflect.defineProperty(copy, key, descriptor);
  }
  return copy;
}

function labelOf(value: unknown): ContextInput[string] {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : undefined;
}

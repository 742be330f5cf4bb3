/** Changes the exports of CommonJS modules, when their code has run and before whoever required them gets them. */
import Module from "node:module";
import { reportOwnFailure } from "../own-failure.ts";
import type { ModuleExports, ModulePatches } from "./module-patches.ts";

interface CompilingModule {
  exports: unknown;
  _compile: (this: CompilingModule, ...args: [content: string, filename: string, ...rest: unknown[]]) => unknown;
}

/** Catches modules from now on. Every CommonJS module is compiled here, on every version of Node, also one that is imported. */
export function catchCommonJsModules(patches: ModulePatches): void {
  const prototype = (Module as unknown as { prototype: CompilingModule }).prototype;
  const compile = prototype._compile;
  prototype._compile = function (this: CompilingModule, ...args) {
    const result = Reflect.apply(compile, this, args);
    try {
      const [, file] = args;
      if (patches.has(file)) this.exports = changed(this.exports, file, patches);
    } catch (error) {
      reportOwnFailure("changing a module", error);
    }
    return result;
  };
}

function changed(exports: unknown, file: string, patches: ModulePatches): unknown {
  const isFunction = typeof exports === "function";
  if (!isFunction && (typeof exports !== "object" || exports === null)) return exports;
  const before = exports as ModuleExports;
  const { default: replacedDefault, ...replaced }: Record<string, unknown> = patches.apply(before, file);
  const whole = isFunction && replacedDefault !== undefined ? replacedDefault : exports;
  // Compilers write the function once more as a property of itself.
  const hasDefault = replacedDefault !== undefined && (!isFunction || Object.hasOwn(exports, "default"));
  const all = hasDefault ? { ...replaced, default: replacedDefault } : replaced;
  const different = Object.entries(all).filter(([name, value]) => value !== before[name]);
  if (different.every(([name, value]) => Reflect.set(whole as object, name, value))) return whole;
  // Compilers make exports that cannot be written: nobody has seen the object yet, so another one takes its place.
  const descriptors: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(whole);
  for (const [name, value] of different) {
    descriptors[name] = { value, enumerable: true, configurable: true, writable: true };
  }
  return Object.create(Object.getPrototypeOf(whole) as object, descriptors);
}

/**
 * What is to be changed in which module, and what became of it. A change is made when its module has been evaluated and before anybody
 * sees its exports; how modules are caught is the business of `es-modules.ts` and `commonjs-modules.ts`.
 */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { describeError } from "../own-failure.ts";
import { type CaughtModule, caughtAs } from "./caught-modules.ts";

/** Exports by name; those of a module, or those that take their place. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/** The exports of a module, read one by one: some load half a library when they are looked at. */
export interface ModuleView {
  /** What an earlier rule put in its place, else what the module exports. */
  get(name: string): unknown;
  names(): readonly string[];
}

/** A change of one module. Exports that it replaces need a module in between; the others are changed in place. */
export interface ModulePatch extends Omit<CaughtModule, "file"> {
  /** What it is for, at the start of messages: `functions[0] ("render_page")`. */
  readonly rule: string;
  /**
   * Changes what the exports hold, and gives the exports to replace.
   *
   * @throws {Error} whose message tells a person what is in the way.
   */
  apply(module: ModuleView): ModuleExports;
}

interface WaitingPatch extends ModulePatch {
  readonly file: string | undefined;
  isTold: boolean;
  isDone: boolean;
}

/** All patches of a process. */
export class ModulePatches {
  /** What the hooks need to know; it may be sent to another thread. */
  readonly caught: readonly CaughtModule[];
  readonly #patches: readonly WaitingPatch[];
  readonly #tell: (message: string) => void;

  /** @param folder Where the service runs: paths and packages are found from here. */
  constructor(patches: readonly ModulePatch[], folder: string, tell: (message: string) => void) {
    this.#tell = tell;
    this.#patches = patches.map((patch) => {
      const file = fileOf(patch.module, folder);
      const waiting = { ...patch, apply: patch.apply.bind(patch), file, isTold: false, isDone: false };
      if (isPath(patch.module) && file === undefined) {
        this.#problem(waiting, `there is no file ${resolve(folder, patch.module)}`);
      }
      return waiting;
    });
    this.caught = this.#patches.map(({ module, file, replaces }) => ({ module, file, replaces }));
  }

  get isEmpty(): boolean {
    return this.#patches.length === 0;
  }

  /** Is this file to be changed? */
  has(file: string): boolean {
    return this.#of(file).length > 0;
  }

  /** Applies all patches of a module. Never throws: where one cannot be applied, the export stays as it is, and that is told. */
  apply(exports: ModuleExports, file: string, key?: string): ModuleExports {
    const replaced: Record<string, unknown> = {};
    const view: ModuleView = {
      get: (name) => (Object.hasOwn(replaced, name) ? replaced[name] : exportOf(exports, name)),
      names: () => Object.keys(exports),
    };
    for (const patch of this.#of(file, key)) {
      try {
        for (const name of patch.replaces) replaced[name] = view.get(name);
        Object.assign(replaced, patch.apply(view));
        patch.isDone = true;
      } catch (error) {
        this.#problem(patch, error instanceof Error ? error.message : describeError(error));
      }
    }
    return replaced;
  }

  /** A module came on a way where it cannot be changed. */
  missed(file: string, why: string): void {
    for (const patch of this.#of(file)) if (!patch.isDone) this.#problem(patch, why);
  }

  /** Tells of every patch that has found nothing so far; each once. */
  tellUnmatched(when: string): void {
    for (const patch of this.#patches) {
      if (!patch.isDone) this.#problem(patch, `module "${patch.module}" was not loaded ${when}`);
    }
  }

  #of(file: string, specifier?: string): readonly WaitingPatch[] {
    return caughtAs(this.#patches, file, specifier);
  }

  #problem(patch: WaitingPatch, message: string): void {
    if (patch.isTold) return;
    patch.isTold = true;
    this.#tell(`${patch.rule} tracks nothing: ${message}`);
  }
}

/** To an ES module that imports it, the whole of a CommonJS module is its default. */
function exportOf(exports: ModuleExports, name: string): unknown {
  return name === "default" && typeof exports === "function" ? exports : exports[name];
}

/** A path, rather than the name of a package. */
function isPath(module: string): boolean {
  return /^\.{0,2}\//.test(module) || isAbsolute(module);
}

function fileOf(module: string, folder: string): string | undefined {
  try {
    if (!isPath(module)) return createRequire(join(folder, "here.js")).resolve(module);
    const file = resolve(folder, module);
    return existsSync(file) ? realpathSync(file) : undefined;
  } catch {
    return undefined; // a package that has no entry for require(), or is not installed: it may yet be imported
  }
}

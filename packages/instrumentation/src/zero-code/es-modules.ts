/**
 * Changes the exports of ES modules, by a module in between: with Node's hooks in the same thread, where they can be relied on, else with
 * those in a thread of their own.
 */
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { reportOwnFailure } from "../own-failure.ts";
import { facadeFor, facadeTextAt, fileAt } from "./caught-modules.ts";
import { APPLY_KEY } from "./es-module-facade.ts";
import type { ModuleExports, ModulePatches } from "./module-patches.ts";
import { mirror } from "./tracked-function.ts";

/**
 * Catches modules from now on.
 *
 * @param load The `require` of the entry file, beside which our own files are.
 * @returns False where this Node has no hooks for it.
 */
export function catchEsModules(patches: ModulePatches, load: NodeJS.Require): boolean {
  const apply = (exports: ModuleExports, url: string, key: string): ModuleExports =>
    patches.apply(exports, fileAt(url), key);
  Object.assign(globalThis, { [Symbol.for(APPLY_KEY)]: { apply, mirror } });
  if (hasReliableHooks(process.versions.node)) {
    registerInThread(patches);
    return true;
  }
  // The thread of the loader begins with --require too, on the oldest of these versions, and must not ask for a loader of its own.
  if (!isMainThread) return true;
  if (typeof nodeModule.register !== "function") return false;
  const loader = pathToFileURL(load.resolve("./zero-code/es-module-loader.js")).href;
  nodeModule.register(loader, { data: patches.caught });
  return true;
}

/**
 * `module.registerHooks` is there from 22.15 on, but fails beside the hooks of somebody else for CommonJS modules that are imported, up to
 * 22.22.3, 24.11.1 and 25.1 (nodejs/node#59929).
 */
export function hasReliableHooks(version: string): boolean {
  if (typeof nodeModule.registerHooks !== "function") return false;
  const [major = 0, minor = 0, patch = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const since = new Map([
    [22, [22, 3]],
    [24, [11, 1]],
    [25, [1, 0]],
  ]).get(major);
  if (since === undefined) return major > 25;
  const [sinceMinor = 0, sincePatch = 0] = since;
  return minor > sinceMinor || (minor === sinceMinor && patch >= sincePatch);
}

function registerInThread(patches: ModulePatches): void {
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      try {
        const missed = (file: string): void => {
          patches.missed(file, "an ES module that is loaded by require() cannot be changed");
        };
        return { ...found, url: facadeFor(patches.caught, specifier, found, context, missed) ?? found.url };
      } catch (error) {
        reportOwnFailure("finding a module", error);
        return found;
      }
    },
    load(url, context, nextLoad) {
      const source = facadeTextAt(patches.caught, url);
      return source === undefined ? nextLoad(url, context) : { format: "module", source, shortCircuit: true };
    },
  });
}

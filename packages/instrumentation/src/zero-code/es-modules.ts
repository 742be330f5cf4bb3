/** Changes the exports of ES modules, by a module in between. Node's hooks in the same thread, where there are any. */
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { reportOwnFailure } from "../own-failure.ts";
import { APPLY_KEY, facadeOf, facadeSource, facadeUrl, looksLikeEsModule } from "./es-module-facade.ts";
import type { ModuleExports, ModulePatches } from "./module-patches.ts";
import { mirror } from "./tracked-function.ts";

/** Catches modules from now on. @returns False where this Node has no hooks for it. */
export function catchEsModules(patches: ModulePatches): boolean {
  if (typeof nodeModule.registerHooks !== "function") return false;
  const apply = (exports: ModuleExports, url: string, key: string): ModuleExports =>
    patches.apply(exports, fileAt(url), key);
  Object.assign(globalThis, { [Symbol.for(APPLY_KEY)]: { apply, mirror } });
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      try {
        return { ...found, url: withFacade(patches, specifier, found, context) ?? found.url };
      } catch (error) {
        reportOwnFailure("finding a module", error);
        return found;
      }
    },
    load(url, context, nextLoad) {
      const facade = facadeOf(url);
      if (facade === undefined) return nextLoad(url, context);
      const file = fileAt(facade.real);
      const source = facadeSource(
        facade.real,
        facade.key,
        readFileSync(file, "utf8"),
        patches.replaced(file, facade.key),
      );
      return { format: "module", source, shortCircuit: true };
    },
  });
  return true;
}

function withFacade(
  patches: ModulePatches,
  specifier: string,
  { url, format }: { readonly url: string; readonly format?: string | null | undefined },
  context: { readonly parentURL?: string | undefined; readonly conditions?: readonly string[] },
): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const file = fileAt(url);
  const key = patches.keyOf(file, specifier);
  if (key === undefined) return undefined;
  if (context.parentURL !== undefined && facadeOf(context.parentURL) !== undefined) return undefined;
  const isEsModule =
    format === "module" ||
    format === "module-typescript" ||
    ((format === null || format === undefined) && looksLikeEsModule(readFileSync(file, "utf8")));
  if (!isEsModule) return undefined;
  if (context.conditions?.includes("require") === true) {
    patches.missed(file, "an ES module that is loaded by require() cannot be changed");
    return undefined;
  }
  return facadeUrl(url, key);
}

function fileAt(url: string): string {
  return fileURLToPath(url.split(/[?#]/)[0] ?? url);
}

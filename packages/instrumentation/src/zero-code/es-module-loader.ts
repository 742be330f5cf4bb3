/**
 * The hooks of `module.register`, in the thread of the loader: for versions of Node that have none, or no reliable ones, in the thread of
 * the service. Node asks for `initialize`, `resolve` and `load` by name.
 */
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { type CaughtModule, facadeFor, facadeTextAt } from "./caught-modules.ts";

let caught: readonly CaughtModule[] = [];

/** Takes what the thread of the service sends. */
export const initialize: InitializeHook<readonly CaughtModule[]> = (modules) => {
  caught = modules;
};

/** Leads an import to the facade. What of ours fails leads to the module itself: the service then tells that its rule found nothing. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const found = await nextResolve(specifier, context);
  try {
    return { ...found, url: facadeFor(caught, specifier, found, context) ?? found.url };
  } catch {
    return found;
  }
};

/** Gives the text of a facade. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const source = facadeTextAt(caught, url);
  return source === undefined ? nextLoad(url, context) : { format: "module", source, shortCircuit: true };
};

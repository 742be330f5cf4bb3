/**
 * Which modules get a module in between, and what it says. Data and functions on it: they work in the thread of the service, and in the
 * thread of the loader, which has nothing but what was sent to it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { facadeOf, facadeSource, facadeUrl, looksLikeEsModule } from "./es-module-facade.ts";

/** A module that somebody wants to change. */
export interface CaughtModule {
  /** As the configuration says it: a path, or a package. */
  readonly module: string;
  /** Undefined for a package that only ES modules can find. */
  readonly file: string | undefined;
  /** Exports that are replaced. */
  readonly replaces: readonly string[];
}

/** What Node found for an import. */
export interface FoundModule {
  readonly url: string;
  readonly format?: string | null | undefined;
}

/** Who asked, and how. */
export interface ImportContext {
  readonly parentURL?: string | undefined;
  readonly conditions?: readonly string[];
}

/** All that is wanted of one module. */
export function caughtAs<Caught extends CaughtModule>(
  all: readonly Caught[],
  file: string,
  specifier?: string,
): readonly Caught[] {
  return all.filter((each) => each.file === file || each.module === specifier);
}

/**
 * The address of the facade that is imported instead; undefined where the module itself is.
 *
 * @param missed Hears of a module that came on a way where it cannot be changed.
 */
export function facadeFor(
  all: readonly CaughtModule[],
  specifier: string,
  { url, format }: FoundModule,
  { parentURL, conditions }: ImportContext,
  missed: (file: string) => void = () => {},
): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const file = fileAt(url);
  // However a module was asked for, its key is the same: there must be one facade, or modules that import each other would be
  // evaluated in another order.
  const key = caughtAs(all, file, specifier)[0]?.module;
  if (key === undefined) return undefined;
  if (parentURL !== undefined && facadeOf(parentURL) !== undefined) return undefined;
  const isEsModule =
    format === "module" ||
    format === "module-typescript" ||
    ((format === null || format === undefined) && looksLikeEsModule(readFileSync(file, "utf8")));
  if (!isEsModule) return undefined;
  if (conditions?.includes("require") === true) {
    missed(file);
    return undefined;
  }
  return facadeUrl(url, key);
}

/** The text of the facade at an address; undefined where a module of somebody else is. */
export function facadeTextAt(all: readonly CaughtModule[], url: string): string | undefined {
  const facade = facadeOf(url);
  if (facade === undefined) return undefined;
  const file = fileAt(facade.real);
  const replaced = new Set(caughtAs(all, file, facade.key).flatMap(({ replaces }) => replaces));
  return facadeSource(facade.real, facade.key, readFileSync(file, "utf8"), [...replaced]);
}

/** The file at an address, without what follows its path. */
export function fileAt(url: string): string {
  return fileURLToPath(url.split(/[?#]/)[0] ?? url);
}

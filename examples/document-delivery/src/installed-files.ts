/** The files of the packages that are installed beside this one: real input that every machine has after the install. */
import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";

/** A file of an installed package. */
export interface InstalledFile {
  readonly path: string;
  /** Package and path in it, with `/` on every platform. */
  readonly name: string;
  readonly bytes: number;
}

/**
 * Every file of every installed package whose name matches, in an order that is the same on every machine.
 *
 * The folder is found by asking the module system for a package that this one depends on: pnpm keeps all packages of the
 * workspace in the same tree, and so do npm and yarn in theirs. Links are not followed, so that nothing comes twice.
 */
export function listInstalledFiles(pattern: RegExp): InstalledFile[] {
  const root = packagesFolder();
  const files: InstalledFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        if (!isCache(entry)) visit(join(folder, entry.name));
      } else if (entry.isFile() && pattern.test(entry.name)) {
        const path = join(folder, entry.name);
        files.push({ path, name: nameOf(relative(root, path)), bytes: statSync(path).size });
      }
    }
  };
  visit(root);
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Without pnpm's own folders: `.pnpm/zod@4.6.7/node_modules/zod/index.js` is `zod/index.js`. */
function nameOf(path: string): string {
  const parts = path.split(sep);
  return parts.slice(parts.lastIndexOf("node_modules") + 1).join("/");
}

/** The outermost `node_modules` that holds our dependencies. */
function packagesFolder(): string {
  const resolved = realpathSync(createRequire(import.meta.url).resolve("@opentelemetry/api"));
  const parts = resolved.split(sep);
  return parts.slice(0, parts.indexOf("node_modules") + 1).join(sep);
}

/** Tools keep their caches in folders such as `.vite`; what is in them differs from one machine to the next. */
function isCache(entry: Dirent): boolean {
  return entry.name.startsWith(".") && entry.name !== ".pnpm";
}

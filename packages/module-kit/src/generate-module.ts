/** Writes a new module: a package that is tested, learns, and is to be changed. */
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type ModuleNames, moduleNames } from "./generator/module-names.ts";
import { GITIGNORE, type PackageSource, packageJson, trimtabYaml, tsconfigJson } from "./generator/package-files.ts";
import { readmeFile } from "./generator/readme-file.ts";
import {
  adaptationFile,
  configurationFile,
  coreFile,
  errorsFile,
  feedbackFile,
  indexFile,
  mainFile,
  metricsFile,
  moduleFile,
  SAMPLE_TEXTS_FILE,
  schemasFile,
} from "./generator/source-files.ts";
import { testFile } from "./generator/test-file.ts";

/** What is to be written, and where. */
export interface GenerateOptions {
  /** Lower-case letters and digits, with `-` or `_` between words. */
  readonly name: string;
  /** The folder; it is made. Default: one of the module's name, where the process is. */
  readonly out?: string;
  /** Writes over files that are there. Default false. */
  readonly force?: boolean;
  /** A folder with the tarballs of Trimtab's packages, which package.json then names. Default: the registry, or the workspace around. */
  readonly tarballs?: string;
  /** Such a folder for where there is neither another one nor a workspace: a clone that has packed its packages. */
  readonly tarballsOtherwise?: string;
}

/** What was written. */
export interface GeneratedModule {
  readonly names: ModuleNames;
  readonly folder: string;
  /** Relative to the folder, sorted. */
  readonly files: readonly string[];
  readonly source: PackageSource["kind"];
}

/** Nothing was written; the message says why, and what to do. */
export class GenerateError extends Error {
  override readonly name = "GenerateError";
}

/** Everything that the packages which a module imports need of each other. */
const NEEDED_TARBALLS = ["conventions", "engine", "instrumentation", "learning", "module-kit", "simulator"];

/** What the published packages are versioned as. */
const VERSION = "0.1.0";

/**
 * Writes the module.
 *
 * @throws {GenerateError} on a name that is none, files that are there already, a folder that cannot be written.
 */
export function generateModule({
  name,
  out,
  force = false,
  tarballs,
  tarballsOtherwise,
}: GenerateOptions): GeneratedModule {
  const names = moduleNames(name);
  if ("problem" in names) throw new GenerateError(names.problem);
  const folder = resolve(out ?? names.file);
  const source = packageSource(folder, tarballs, tarballsOtherwise);
  const files = filesOf(names, source);
  refuseFileAsFolder(folder);
  const there = [...files.keys()].filter((file) => existsSync(join(folder, file)));
  if (there.length > 0 && !force) {
    const more = there.length === 1 ? "" : ` and ${there.length - 1} more`;
    throw new GenerateError(
      `${join(folder, there[0] ?? "")}${more} ${there.length > 1 ? "are" : "is"} there already; --force writes over it, --out names another folder`,
    );
  }
  try {
    for (const [file, text] of files) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { flag: force ? "w" : "wx" });
    }
  } catch (error) {
    throw new GenerateError(`${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { names, folder, files: [...files.keys()].sort(), source: source.kind };
}

function filesOf(names: ModuleNames, source: PackageSource): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", packageJson(names, source)],
    ["tsconfig.json", tsconfigJson(source)],
    [".gitignore", GITIGNORE],
    ["trimtab.yaml", trimtabYaml(names)],
    ["README.md", readmeFile(names)],
    ["src/index.ts", indexFile(names)],
    ["src/configuration.ts", configurationFile(names)],
    ["src/schemas.ts", schemasFile(names)],
    ["src/adaptation.ts", adaptationFile(names)],
    ["src/core.ts", coreFile(names)],
    ["src/metrics.ts", metricsFile(names)],
    ["src/feedback.ts", feedbackFile(names)],
    ["src/errors.ts", errorsFile(names)],
    ["src/sample-texts.ts", SAMPLE_TEXTS_FILE],
    ["src/main.ts", mainFile(names)],
    ["src/module.ts", moduleFile(names)],
    ["src/module.test.ts", testFile(names)],
  ]);
}

function refuseFileAsFolder(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new GenerateError(`${folder} is a file; --out names a folder`);
}

function packageSource(folder: string, asked: string | undefined, otherwise: string | undefined): PackageSource {
  const isWorkspace = isInWorkspace(folder);
  const tarballs = asked ?? (isWorkspace ? undefined : otherwise);
  if (tarballs !== undefined) return { kind: "tarballs", specifications: specificationsOf(folder, resolve(tarballs)) };
  return isWorkspace ? { kind: "workspace" } : { kind: "published", version: VERSION };
}

function specificationsOf(folder: string, tarballs: string): Readonly<Record<string, string>> {
  const entries = NEEDED_TARBALLS.map((name) => {
    const [tarball] = globSync(`trimtab-${name}-[0-9]*.tgz`, { cwd: tarballs });
    if (tarball === undefined)
      throw new GenerateError(
        `${tarballs} has no tarball of @trimtab/${name}; npm run pack writes them in the clone of Trimtab`,
      );
    const path = relative(folder, join(tarballs, tarball)).split(sep).join("/");
    return [`@trimtab/${name}`, `file:${path}`] as const;
  });
  return Object.fromEntries(entries);
}

/** Is the folder in a pnpm workspace that has our packages, and one of its own? */
function isInWorkspace(folder: string): boolean {
  for (let place = dirname(folder); ; place = dirname(place)) {
    if (existsSync(join(place, "pnpm-workspace.yaml"))) {
      const manifest = join(place, "packages/module-kit/package.json");
      if (!existsSync(manifest)) return false;
      const text = readFileSync(manifest, "utf8");
      const parents = readFileSync(join(place, "pnpm-workspace.yaml"), "utf8");
      const [top] = relative(place, folder).split(sep);
      return text.includes('"@trimtab/module-kit"') && parents.includes(`- ${top}/*`);
    }
    if (dirname(place) === place) return false;
  }
}

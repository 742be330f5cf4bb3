/** What the packages of others may be: read from the lock file and from what is installed, without the network. */
import { existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Licences that let everybody use the product as its own licence does. */
const ALLOWED_LICENCES: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
]);

/** As much of a package.json as is looked at. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A package that is installed, and for whom. */
export interface Installed {
  readonly manifest: Manifest;
  /** From the package of ours to the one that asks for it. */
  readonly askedBy: readonly string[];
}

/** What is wrong with the text of a lock file of pnpm: each package comes from the registry, whichever it is, with its digest. */
export function lockProblems(text: string): string[] {
  const problems: string[] = [];
  const packages = /^packages:\n([\s\S]*?)^snapshots:\n/m.exec(text)?.[1] ?? "";
  const entries = packages.split(/^ {2}(?=\S)/m).filter((entry) => entry.trim() !== "");
  if (entries.length === 0) problems.push("there are no packages");
  for (const entry of entries) {
    const name = entry.split("\n", 1)[0]?.replace(/:$/, "");
    const resolution = /^ {4}resolution: (.*)$/m.exec(entry)?.[1];
    if (!/^\{integrity: sha512-[\w+/]{86}==\}$/.test(resolution ?? ""))
      problems.push(`${name} is not resolved by its digest alone: ${resolution}`);
    if (!/^'?(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.+-]*'?$/.test(name ?? ""))
      problems.push(`${name} is no version of a registry`);
  }
  for (const line of text.split("\n")) {
    if (/^ +deprecated: /.test(line)) continue; // whoever deprecates writes what they like
    if (line.includes("://")) problems.push(`an address: ${line.trim()}`);
    if (/^ +(specifier|version): '?(git|github:|file:|http|[\w-]+\/[\w-]+(#|$))/.test(line))
      problems.push(`not from a registry: ${line.trim()}`);
  }
  return problems;
}

/** Everything that somebody installs with these packages of ours, each once. Optional peers are not: whoever wants them installs them. */
export function productionPackages(folders: readonly string[]): Installed[] {
  const found = new Map<string, Installed>();
  const visit = (folder: string, askedBy: readonly string[]): void => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    const path = [...askedBy, manifest.name];
    const isOptionalPeer = (name: string): boolean => manifest.peerDependenciesMeta?.[name]?.optional === true;
    const needed = [
      ...Object.keys(manifest.dependencies ?? {}).filter((name) => !(name in (manifest.optionalDependencies ?? {}))),
      ...Object.keys(manifest.peerDependencies ?? {}).filter((name) => !isOptionalPeer(name)),
    ];
    for (const name of [...needed, ...Object.keys(manifest.optionalDependencies ?? {})]) {
      const place = placeOf(name, folder);
      if (place === undefined) {
        if (needed.includes(name)) throw new Error(`${path.join(" > ")} asks for ${name}, which is not installed`);
        continue; // optional, and not for this machine
      }
      if (found.has(place)) continue;
      const installed = JSON.parse(readFileSync(join(place, "package.json"), "utf8")) as Manifest;
      found.set(place, { manifest: installed, askedBy: path });
      visit(place, path);
    }
  };
  for (const folder of folders) visit(folder, []);
  return [...found.values()];
}

/** The folder of a package as Node would find it from another one. */
function placeOf(name: string, from: string): string | undefined {
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return realpathSync(place);
    if (dirname(folder) === folder) return undefined;
  }
}

/** The folders of the packages that are published. */
export function publishedFolders(root: string): string[] {
  return globSync("packages/*/package.json", { cwd: root })
    .filter((file) => (JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest).private !== true)
    .map((file) => dirname(join(root, file)));
}

/** Is what a package.json says of its licence allowed? Of alternatives one is enough. */
export function isAllowedLicence(licence: unknown): boolean {
  if (typeof licence !== "string") return false;
  const bare = licence.trim().replace(/^\((.*)\)$/, "$1");
  return bare
    .split(" OR ")
    .some((one) => one.split(" AND ").every((each) => ALLOWED_LICENCES.has(each.trim().replace(/^\((.*)\)$/, "$1"))));
}

/** The files around the sources of a generated module: its package, its compiler, and a configuration for a controller. */
import type { ModuleNames } from "./module-names.ts";

/** Where the packages of Trimtab come from. */
export type PackageSource =
  /** From the registry. */
  | { readonly kind: "published"; readonly version: string }
  /** From the workspace that the module lies in: their TypeScript sources run as they are. */
  | { readonly kind: "workspace" }
  /** From tarballs; all that are needed, also by each other, because no registry has them. */
  | { readonly kind: "tarballs"; readonly specifications: Readonly<Record<string, string>> };

/** The packages that the generated code imports. */
const IMPORTED_PACKAGES: readonly string[] = ["@trimtab/instrumentation", "@trimtab/module-kit"];

/** The versions of what other people publish, as the packages of Trimtab have them. */
export const OTHER_PACKAGES: {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = {
  dependencies: { "@opentelemetry/api": "^1.10.0", zod: "^4.6.0" },
  devDependencies: { "@types/node": "^24.0.0", typescript: "^7.0.2" },
};

/** package.json */
export function packageJson(names: ModuleNames, source: PackageSource): string {
  const node = source.kind === "workspace" ? "node --conditions=source" : "node";
  const manifest = {
    name: names.file,
    version: "0.1.0",
    description: `A self-learning module: ${names.words}`,
    private: true,
    type: "module",
    engines: { node: ">=22.18" },
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
    files: ["dist"],
    scripts: {
      start: `${node} src/main.ts`,
      test: `${node} --test "src/*.test.ts"`,
      typecheck: "tsc --noEmit",
      build: "tsc",
    },
    dependencies: sorted({ ...OTHER_PACKAGES.dependencies, ...ownPackages(source) }),
    devDependencies: sorted(OTHER_PACKAGES.devDependencies),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function ownPackages(source: PackageSource): Readonly<Record<string, string>> {
  if (source.kind === "tarballs") return source.specifications;
  const specification = source.kind === "workspace" ? "workspace:*" : `^${source.version}`;
  return Object.fromEntries(IMPORTED_PACKAGES.map((name) => [name, specification]));
}

function sorted(entries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** tsconfig.json */
export function tsconfigJson(source: PackageSource): string {
  const conditions = source.kind === "workspace" ? `,\n    "customConditions": ["source"]` : "";
  return `{
  "compilerOptions": {
    "target": "es2024",
    "lib": ["es2024", "esnext.disposable"],
    "module": "nodenext",
    "types": ["node"],
    "rootDir": "src",
    "outDir": "dist",
    "declaration": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "rewriteRelativeImportExtensions": true,
    "skipLibCheck": true${conditions}
  },
  "include": ["src"]
}
`;
}

/** .gitignore */
export const GITIGNORE = "node_modules/\ndist/\n*.db\n*.db-*\n";

/** trimtab.yaml: what a controller needs to know of the module. */
export function trimtabYaml({ component, words }: ModuleNames): string {
  return `# For a controller that learns for the ${words}: trimtab serve, here. The parameters are those of src/adaptation.ts.
controller:
  listen: 127.0.0.1:4600
  interval: 2s # 30s is usual; this one is for a first look
metrics:
  source: embedded # or a Prometheus: { source: prometheus, url: http://127.0.0.1:9090 }
  scrape: [http://127.0.0.1:9464/metrics]
  scrapeInterval: 1s
components:
  ${component}:
    operations:
      process:
        context: [kind]
        parameters:
          share: { type: number, base: 0.5, min: 0.1, max: 0.9, step: 0.1 }
          pick: { type: choice, base: first, choices: [first, longest] }
        objective:
          quality: 0.7
          success: 0.3
        constraints:
          - success_rate >= 0.9
        mode: auto # observe: change nothing; suggest: a person takes each change
        confidence: 0.7 # below it a change is only a suggestion
        holdout: 0.05 # this share of the calls keeps the base values for ever: the yardstick
`;
}

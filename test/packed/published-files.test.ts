/** What the tarballs hold: found by Node, TypeScript and bundlers in both kinds of modules, and nothing that a service would not want. */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { rolldown } from "rolldown";
import { afterEach, describe, expect, inject, test } from "vitest";
import { cleanUp, root, temporaryFolder } from "../end-to-end/processes.ts";
import { unpack } from "./packed-service.ts";

afterEach(cleanUp);

const packages = ["conventions", "instrumentation"] as const;
type Package = (typeof packages)[number];

function tarballOf(name: Package | "module-kit"): Uint8Array<ArrayBuffer> {
  const [file] = globSync(`trimtab-${name}-*.tgz`, { cwd: inject("tarballs") });
  return Uint8Array.from(readFileSync(join(inject("tarballs"), file ?? "")));
}

/** A folder with the packages and the API that they ask for. */
function consumer(): string {
  const folder = temporaryFolder();
  unpack(folder);
  for (const name of ["@opentelemetry", "@types"]) mkdirSync(join(folder, "node_modules", name), { recursive: true });
  const link = (from: string, name: string): void => {
    symlinkSync(join(root, from, "node_modules", name), join(folder, "node_modules", name));
  };
  link("packages/instrumentation", "@opentelemetry/api");
  link(".", "@types/node");
  return folder;
}

/** The names that a package offers beside its main entry, such as `/register`. */
function entriesOf(name: Package): string[] {
  const manifest = readFileSync(join(root, "packages", name, "package.json"), "utf8");
  return Object.keys(JSON.parse(manifest).exports).map((entry) => entry.slice(1));
}

describe.each(packages)("the tarball of %s", (name) => {
  test("has nothing that publint objects to", async () => {
    const { messages } = await publint({ pack: { tarball: tarballOf(name).buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  test("has types that tell the truth for every way of finding them", async () => {
    const { problems = [], ...analysis } = (await checkPackage(createPackageFromTarballData(tarballOf(name)))) as {
      problems?: { kind: string; resolutionKind?: string }[];
      types: unknown;
    };
    expect(analysis.types).not.toBe(false);
    // node10 knows no "exports", and so no entry beside the main one; nobody who runs Node 20 needs it.
    expect(problems.filter(({ resolutionKind }) => resolutionKind !== "node10")).toEqual([]);
  });

  test("holds no test, and nothing that runs when it is installed", () => {
    const folder = consumer();
    const files = globSync("**/*", { cwd: join(folder, "node_modules/@trimtab", name) });
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => /[.]test[.]|buildinfo/.test(file))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(folder, "node_modules/@trimtab", name, "package.json"), "utf8"));
    expect(Object.keys(manifest.scripts ?? {}).filter((script) => /install|prepare/.test(script))).toEqual([]);
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(name === "conventions" ? [] : ["@trimtab/conventions"]);
  });
});

describe("the tarball of module-kit, which is for ES modules alone", () => {
  test("has nothing that publint objects to, and types that tell the truth", async () => {
    const { messages } = await publint({ pack: { tarball: tarballOf("module-kit").buffer }, strict: true });
    expect(messages).toEqual([]);
    const analysis = await checkPackage(createPackageFromTarballData(tarballOf("module-kit")));
    expect(analysis.types).not.toBe(false);
    const problems = "problems" in analysis ? analysis.problems : [];
    // node10 knows no "exports"; that CommonJS gets an ES module is what it is.
    const unexpected = problems.filter(
      (problem) =>
        problem.kind !== "CJSResolvesToESM" && !("resolutionKind" in problem && problem.resolutionKind === "node10"),
    );
    expect(unexpected).toEqual([]);
  });

  test("holds no test, and what people import: the kit, its testing part and its generator", () => {
    const folder = temporaryFolder();
    unpack(folder, ["module-kit"]);
    const files = globSync("**/*", { cwd: join(folder, "node_modules/@trimtab/module-kit") });
    expect(files.filter((file) => /[.]test[.]|buildinfo/.test(file))).toEqual([]);
    for (const entry of ["index", "testing/index", "generate-module"])
      expect(files).toEqual(expect.arrayContaining([`dist/${entry}.js`, `dist/${entry}.d.ts`]));
  });
});

test("what the manifest promises is what the tests have: the oldest Node, API and SDK", () => {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
  const { engines, peerDependencies } = read("packages/instrumentation");
  const oldest = read("test/services/opentelemetry-1").dependencies;
  expect([engines.node, read("packages/conventions").engines.node]).toEqual([">=20.6", ">=20.6"]);
  expect(inject("oldestNode")).toContain("node-20.6.0");
  expect(peerDependencies["@opentelemetry/api"]).toBe(`>=${oldest["@opentelemetry/api"]} <2`);
  expect(peerDependencies["@opentelemetry/sdk-node"]).toBe(`>=${oldest["@opentelemetry/sdk-node"]} <1`);
});

describe("a consumer", () => {
  const code = `
    import { defineOperation, track } from "@trimtab/instrumentation";
    import type { ParameterValues } from "@trimtab/conventions";
    const operation = defineOperation({
      name: "deliver", context: ["type"],
      parameters: { level: { type: "integer", base: 4, min: 1, max: 9 }, kind: { type: "choice", base: "a", choices: ["a", "b"] } },
    });
    export const level: number = operation.track({ type: "json" }, (call) => call.parameters.level);
    export const kind: "a" | "b" = operation.track({ type: "json" }, (call) => call.parameters.kind);
    // @ts-expect-error a choice is no number
    export const wrong: number = operation.track({ type: "json" }, (call) => call.parameters.kind);
    export const later: Promise<string> = track("op", {}, async () => "x");
    export const values: ParameterValues = { level: 4 };
  `;
  const compile = (folder: string, options: readonly string[]): string => {
    const tsc = createRequire(join(root, "package.json")).resolve("typescript/package.json");
    const args = [join(tsc, "../bin/tsc"), "--noEmit", "--strict", "--types", "node", "--target", "es2022", ...options];
    try {
      return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout);
    }
  };

  test("compiles against the types as ES module, as CommonJS and for a bundler, with all library checks on", () => {
    const folder = consumer();
    for (const file of ["consumer.mts", "consumer.cts"]) writeFileSync(join(folder, file), code);
    expect(compile(folder, ["--module", "nodenext", "consumer.mts", "consumer.cts"])).toBe("");
    expect(compile(folder, ["--module", "preserve", "--moduleResolution", "bundler", "consumer.mts"])).toBe("");
  });

  test("is told of a mistake: the types are found, and are not any", () => {
    const folder = consumer();
    writeFileSync(join(folder, "consumer.cts"), code.replace("// @ts-expect-error a choice is no number", ""));
    expect(compile(folder, ["--module", "nodenext", "--skipLibCheck", "consumer.cts"])).toContain(
      "Type 'string' is not assignable to type 'number'",
    );
  });

  const bundle = async (text: string): Promise<string[]> => {
    const folder = consumer();
    writeFileSync(join(folder, "entry.mjs"), text);
    const build = await rolldown({
      input: join(folder, "entry.mjs"),
      platform: "node",
      external: [/^@opentelemetry/, /^node:/],
    });
    const { output } = await build.generate({ format: "esm" });
    const [{ modules }] = output;
    const rendered = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0);
    return rendered.map(([path]) => path.replace(/^.*@trimtab\//, ""));
  };

  test("that bundles one function of conventions has that function and what it needs", async () => {
    const modules = await bundle(
      `import { parseDuration } from "@trimtab/conventions"; console.log(parseDuration("1s"));`,
    );
    expect(modules.filter((path) => path.startsWith("conventions/"))).toEqual(["conventions/dist/duration.js"]);
  });

  test.each(packages.flatMap((name) => entriesOf(name).map((entry) => `@trimtab/${name}${entry}`)))(
    "that imports %s and uses nothing of it carries nothing of it, unless importing is its use",
    async (specifier) => {
      const modules = await bundle(`import "${specifier}";`);
      const ours = modules.filter((path) => /^(conventions|instrumentation)\//.test(path));
      expect(ours.includes("instrumentation/dist/cjs/register-service.js")).toBe(specifier.endsWith("/register"));
      expect(ours.length > 0).toBe(specifier.endsWith("/register"));
    },
  );

  test("that bundles track has neither the metrics page nor what starts an SDK", async () => {
    const modules = await bundle(`import { track } from "@trimtab/instrumentation"; track("op", {}, () => {});`);
    expect(modules).toContain("instrumentation/dist/track.js");
    const unwanted = /register-service|open-telemetry-sdk|metrics-page|openfeature|testing/;
    expect(modules.filter((path) => unwanted.test(path))).toEqual([]);
  });
});

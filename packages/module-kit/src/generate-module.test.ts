import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { GenerateError, generateModule } from "./generate-module.ts";
import { moduleNames } from "./generator/module-names.ts";
import { OTHER_PACKAGES } from "./generator/package-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-generate-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string): string => readFileSync(join(folder, file), "utf8");

describe("the name of a module", () => {
  test.each([
    ["song_writer", { component: "song_writer", file: "song-writer", value: "songWriter", type: "SongWriter" }],
    ["song-writer", { component: "song_writer", file: "song-writer", value: "songWriter", type: "SongWriter" }],
    ["mp3_to_text2", { component: "mp3_to_text2", file: "mp3-to-text2", value: "mp3ToText2", type: "Mp3ToText2" }],
  ])("%s is spelt for each place", (name, names) => {
    expect(moduleNames(name)).toMatchObject(names);
  });

  test.each([
    ["SongWriter", /song_writer would do/],
    ["3songs", /songs would do/],
    ["song__writer", /song_writer would do/],
    ["../evil", /evil would do/],
    ["", /is no name/],
    ["ä", /is no name/],
    ["class", /class_module would do/],
    ["a".repeat(51), /at most 50/],
  ])("%j is refused, with what would do", (name, problem) => {
    expect(moduleNames(name)).toEqual({ problem: expect.stringMatching(problem) });
    expect(() => generateModule({ name, out: folder })).toThrow(GenerateError);
  });
});

describe("a module that is written", () => {
  test("has a file for each of its questions, under its name", () => {
    const { files, names } = generateModule({ name: "song_writer", out: folder });
    expect(files).toEqual([
      ".gitignore",
      "README.md",
      "package.json",
      "src/adaptation.ts",
      "src/configuration.ts",
      "src/core.ts",
      "src/errors.ts",
      "src/feedback.ts",
      "src/index.ts",
      "src/main.ts",
      "src/metrics.ts",
      "src/module.test.ts",
      "src/module.ts",
      "src/sample-texts.ts",
      "src/schemas.ts",
      "trimtab.yaml",
      "tsconfig.json",
    ]);
    expect(names.component).toBe("song_writer");
    expect(read("src/module.ts")).toContain('name: "song_writer"');
    expect(JSON.parse(read("package.json"))).toMatchObject({
      name: "song-writer",
      dependencies: { "@trimtab/module-kit": "^0.1.0", "@trimtab/instrumentation": "^0.1.0" },
    });
    const checklist = read("README.md").match(/^- \[[x ]\] /gm) ?? [];
    expect(checklist).toHaveLength(10);
  });

  test("has a configuration for a controller with the parameters of its code", () => {
    generateModule({ name: "song_writer", out: folder });
    const { components } = parse(read("trimtab.yaml"));
    const { context, parameters } = components.song_writer.operations.process;
    const code = read("src/adaptation.ts");
    for (const name of Object.keys(parameters)) expect(code).toContain(`  ${name}: { type: "${parameters[name].type}"`);
    expect(code).toContain("base: 0.5, min: 0.1, max: 0.9, step: 0.1");
    expect(parameters.share).toEqual({ type: "number", base: 0.5, min: 0.1, max: 0.9, step: 0.1 });
    expect(context).toEqual(["kind"]);
  });

  test("asks for the versions of other packages that ours have", () => {
    const { catalog } = parse(readFileSync(new URL("../../../pnpm-workspace.yaml", import.meta.url), "utf8"));
    const asked = { ...OTHER_PACKAGES.dependencies, ...OTHER_PACKAGES.devDependencies };
    for (const [name, version] of Object.entries(asked))
      expect(version.replace("^", "")).toBe(catalog[name].replace("^", ""));
  });

  test("is written over nothing, unless that is wanted", () => {
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/core.ts"), "mine");
    writeFileSync(join(folder, "other.txt"), "mine");
    expect(() => generateModule({ name: "song_writer", out: folder })).toThrow(
      `${join(folder, "src/core.ts")} is there already; --force writes over it, --out names another folder`,
    );
    expect(read("src/core.ts")).toBe("mine");
    generateModule({ name: "song_writer", out: folder, force: true });
    expect(read("src/core.ts")).toContain("SongWriterError");
    expect(read("other.txt")).toBe("mine");
  });

  test("needs a folder, and the tarballs that were promised", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => generateModule({ name: "a", out: join(folder, "file") })).toThrow("is a file; --out names a folder");
    expect(() => generateModule({ name: "a", out: join(folder, "a"), tarballs: folder })).toThrow(
      `${folder} has no tarball of @trimtab/conventions; npm run pack writes them in the clone of Trimtab`,
    );
    expect(() => generateModule({ name: "a", out: join(folder, "file/a") })).toThrow("cannot be written");
  });

  test("takes tarballs where there are some, by paths from its own folder", () => {
    for (const name of ["conventions", "engine", "instrumentation", "learning", "module-kit", "simulator"])
      writeFileSync(join(folder, `trimtab-${name}-0.1.0.tgz`), "");
    const { source } = generateModule({ name: "a", out: join(folder, "below/a"), tarballs: folder });
    expect(source).toBe("tarballs");
    expect(JSON.parse(read("below/a/package.json")).dependencies).toMatchObject({
      "@trimtab/module-kit": "file:../../trimtab-module-kit-0.1.0.tgz",
      "@trimtab/conventions": "file:../../trimtab-conventions-0.1.0.tgz",
    });
  });

  test("is part of the workspace that it lies in", () => {
    mkdirSync(join(folder, "packages/module-kit"), { recursive: true });
    writeFileSync(join(folder, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n  - examples/*\n");
    writeFileSync(join(folder, "packages/module-kit/package.json"), '{ "name": "@trimtab/module-kit" }');
    expect(generateModule({ name: "a", out: join(folder, "examples/a") }).source).toBe("workspace");
    expect(JSON.parse(read("examples/a/package.json")).dependencies["@trimtab/module-kit"]).toBe("workspace:*");
    expect(generateModule({ name: "a", out: join(folder, "elsewhere/a") }).source).toBe("published");
  });
});

/** What `trimtab new module` writes in a clone: it passes the checks of this repository, its compiler and its own tests. */
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanUp, root, temporaryFolder } from "../end-to-end/processes.ts";

const exec = promisify(execFile);

/** A workspace with our packages, as a clone is one, and what a module needs beside them. */
function workspace(): string {
  const folder = temporaryFolder();
  copyFileSync(join(root, "pnpm-workspace.yaml"), join(folder, "pnpm-workspace.yaml"));
  const link = (from: string, to: string): void => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    symlinkSync(join(root, from), join(folder, to));
  };
  for (const name of ["conventions", "engine", "instrumentation", "learning", "module-kit", "simulator"]) {
    link(`packages/${name}`, `packages/${name}`);
    link(`packages/${name}`, `node_modules/@trimtab/${name}`);
  }
  link("packages/module-kit/node_modules/zod", "node_modules/zod");
  link("packages/instrumentation/node_modules/@opentelemetry/api", "node_modules/@opentelemetry/api");
  link("node_modules/typescript", "node_modules/typescript");
  link("node_modules/@types/node", "node_modules/@types/node");
  return folder;
}

/** As a person's shell has it: nothing of the test runner's. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TRIMTAB|OTEL|npm_)/.test(name));
  return { ...Object.fromEntries(inherited), PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };
}

describe("a module in a clone", () => {
  let folder: string;
  let module: string;
  let told: string;
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, args, { cwd: module, env: environment(), encoding: "utf8", stdio: "pipe" });

  beforeAll(() => {
    folder = workspace();
    module = folder;
    const cli = join(root, "packages/controller/src/cli/cli.ts");
    told = run("--conditions=source", cli, "new", "module", "song_writer", "--out", "examples/song-writer");
    module = join(folder, "examples/song-writer");
  });
  afterAll(cleanUp);

  test("is told file by file, with what to do next", () => {
    expect(told).toContain("examples/song-writer has a new module, song_writer, in 17 files:");
    expect(told).toContain("  cd examples/song-writer\n  pnpm install ");
  });

  test("passes its own tests as it is, and its types are sound", async () => {
    const options = { cwd: module, env: environment() };
    const [{ stdout }] = await Promise.all([
      exec("npm", ["test"], options),
      exec(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), "--noEmit"], options),
    ]);
    expect(stdout).toMatch(/pass 23\n/);
    expect(stdout).toMatch(/fail 0\n/);
  });

  test("is formatted and linted as this repository is", () => {
    const { vcs: _, ...settings } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
    writeFileSync(join(module, "biome.json"), JSON.stringify(settings));
    copyFileSync(join(root, ".oxlintrc.json"), join(module, ".oxlintrc.json"));
    symlinkSync(join(root, "scripts"), join(module, "scripts"));
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    expect(() => run(biome, "check", "src", "package.json", "tsconfig.json")).not.toThrow();
    const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
    // Tests of node:test give promises that nobody awaits, by design.
    const allowed = ["--deny-warnings", "--allow", "typescript/no-floating-promises"];
    expect(run(oxlint, "--type-aware", ...allowed, "src")).toContain("0 errors");
  });
});

/** The reference of the public code is written from the doc comments of the packages; an export without one is an error. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = new URL("../../tools/api-reference/", import.meta.url).pathname;
const packages = new URL("../../packages/", import.meta.url).pathname;
const out = mkdtempSync(join(tmpdir(), "trimtab-api-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

let written: { readonly status: number | null; readonly said: string };
beforeAll(() => {
  const typedoc = join(folder, "node_modules/typedoc/bin/typedoc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, "--out", out], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  written = { status, said: `${stdout}${stderr}` };
}, 180_000);

test("is written, and no export is without a doc comment", () => {
  expect([written.status, written.said.match(/\[error\].*/g)]).toEqual([0, null]);
  // `packages/engine/src.Store (Interface)`; of members it only warns, because their signature may say it all.
  const bare = written.said.match(/packages\/[\w/-]+\/src[\w/]*\.\w+ \(\w+\), defined in .*/g);
  expect(bare).toBeNull();
});

test("has a page for what people import, with what its comment says", () => {
  const pages = ["functions", "interfaces", "classes"].flatMap((kind) => readdirSync(join(out, kind)));
  for (const name of ["track", "defineOperation", "createLearner", "describeContext", "MetricSource"])
    expect(pages.filter((page) => page.endsWith(`.${name}.html`))).not.toEqual([]);
  const [file = ""] = readdirSync(join(out, "functions")).filter((page) => page.endsWith(".defineOperation.html"));
  expect(readFileSync(join(out, "functions", file), "utf8")).toContain(
    "Two declarations of one name are one operation",
  );
});

test("reads every package that can be imported", () => {
  const entries = (JSON.parse(readFileSync(join(folder, "typedoc.json"), "utf8")) as { entryPoints: string[] })
    .entryPoints;
  // The controller is a program.
  const expected = readdirSync(packages)
    .filter((name) => name !== "controller" && existsSync(join(packages, name, "src/index.ts")))
    .map((name) => `../../packages/${name}/src/index.ts`);
  expect(entries).toEqual(expect.arrayContaining(expected));
});

/** The packages of others: from where they come, and under which licence. No network is asked; "node scripts/dev.mjs audit" asks it for advisories. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isAllowedLicence, lockProblems, productionPackages, publishedFolders } from "./dependencies.ts";

const root = new URL("../../", import.meta.url).pathname;
const lock = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");

describe("pnpm-lock.yaml", () => {
  test("names no host, and each package by its digest", () => {
    expect(lockProblems(lock)).toEqual([]);
  });

  const digest = `sha512-${"a".repeat(86)}==`;
  const good = `packages:\n\n  a@1.0.0:\n    resolution: {integrity: ${digest}}\n\nsnapshots:\n\n  a@1.0.0: {}\n`;
  test("a good one is taken", () => {
    expect(lockProblems(good)).toEqual([]);
  });

  test.each([
    ["of nothing", "packages:\n\nsnapshots:\n"],
    ["without a digest", good.replace(`integrity: ${digest}`, "type: directory, directory: ../a")],
    ["with a weaker digest", good.replace(digest, "sha1-qqqq")],
    ["with a tarball elsewhere", good.replace(digest, `${digest}, tarball: a.example/a.tgz`)],
    ["from git", good.replace("  a@1.0.0:", "  a@https://codeload.example/a/tar.gz/0123456:")],
    ["that names a host", good.replace(digest, `${digest}, tarball: https://registry.example/a.tgz`)],
    ["of a fork", `importers:\n\n  .:\n    dependencies:\n      a:\n        specifier: github:somebody/a\n${good}`],
  ])("one %s is refused", (_, text) => {
    expect(lockProblems(text)).not.toEqual([]);
  });
});

describe("what is installed with the published packages", () => {
  const installed = productionPackages(publishedFolders(root));
  const foreign = installed.filter(({ manifest }) => !manifest.name.startsWith("@trimtab/"));

  test("is seen, also what others bring", () => {
    const names = foreign.map(({ manifest }) => manifest.name);
    expect(names).toEqual(expect.arrayContaining(["express", "kysely", "pg", "zod", "prom-client", "yaml"]));
    expect(names).toContain("pg-protocol"); // of pg
    expect(foreign.some(({ askedBy }) => askedBy.length >= 3)).toBe(true);
  });

  test("is what the lock file says", () => {
    const missing = foreign.filter(({ manifest: { name, version } }) => {
      const key = `${name}@${version}`;
      return !lock.includes(`\n  ${key}:\n`) && !lock.includes(`\n  '${key}':\n`);
    });
    expect(missing.map(({ manifest }) => `${manifest.name}@${manifest.version}`)).toEqual([]);
  });

  test("has a licence that lets everybody use the product", () => {
    const refused = foreign.filter(({ manifest }) => !isAllowedLicence(manifest.license));
    expect(refused.map(({ manifest, askedBy }) => [manifest.name, manifest.license, askedBy])).toEqual([]);
  });

  test.each([
    ["MIT", true],
    ["(MIT OR GPL-3.0-only)", true],
    ["(BSD-2-Clause AND ISC)", true],
    ["(MIT AND GPL-3.0-only)", false],
    ["AGPL-3.0-or-later", false],
    ["SEE LICENSE IN LICENSE.md", false],
    ["", false],
    [undefined, false],
  ])("the licence %s is allowed: %s", (licence, expected) => {
    expect(isAllowedLicence(licence)).toBe(expected);
  });
});

/** Nothing that a user can meet is without its page or row, and no page is left without the thing it speaks of. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("public code", () => {
  const sources = globSync("packages/*/src/**/*.ts", { cwd: root }).filter((file) => !/[.]test(-d)?[.]ts$/.test(file));

  test("there is some", () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  test.each(sources)("%s says of each export what it is", (file) => {
    const lines = read(file).split("\n");
    const bare = lines.filter((line, index) => {
      if (!/^export (async |abstract |declare )*(function|class|interface|type|const|let) (?!\{)/.test(line))
        return false;
      const isOverload = /^export (async )?function/.test(lines[index - 1] ?? "");
      return !isOverload && !/\*\/\s*$/.test(lines[index - 1] ?? "");
    });
    expect(bare).toEqual([]);
  });
});

describe("links between pages", () => {
  const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md"], { cwd: root });

  test.each(pages)("%s points at files that are there", (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target]) => target ?? "");
    expect(targets.filter((target) => !existsSync(normalize(join(root, dirname(page), target))))).toEqual([]);
  });
});

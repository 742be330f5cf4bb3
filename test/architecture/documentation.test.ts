/** Nothing that a user can meet is without its page or row, and no page is left without the thing it speaks of. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { GUARDRAIL_IDS, guardrailEffect, REASON_CODES, STRATEGY_IDS } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../packages/controller/src/errors.ts";

const root = new URL("../../", import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The codes that a page lists: the first cells of its tables. */
const listed = (page: string) => [...read(page).matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code ?? "").sort();

describe("ids and codes", () => {
  test("every reason has its row, and every row its reason", () => {
    expect(listed("docs/reference/reasons.md")).toEqual([...REASON_CODES].sort());
  });

  test("every error has its row, and every row its error", () => {
    expect(listed("docs/reference/errors.md")).toEqual([...ERROR_CODES].sort());
  });

  test("every strategy has its page, and every page its strategy", () => {
    const pages = globSync("docs/strategies/*.md", { cwd: root }).map((file) => file.replace(/^.*\/|[.]md$/g, ""));
    // one page is about strategies of one's own
    expect(pages.sort()).toEqual([...STRATEGY_IDS, "own-strategy"].sort());
  });

  test("every guardrail has its page, and every page its guardrail", () => {
    const pages = globSync("docs/guardrails/*.md", { cwd: root }).map((file) => file.replace(/^.*\/|[.]md$/g, ""));
    expect(pages.sort()).toEqual([...GUARDRAIL_IDS].sort());
  });

  test.each([...GUARDRAIL_IDS])("the page of %s says what it judges, by what, and what follows", (id) => {
    const page = read(`docs/guardrails/${id}.md`);
    expect(page).toMatch(new RegExp(`^# ${id}\n`));
    expect(page).toMatch(/```\n[^`]+```/); // its formula
    for (const part of ["Source", "Passed", "Violated", "What happens", "Options", "When it misleads"])
      expect(page).toContain(`**${part}**`);
    expect(page).toMatch(/unknown/i);
    expect(page).toContain(`**What happens** (${guardrailEffect(id)})`);
    const codes = page.match(/`[A-Z][A-Z_]+`/g) ?? [];
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(REASON_CODES).toContain(code.replaceAll("`", ""));
  });
});

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

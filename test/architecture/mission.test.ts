/** docs/mission.md: nothing that was asked for is forgotten, and what is told to be there is there. */
import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;

/** What was asked for, by id. */
const ROWS: readonly string[] = [
  ...numbered("T", 7),
  ...numbered("A", 10),
  ...numbered("F", 7),
  ...numbered("S", 9),
  ...numbered("M", 5),
  ...numbered("O", 6),
  ...numbered("D", 3),
];

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}

const rows = readFileSync(join(root, "docs/mission.md"), "utf8")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => /^[A-Z]\d+$/.test(cells[1] ?? ""))
  .map(([, id = "", asked = "", code = "", tests = "", pages = ""]) => ({
    id,
    asked,
    code: linksOf(code),
    tests: linksOf(tests),
    pages: linksOf(pages),
  }));

function linksOf(cell: string): readonly string[] {
  return [...cell.matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => normalize(join("docs", link ?? "")));
}

test("has each row once, in the order of what was asked for", () => {
  expect(rows.map(({ id }) => id)).toEqual(ROWS);
});

describe.each(rows)("$id", ({ asked, code, tests, pages }) => {
  test("points at files that are there", () => {
    expect([...code, ...tests, ...pages].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test("names code, a test and a page, unless it says that it is not there yet", () => {
    if (asked.includes("**not yet**")) return;
    expect(code.filter((file) => file.endsWith(".ts"))).not.toEqual([]);
    expect(tests).not.toEqual([]);
    expect(pages.filter((file) => file.endsWith(".md"))).not.toEqual([]);
  });

  test("links tests where it says tests, and no tests where it says code", () => {
    expect(tests.filter((file) => !file.endsWith(".test.ts") && !file.startsWith("bench/"))).toEqual([]);
    expect(code.filter((file) => file.endsWith(".test.ts"))).toEqual([]);
  });
});

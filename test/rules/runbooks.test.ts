/** Each alert has its page, each page its alert, and what a page tells to type is right. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../packages/controller/src/cli/commands.ts";
import { ALERTS } from "./alert-case.ts";
import { checkExpressions } from "./promtool.ts";

const root = new URL("../../", import.meta.url).pathname;
const names = [...new Set(ALERTS.map(({ alert }) => alert))].sort();
const pages = globSync("docs/runbooks/*.md", { cwd: root }).sort();
const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** The blocks of code of a kind. */
function blocks(text: string, kind: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) => block);
}

/** Expressions are apart by an empty line, or each is a line of its own; a line that begins with an operator goes on. */
function expressions(text: string): readonly string[] {
  return blocks(text, "promql")
    .flatMap((block) => block.trim().split(/\n(?![/])/))
    .filter((line) => line.trim() !== "");
}

describe("runbooks", () => {
  test("every alert has its page, and every page its alert", () => {
    expect(names.length).toBeGreaterThan(20);
    expect(pages).toEqual(names.map((name) => `docs/runbooks/${name}.md`));
  });

  test("docs/monitoring.md lists all of them", () => {
    const listed = read("docs/monitoring.md").match(/(?<=\]\(runbooks\/)\w+(?=[.]md\))/g);
    expect([...new Set(listed)].sort()).toEqual(names);
  });

  test("the rules point at them", () => {
    const urls = readFileSync(join(root, "deploy/prometheus/rules/alerts.rules.yml"), "utf8").match(/runbook_url: .*/g);
    expect(new Set(urls)).toEqual(new Set(pages.map((page) => `runbook_url: ${page}`)));
  });

  test.each(pages)("%s tells what a person needs at night", (page) => {
    const text = read(page);
    expect(text).toMatch(new RegExp(`^# ${page.replace(/^.*\/|[.]md$/g, "")}\n`));
    const sections = [...text.matchAll(/^## (.*)\n\n([^]*?)(?=^## |$(?![^]))/gm)];
    expect(sections.map(([, title]) => title)).toEqual([
      "Meaning",
      "Impact",
      "First look",
      "Remedy",
      "False alarm when",
    ]);
    for (const [, , body = ""] of sections) expect(body.trim().length).toBeGreaterThan(20);
    expect(expressions(text).length).toBeGreaterThan(0);
  });

  test.each(pages)("%s names commands that there are", (page) => {
    const known = new Set(commands.map(({ name }) => name));
    const text = read(page);
    const named = [...text.matchAll(/(?:^|`)trimtab ([a-z]+)/gm)].map(([, name = ""]) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test("Prometheus understands every expression", async () => {
    expect(await checkExpressions(pages.flatMap((page) => expressions(read(page))))).toEqual("");
  });
});

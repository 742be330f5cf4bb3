/** Every good file is taken, and every bad one is refused with exactly the problems in the text file beside it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../packages/controller/src/config/config-error.ts";
import { loadConfig } from "../../packages/controller/src/config.ts";

const folder = new URL(".", import.meta.url).pathname;
const files = readdirSync(folder);

function refusal(file: string): string {
  try {
    loadConfig(join(folder, file), {});
  } catch (error) {
    if (error instanceof ConfigError) return `${error.message}\n`;
    throw error;
  }
  return "";
}

describe("good files", () => {
  const good = files.filter((file) => file.endsWith(".good.yaml"));

  test("there are some", () => {
    expect(good.length).toBeGreaterThan(1);
  });

  test.each(good)("%s is taken", (file) => {
    expect(refusal(file)).toBe("");
  });
});

describe("bad files", () => {
  const bad = files.filter((file) => file.endsWith(".bad.yaml"));

  test("there are some, and no list of problems is without its file", () => {
    const lists = files.filter((file) => file.endsWith(".bad.txt"));
    expect(lists.map((file) => basename(file, ".txt"))).toEqual(bad.map((file) => basename(file, ".yaml")));
    expect(bad.length).toBeGreaterThan(15);
  });

  test.each(bad)("%s is refused with every problem, its place and the remedy", (file) => {
    const list = join(folder, `${basename(file, ".yaml")}.txt`);
    // To write the lists anew after a wording was changed: UPDATE_EXPECTED=1. Then read what has changed.
    if (process.env["UPDATE_EXPECTED"] === "1") writeFileSync(list, refusal(file));
    expect(refusal(file)).toBe(readFileSync(list, "utf8"));
  });
});

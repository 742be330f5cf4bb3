/** Every example of the page is a configuration that can be used. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCommentedJson } from "./commented-json.ts";
import { checkConfiguration } from "./configuration.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/zero-code.md"), "utf8");
const examples = [...page.matchAll(/```jsonc\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");

test("the page has examples", () => {
  expect(examples).toHaveLength(4);
});

test.each(examples)("example %#", (text) => {
  const value = parseCommentedJson(text);
  const { configuration, problems } = checkConfiguration(value);
  expect(problems).toEqual([]);
  expect(configuration).toEqual(value);
});

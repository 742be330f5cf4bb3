/** What docs/feedback.md shows is taken. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { startApp } from "./app-fixture.ts";

const page = readFileSync(new URL("../../../../docs/feedback.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text]) => text ?? "");

test("the rules, with the change that one names", () => {
  const [file = ""] = blocks("yaml");
  const { suggestions } = parseConfig(file, "/trimtab.yaml", {});
  expect(suggestions.map(({ id, change }) => [id, change?.parameter])).toEqual([
    ["poor-cover", undefined],
    ["too-plain", "temperature"],
  ]);
});

test("the rating, as the shell would send it", async () => {
  const [file = ""] = blocks("yaml");
  const [, body = ""] = /--json '([\s\S]*?)'/.exec(blocks("sh")[0] ?? "") ?? [];
  const app = await startApp({ file });
  const headers = { "content-type": "application/json" };
  const response = await app.fetch("/v1/feedback", { method: "POST", headers, body });
  expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ refused: [] })]);
  await app.close();
});

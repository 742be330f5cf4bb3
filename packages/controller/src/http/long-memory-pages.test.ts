/** What docs/baselines.md and docs/loops.md show is taken, and answered as they say. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { type AppUnderTest, startApp } from "./app-fixture.ts";
import { HISTORY_ENDS, recordHistory } from "./seeded-history.test.support.ts";

const page = (name: string): string => readFileSync(new URL(`../../../../docs/${name}.md`, import.meta.url), "utf8");

function blocks(name: string, language: string): string[] {
  return [...page(name).matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text]) => text ?? "",
  );
}

const requests = ["baselines", "loops"].flatMap((name) =>
  [
    ...blocks(name, "sh")
      .join("\n")
      .matchAll(/curl 'http:\/\/127\.0\.0\.1:4600(\S+)'/g),
  ].map(([, path]) => path ?? ""),
);

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({ now: () => HISTORY_ENDS });
  await recordHistory(app);
}, 120_000);
afterAll(() => app.close());

test("there are requests to try", () => {
  expect(requests.length).toBeGreaterThanOrEqual(4);
});

test.each(requests)("%s is answered", async (path) => {
  expect(Object.keys(await app.json<object>(path)).length).toBeGreaterThan(3);
});

test("the answer of docs/baselines.md has the fields that are given", async () => {
  const [shown = "{}"] = blocks("baselines", "json");
  const told = JSON.parse(shown) as Record<string, unknown>;
  const given = await app.json<Record<string, unknown>>("/v1/baselines/shop/checkout");
  expect(Object.keys(told).sort()).toEqual(Object.keys(given).sort());
  for (const field of ["at", "hourOfWeek", "timeZone", "level", "history"]) expect(told[field]).toEqual(given[field]);
});

test("the configuration of docs/loops.md is taken", () => {
  for (const file of blocks("loops", "yaml")) expect(() => parseConfig(file, "/trimtab.yaml", {})).not.toThrow();
});

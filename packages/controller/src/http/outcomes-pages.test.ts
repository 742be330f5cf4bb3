/** What docs/outcomes.md and docs/registration.md show is taken. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { startApp } from "./app-fixture.ts";

function page(name: string): string {
  return readFileSync(new URL(`../../../../docs/${name}.md`, import.meta.url), "utf8");
}

function blocks(name: string, language: string): string[] {
  return [...page(name).matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text]) => text ?? "",
  );
}

test.each(["outcomes", "registration"])("the configuration of docs/%s.md", (name) => {
  const [file = ""] = blocks(name, "yaml");
  expect(() => parseConfig(file, "/trimtab.yaml", {})).not.toThrow();
});

test("the report of docs/outcomes.md, as the shell would send it", async () => {
  const [file = ""] = blocks("outcomes", "yaml");
  const [script = ""] = blocks("outcomes", "sh");
  const app = await startApp({ file });
  const served = await app.json<Record<string, unknown>>("/v1/parameters/translator/translate?ctx.language=de");
  const [, body = ""] = /--json '([\s\S]*?)' "\$trimtab\/v1\/outcomes"/.exec(script) ?? [];
  const sent = body
    .replace(`'"$(uuidgen)"'`, "0fc9a9ce")
    .replace(`'"$(echo "$served" | jq .variant)"'`, JSON.stringify(served["variant"]))
    .replace(`'"$quality"'`, "0.8")
    .replace(`'"$(date -u +%FT%TZ)"'`, new Date().toISOString());
  const response = await app.fetch("/v1/outcomes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: sent,
  });
  expect([response.status, await response.json()]).toEqual([200, { accepted: 1, known: 0, refused: [] }]);
  await app.close();
});

test("the declaration of docs/registration.md", async () => {
  const [file = ""] = blocks("registration", "yaml");
  const [, body = "", path = ""] =
    /--json '([\s\S]*?)' \\\n\s+http:\/\/127\.0\.0\.1:4600(\S+)/.exec(blocks("registration", "sh")[0] ?? "") ?? [];
  const app = await startApp({ file });
  const headers = { "content-type": "application/json" };
  expect((await app.fetch(path, { method: "PUT", headers, body })).status).toBe(201);
  await app.close();
});

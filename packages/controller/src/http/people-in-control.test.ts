/** The requests of docs/people-in-control.md, in their order. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startApp } from "./app-fixture.ts";

const page = readFileSync(new URL("../../../../docs/people-in-control.md", import.meta.url), "utf8");
const requests = [...page.matchAll(/^```http\n(\w+) (\S+)\n(?:\n([\s\S]*?))?```$/gm)];

test("what the page shows works", async () => {
  const app = await startApp();
  const answers: unknown[] = [];
  for (const [, method = "", path = "", body] of requests) {
    const headers = { "content-type": "application/json" };
    const response = await app.fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });
    answers.push([method, path, response.status]);
    if (method !== "GET") continue;
    const { acts } = (await response.json()) as { acts: readonly { outcome: { result: string } }[] };
    expect(acts.map(({ outcome }) => outcome.result)).toEqual(
      Array.from({ length: requests.length - 1 }, () => "done"),
    );
  }
  expect(answers).toHaveLength(7);
  expect(answers).toEqual(requests.map(([, method, path]) => [method, path, 200]));
  await app.close();
});

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Plan } from "../plan/plan-configuration.ts";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

const BASE = `
controller: { tokens: [{ name: ops, roles: [operate], token: the-old-secret }] }
metrics: { source: prometheus, url: "http://127.0.0.1:9090" }
components:
  shop:
    operations:
      checkout:
        context: [genre]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
      search: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } } }
`;

let app: AppUnderTest;
beforeEach(async () => {
  app = await startApp({ file: BASE });
});
afterEach(() => app.close());

async function ask(configuration: string): Promise<{ status: number; body: any; text: string }> {
  const response = await app.fetch("/v1/plan", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ configuration }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text };
}

async function plan(from: string, to: string): Promise<Plan> {
  expect(BASE).toContain(from);
  const { status, body } = await ask(BASE.replace(from, to));
  expect([status, body]).toEqual([200, body]);
  return body;
}

/** Everything that a plan must leave as it is. */
async function standing(): Promise<unknown> {
  const { items } = await app.store.listCycles({ component: "shop", operation: "checkout" }, { limit: 10 });
  return [items, await app.json("/v1/adaptations"), await app.json("/v1/audit"), await app.json("/v1/operations")];
}

/** A person's, so that the operation has a state. */
async function override(): Promise<string> {
  const response = await app.fetch("/v1/overrides/shop/checkout?ctx.genre=rock", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ values: { level: 9 }, by: "ann", why: "campaign" }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { id: string }).id;
}

test("the same file changes nothing", async () => {
  expect((await ask(BASE)).body).toEqual({ hasChanges: false, needsRestart: [], settings: [], operations: [] });
});

test("another space: what it means is told, what is served and recorded stays as it is", async () => {
  await override();
  const before = await standing();
  const answer = await plan("base: 3, min: 1, max: 9 } }\n        mode", "base: 4, min: 1, max: 9 } }\n        mode");
  expect(answer.hasChanges).toBe(true);
  expect(answer.operations).toHaveLength(1);
  expect(answer.operations[0]).toMatchObject({
    operation: "checkout",
    change: "changed",
    differences: [{ path: "parameters.level.base", before: "3", after: "4" }],
  });
  expect(answer.operations[0]?.effects).toEqual([
    "The parameters or context keys change: the base values are served, every change in force is rolled back, and learning starts again.",
  ]);
  expect(answer.operations[0]?.next?.contexts.length).toBeGreaterThan(0);
  expect(answer.operations[0]?.next?.problem).toBeUndefined();
  expect(await standing()).toEqual(before);
});

test("an override that has no place any more is told by name, and stands until then", async () => {
  const id = await override();
  const answer = await plan("max: 9 } }\n        mode", "max: 5 } }\n        mode");
  expect(answer.operations[0]?.effects.some((effect) => effect.includes(id))).toBe(true);
  const { people } = await app.json<any>("/v1/operations/shop/checkout");
  expect(people.overrides).toMatchObject([{ values: { level: 9 } }]);
});

test("another mode, an operation less and one more", async () => {
  const answer = await plan("        mode: auto\n      search:", "        mode: suggest\n      find:");
  expect(answer.operations.map(({ operation, change }) => [operation, change])).toEqual([
    ["search", "removed"],
    ["checkout", "changed"],
    ["find", "added"],
  ]);
  expect(answer.operations[1]?.effects.join(" ")).toContain("from auto to suggest");
});

test("of secrets nothing is shown but that they differ", async () => {
  const { body, text } = await ask(BASE.replace("the-old-secret", "a-new-secret"));
  expect(body.settings).toEqual([{ path: "tokens.ops.digest", before: "(a value)", after: "(another value)" }]);
  expect(text).not.toContain("the-old-secret");
  expect(text).not.toContain("a-new-secret");
  expect(text).not.toMatch(/[0-9a-f]{64}/);
});

test("a bad file is told with every problem and its line", async () => {
  const { status, body } = await ask(BASE.replace("mode: auto", "mode: automatic").replace("max: 9", "max: 1"));
  expect([status, body.code]).toEqual([400, "CONFIGURATION_INVALID"]);
  expect(body.problems).toHaveLength(2);
  expect(body.problems[0].message).toMatch(/\(line \d+\)$/);
});

/** Every route of the design's contract is there, with the role that it was given, and answers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

type Role = "open" | "read" | "evaluate" | "feedback" | "operate";

/** Method and path as the description has them, and who may use it. */
const CONTRACT: readonly (readonly [method: string, path: string, role: Role])[] = [
  ["get", "/v1/allocations", "evaluate"],
  ["get", "/v1/parameters/{component}/{operation}", "evaluate"],
  ["post", "/v1/outcomes", "feedback"],
  ["post", "/v1/records", "feedback"],
  ["post", "/v1/feedback", "feedback"],
  ["get", "/v1/suggestions", "read"],
  ["post", "/v1/suggestions/{id}/accept", "operate"],
  ["post", "/v1/suggestions/{id}/dismiss", "operate"],
  ["post", "/v1/learning-cycles", "operate"],
  ["get", "/v1/performance/{component}", "read"],
  ["get", "/v1/performance/{component}/{operation}", "read"],
  ["get", "/v1/records", "read"],
  ["get", "/v1/operations", "read"],
  ["get", "/v1/operations/{component}/{operation}", "read"],
  ["put", "/v1/operations/{component}/{operation}", "feedback"],
  ["get", "/v1/decisions", "read"],
  ["get", "/v1/audit", "read"],
  ["get", "/v1/adaptations", "read"],
  ["get", "/v1/adaptations/{id}", "read"],
  ["post", "/v1/adaptations/{id}/approve", "operate"],
  ["post", "/v1/adaptations/{id}/reject", "operate"],
  ["post", "/v1/adaptations/{id}/rollback", "operate"],
  ["put", "/v1/overrides/{component}/{operation}", "operate"],
  ["delete", "/v1/overrides/{component}/{operation}", "operate"],
  ["post", "/v1/operations/{component}/{operation}/freeze", "operate"],
  ["post", "/v1/operations/{component}/{operation}/unfreeze", "operate"],
  ["post", "/v1/operations/{component}/{operation}/reset", "operate"],
  ["post", "/v1/operations/{component}/{operation}/reset/undo", "operate"],
  ["get", "/metrics", "read"],
  ["get", "/livez", "open"],
  ["get", "/readyz", "open"],
  ["get", "/", "open"],
];

const tokens = (["read", "evaluate", "feedback", "operate"] as const).map((role) => ({
  name: role,
  roles: [role],
  token: `token-${role}`,
}));

let app: AppUnderTest;
let described: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
beforeAll(async () => {
  app = await startApp({ tokens });
  described = (await app.json<{ paths: typeof described }>("/openapi.json")).paths;
});
afterAll(() => app.close());

const EXAMPLES: Readonly<Record<string, string>> = { component: "shop", operation: "checkout", id: "nothing" };

test.each(CONTRACT)("%s %s is described, and is for the role %s", async (method, path, role) => {
  expect(Object.keys(described[path] ?? {})).toContain(method);
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? "");
  const ask = async (token?: string): Promise<number> => {
    const response = await app.fetch(address, {
      method: method.toUpperCase(),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(method === "get" ? {} : { "content-type": "application/json" }),
      },
    });
    await response.arrayBuffer();
    return response.status;
  };
  const isRefused = (status: number): boolean => status === 401 || status === 403;
  // Without a parameter or a body it needs, it refuses what was sent; never does it fail.
  for (const { token } of tokens) expect(await ask(token)).toBeLessThan(500);
  expect(isRefused(await ask())).toBe(role !== "open");
  if (role === "open") return;
  expect(isRefused(await ask(`token-${role}`))).toBe(false);
  expect(isRefused(await ask("token-operate"))).toBe(false);
  if (role !== "evaluate") expect(isRefused(await ask("token-evaluate"))).toBe(true);
  if (role === "operate") expect(isRefused(await ask("token-feedback"))).toBe(true);
});

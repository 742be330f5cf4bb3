/** Every route of the design's contract is there, with the role that it was given, and answers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

type Role = "open" | "read" | "evaluate" | "feedback" | "operate";

/** Method and path as the description has them, and who may use it. */
const CONTRACT: readonly (readonly [method: string, path: string, role: Role])[] = [
  ["get", "/v1/allocations", "evaluate"],
  ["get", "/v1/parameters/{component}/{operation}", "evaluate"],
  ["post", "/ofrep/v1/evaluate/flags/{key}", "evaluate"],
  ["post", "/ofrep/v1/evaluate/flags", "evaluate"],
  ["post", "/v1/outcomes", "feedback"],
  ["post", "/v1/records", "feedback"],
  ["post", "/v1/feedback", "feedback"],
  ["get", "/v1/suggestions", "read"],
  ["post", "/v1/suggestions/{id}/accept", "operate"],
  ["post", "/v1/suggestions/{id}/dismiss", "operate"],
  ["get", "/v1/review", "read"],
  ["post", "/v1/plan", "operate"],
  ["post", "/v1/alerts", "operate"],
  ["post", "/v1/suggestions/{id}/acknowledge", "feedback"],
  ["get", "/v1/webhook-deliveries", "read"],
  ["post", "/v1/webhook-deliveries/{id}/retry", "operate"],
  ["post", "/v1/learning-cycles", "operate"],
  ["get", "/v1/performance/{component}", "read"],
  ["get", "/v1/performance/{component}/{operation}", "read"],
  ["get", "/v1/trends/{component}/{operation}", "read"],
  ["get", "/v1/loops/{component}/{operation}", "read"],
  ["get", "/v1/baselines/{component}/{operation}", "read"],
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

/** Who passes: nobody in particular, then read, evaluate, feedback and operate. Whoever reads sees what is evaluated, too. */
const ALLOWED: Readonly<Record<Role, readonly boolean[]>> = {
  open: [true, true, true, true, true],
  read: [false, true, false, false, true],
  evaluate: [false, true, true, false, true],
  feedback: [false, false, false, true, true],
  operate: [false, false, false, false, true],
};

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

const EXAMPLES: Readonly<Record<string, string>> = {
  component: "shop",
  operation: "checkout",
  id: "nothing",
  key: "shop.checkout",
};

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
  // Without a parameter or a body that it needs it refuses what was sent; it never fails.
  const statuses = [await ask(), ...(await Promise.all(tokens.map(({ token }) => ask(token))))];
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  const allowed = statuses.map((status) => status !== 401 && status !== 403);
  expect(allowed).toEqual(ALLOWED[role]);
});

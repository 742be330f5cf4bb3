import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

const TOKENS = [
  { name: "grafana", roles: ["read"], token: "token-read" },
  { name: "service", roles: ["evaluate"], token: "token-evaluate" },
  { name: "app", roles: ["feedback"], token: "token-feedback" },
  { name: "admin", roles: ["operate"], token: "token-operate" },
  { name: "both", roles: ["evaluate", "feedback"], token: "token-both" },
] as const;

describe("with tokens configured", () => {
  let app: AppUnderTest;
  beforeAll(async () => {
    app = await startApp({ tokens: TOKENS });
  });
  afterAll(() => app.close());

  const status = async (path: string, token: string | undefined, method = "GET"): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await app.fetch(path, { method, headers })).status;
  };

  // One line per route: nobody, read, evaluate, feedback, operate, evaluate and feedback.
  test.each([
    ["GET", "/v1/operations", [401, 200, 403, 403, 200, 403]],
    ["GET", "/v1/adaptations", [401, 200, 403, 403, 200, 403]],
    ["GET", "/v1/performance/shop", [401, 200, 403, 403, 200, 403]],
    ["GET", "/metrics", [401, 200, 403, 403, 200, 403]],
    ["GET", "/v1/allocations?component=shop", [401, 200, 200, 403, 200, 200]],
    ["GET", "/v1/parameters/shop/checkout", [401, 200, 200, 403, 200, 200]],
    ["POST", "/v1/learning-cycles", [401, 403, 403, 403, 200, 403]],
    ["GET", "/livez", [200, 200, 200, 200, 200, 200]],
    ["GET", "/readyz", [200, 200, 200, 200, 200, 200]],
    ["GET", "/openapi.json", [200, 200, 200, 200, 200, 200]],
  ])("%s %s", async (method, path, expected) => {
    const given: number[] = [];
    for (const token of [undefined, ...TOKENS.map((each) => each.token)]) given.push(await status(path, token, method));
    expect(given).toEqual(expected);
  });

  test("a wrong token, half a token and another scheme open nothing", async () => {
    for (const token of ["token-reaD", "token-rea", "token-read2", "", "x".repeat(10_000)]) {
      expect(await status("/v1/operations", token)).toBe(401);
    }
    expect(
      (await app.fetch("/v1/operations", { headers: { authorization: `Basic ${btoa("a:token-read")}` } })).status,
    ).toBe(401);
    expect((await app.fetch("/v1/operations?token=token-read")).status).toBe(401);
  });

  test("the answer says what is needed, and never what was sent", async () => {
    const missing = await app.fetch("/v1/operations");
    expect(missing.headers.get("www-authenticate")).toBe('Bearer realm="trimtab"');
    expect(await missing.json()).toMatchObject({ code: "TOKEN_MISSING" });
    const wrong = await app.fetch("/v1/operations", { headers: { authorization: "Bearer secret-of-somebody" } });
    expect(await wrong.text()).not.toContain("secret-of-somebody");
    const few = await app.fetch("/v1/operations", { headers: { authorization: "Bearer token-evaluate" } });
    expect(await few.json()).toMatchObject({
      code: "ROLE_MISSING",
      detail: "This needs the role read; the token has evaluate.",
    });
  });

  test("a probe without a token learns the status and nothing more", async () => {
    expect(await app.json("/readyz")).toEqual({ status: "ready" });
  });

  test("a key in X-API-Key opens what a bearer token opens, and Authorization goes first", async () => {
    const by = async (headers: Record<string, string>): Promise<number> =>
      (await app.fetch("/v1/operations", { headers })).status;
    expect(await by({ "x-api-key": "token-read" })).toBe(200);
    expect(await by({ "x-api-key": "token-evaluate" })).toBe(403);
    expect(await by({ "x-api-key": "token-reaD" })).toBe(401);
    expect(await by({ "x-api-key": "token-read", authorization: "Bearer token-reaD" })).toBe(401);
    const evaluated = await app.fetch("/ofrep/v1/evaluate/flags/shop.checkout", {
      method: "POST",
      headers: { "x-api-key": "token-evaluate", "content-type": "application/json" },
      body: JSON.stringify({ context: { targetingKey: "a" } }),
    });
    expect(evaluated.status).toBe(200);
  });

  test("the audit tells what somebody says to be, and the token that proves it", async () => {
    const freeze = (body: object): Promise<Response> =>
      app.fetch("/v1/operations/shop/checkout/freeze", {
        method: "POST",
        headers: { authorization: "Bearer token-operate", "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    await freeze({ by: "ann", why: "sale" });
    await freeze({ why: "sale" });
    const audit = await app.fetch("/v1/audit", { headers: { authorization: "Bearer token-read" } });
    const { acts } = (await audit.json()) as { acts: { by: string; token: string }[] };
    expect(acts.map(({ by, token }) => [by, token])).toEqual([
      ["admin", "admin"],
      ["ann", "admin"],
    ]);
  });

  test("the scheme's name is read in any case", async () => {
    expect((await app.fetch("/v1/operations", { headers: { authorization: "bearer token-read" } })).status).toBe(200);
  });
});

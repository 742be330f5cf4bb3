import { variantId } from "@trimtab/conventions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, decisionOf, startApp } from "./app-fixture.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({ decisions: [decisionOf(1)] });
});
afterAll(() => app.close());

describe("GET /v1/allocations", () => {
  test("gives the document with a strong tag, and 304 for that tag", async () => {
    const first = await app.fetch("/v1/allocations?component=shop");
    const etag = first.headers.get("etag") ?? "";
    const document = (await first.json()) as { revision: string; operations: Record<string, unknown> };
    expect(first.headers.get("content-type")).toContain("application/json");
    expect(first.headers.get("cache-control")).toBe("no-cache");
    expect(etag).toBe(`"${document.revision}"`);
    expect(Object.keys(document.operations)).toEqual(["browse", "checkout"]);

    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await app.fetch("/v1/allocations?component=shop", { headers: { "if-none-match": tag } });
      expect([tag, again.status, await again.text(), again.headers.get("etag")]).toEqual([tag, 304, "", etag]);
    }
    const other = await app.fetch("/v1/allocations?component=shop", { headers: { "if-none-match": '"other"' } });
    expect(other.status).toBe(200);
  });

  test("asks neither the source nor anything else of it", async () => {
    const before = app.source.asked.length;
    await app.fetch("/v1/allocations?component=shop");
    expect(app.source.asked.length).toBe(before);
  });

  test("answers HEAD with the headers alone", async () => {
    const response = await app.fetch("/v1/allocations?component=shop", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toMatch(/^"/);
    expect(await response.text()).toBe("");
  });

  test("names the nearest component for an unknown one, and carries no tag then", async () => {
    const response = await app.fetch("/v1/allocations?component=shopp");
    expect(response.status).toBe(404);
    expect(response.headers.get("etag")).toBeNull();
    expect(await response.json()).toMatchObject({
      code: "COMPONENT_UNKNOWN",
      detail: 'The component "shopp" is not configured; did you mean "shop"?',
    });
  });

  test("needs the component", async () => {
    const problem = await app.json<{ problems: unknown }>("/v1/allocations", 400);
    expect(problem.problems).toEqual([{ path: "component", message: "is missing; it is a text" }]);
  });
});

describe("GET /v1/parameters", () => {
  test("resolves a context that has an allocation of its own by the shares", async () => {
    const resolved = await app.json("/v1/parameters/shop/checkout?ctx.genre=rock");
    // Chance stands at 0.5: past the baseline's 0.1, inside the incumbent's 0.7.
    expect(resolved).toMatchObject({
      component: "shop",
      operation: "checkout",
      parameters: { level: 5 },
      variant: variantId({ level: 5 }),
      role: "incumbent",
      context: { genre: "rock" },
      decision: "d-1",
      reason: "SPLIT",
    });
  });

  test("gives an unseen context, and an operation without parameters, the base values", async () => {
    expect(await app.json("/v1/parameters/shop/checkout?ctx.genre=polka")).toMatchObject({
      parameters: { level: 3 },
      role: "baseline",
      context: {},
      reason: "STATIC",
    });
    expect(await app.json("/v1/parameters/shop/browse")).toMatchObject({ parameters: {}, role: "baseline" });
  });

  test("gives the same key the same variant, and different keys different ones", async () => {
    const variants = new Set<string>();
    for (let key = 0; key < 40; key++) {
      const path = `/v1/parameters/shop/checkout?ctx.genre=rock&key=user-${key}`;
      const first = await app.json<{ variant: string }>(path);
      expect(await app.json(path)).toEqual(first);
      variants.add(first.variant);
    }
    // The time to explore is over: no key gets the challenger. Ten of a hundred keys are in the holdout.
    expect([...variants].sort()).toEqual([variantId({ level: 3 }, "baseline"), variantId({ level: 5 })]);
  });

  test("refuses what it does not know", async () => {
    expect(await app.json("/v1/parameters/shop/chekout", 404)).toMatchObject({ code: "OPERATION_UNKNOWN" });
    expect(await app.json("/v1/parameters/shop/checkout?genre=rock", 400)).toMatchObject({ code: "PARAMETER_INVALID" });
    expect(await app.json("/v1/parameters/shop/checkout?key=a&key=b", 400)).toMatchObject({
      problems: [{ path: "key", message: "is given twice" }],
    });
    expect(await app.json("/v1/parameters/%E0%A4%A/checkout", 400)).toMatchObject({ code: "PARAMETER_INVALID" });
  });
});

test("serving needs neither the store nor the metric source", async () => {
  const alone = await startApp({ decisions: [decisionOf(1)] });
  await alone.store.close();
  const document = await alone.fetch("/v1/allocations?component=shop");
  expect(document.status).toBe(200);
  const etag = document.headers.get("etag") ?? "";
  const again = await alone.fetch("/v1/allocations?component=shop", { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
  expect(await alone.json("/v1/parameters/shop/checkout?ctx.genre=rock")).toMatchObject({ reason: "SPLIT" });
  expect(alone.source.asked).toEqual([]);
  await alone.close();
});

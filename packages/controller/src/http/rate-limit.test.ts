import { afterEach, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";
import { failureLimiter, type LimitRate, rateLimiter } from "./rate-limit.ts";

const from = (remoteAddress: string): Parameters<LimitRate>[0] => ({ socket: { remoteAddress } }) as never;
const isRefused = (ask: () => void): boolean => {
  try {
    ask();
    return false;
  } catch {
    return true;
  }
};

describe("the limiter", () => {
  test("lets five seconds' worth through at once, then as many as the rate says", () => {
    let now = 0;
    const limit = rateLimiter(
      () => ({ evaluate: 10, read: 10, write: 10 }),
      () => now,
    );
    const ask = (): boolean => !isRefused(() => limit(from("a"), { token: undefined }, "read"));
    expect(Array.from({ length: 60 }, ask).filter(Boolean)).toHaveLength(50);
    now += 1_000;
    expect(Array.from({ length: 60 }, ask).filter(Boolean)).toHaveLength(10);
    now += 3_600_000; // a pause saves up no more than the burst
    expect(Array.from({ length: 60 }, ask).filter(Boolean)).toHaveLength(50);
  });

  test("tells callers apart by token, else by address, and kinds of requests from each other", () => {
    const limit = rateLimiter(
      () => ({ evaluate: 0.2, read: 0.2, write: 0.2 }),
      () => 0,
    );
    const ask = (address: string, token: string | undefined, role: "read" | "operate" | "feedback"): boolean =>
      !isRefused(() => limit(from(address), { token }, role));
    expect(ask("a", undefined, "read")).toBe(true);
    expect(ask("a", undefined, "read")).toBe(false);
    expect(ask("b", undefined, "read")).toBe(true);
    expect(ask("a", "grafana", "read")).toBe(true);
    expect(ask("b", "grafana", "read")).toBe(false); // one token behind two addresses is one caller
    expect(ask("a", undefined, "operate")).toBe(true);
    expect(ask("a", undefined, "feedback")).toBe(false); // both write
  });

  test("says after how many seconds the next one is let through", () => {
    const limit = rateLimiter(
      () => ({ evaluate: 0.25, read: 0.25, write: 0.25 }),
      () => 0,
    );
    limit(from("a"), { token: undefined }, "read");
    expect(() => limit(from("a"), { token: undefined }, "read")).toThrow(
      expect.objectContaining({ code: "RATE_LIMITED", headers: { "Retry-After": "3" } }),
    );
  });

  test("remembers a bounded number of callers", () => {
    const limit = rateLimiter(
      () => ({ evaluate: 0.2, read: 0.2, write: 0.2 }),
      () => 0,
    );
    limit(from("first"), { token: undefined }, "read");
    for (let index = 0; index < 10_000; index++) limit(from(`address ${index}`), { token: undefined }, "read");
    expect(isRefused(() => limit(from("first"), { token: undefined }, "read"))).toBe(false); // it was forgotten
  });
});

describe("wrong tokens", () => {
  test("are counted by address, twenty at once and one a second; of IPv6 the first half of the address counts", () => {
    let now = 0;
    const limit = failureLimiter(() => now);
    const ask = (address: string): boolean => !isRefused(() => limit(from(address)));
    expect(Array.from({ length: 30 }, () => ask("10.0.0.1")).filter(Boolean)).toHaveLength(20);
    expect(ask("::ffff:10.0.0.1")).toBe(false); // the same address, as a socket of both kinds tells it
    expect(ask("10.0.0.2")).toBe(true);
    now += 2_000;
    expect(Array.from({ length: 9 }, () => ask("10.0.0.1")).filter(Boolean)).toHaveLength(2);
    const neighbours = Array.from({ length: 30 }, (_, index) => ask(`2001:db8:0:7::${index.toString(16)}`));
    expect(neighbours.filter(Boolean)).toHaveLength(20);
    expect(ask("2001:db8::7:0:0:1")).toBe(true); // 2001:db8:0:0, another network
  });

  test("of any number of addresses are remembered in bounded memory", () => {
    const limit = failureLimiter(() => 0);
    for (let index = 0; index < 20; index++) limit(from("first"));
    expect(isRefused(() => limit(from("first")))).toBe(true);
    for (let index = 0; index < 10_000; index++) limit(from(`address ${index}`));
    expect(isRefused(() => limit(from("first")))).toBe(false); // it was forgotten
  });
});

describe("over HTTP", () => {
  let app: AppUnderTest;
  afterEach(() => app.close());

  test("express and the fronts ahead of it refuse alike, each in its own words", async () => {
    app = await startApp({ rateLimits: { evaluate: 0.2, read: 0.2, write: 0.2 } });
    const problem = { code: "RATE_LIMITED", status: 429 };
    expect((await app.fetch("/v1/operations")).status).toBe(200);
    const read = await app.fetch("/v1/operations");
    expect([read.status, read.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(read.headers.get("content-type")).toContain("application/problem+json");
    expect(await read.json()).toMatchObject(problem);
    expect((await app.fetch("/v1/allocations?component=shop")).status).toBe(200);
    expect(await app.json("/v1/parameters/shop/checkout", 429)).toMatchObject(problem);
    const flag = await app.fetch("/ofrep/v1/evaluate/flags/shop.checkout", { method: "POST", body: "{}" });
    expect([flag.status, flag.headers.get("retry-after"), await flag.text()]).toEqual([429, "5", ""]);
    expect((await app.fetch("/livez")).status).toBe(200);
  });

  test("a flood of wrong tokens is refused with the time to wait, and refuses nobody with a right one at the same address", async () => {
    const tokens = [{ name: "grafana", roles: ["read"] as const, token: "token-that-is-known" }];
    app = await startApp({ tokens, limitFailures: failureLimiter(() => 0) });
    const ask = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
      app.fetch(path, { ...init, headers: { authorization: `Bearer ${token}` } });
    const statuses: number[] = [];
    for (let index = 0; index < 25; index++)
      statuses.push(
        (await ask(["/v1/operations", "/v1/allocations?component=shop"][index % 2] ?? "", `guess-${index}`)).status,
      );
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]); // each once, though two listeners look at it
    const refused = await ask("/v1/operations", "one-more");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED" });
    const flag = await ask("/ofrep/v1/evaluate/flags", "another", { method: "POST", body: "{}" });
    expect([flag.status, flag.headers.get("retry-after")]).toEqual([429, "1"]);
    for (const path of ["/v1/operations", "/v1/allocations?component=shop", "/v1/parameters/shop/checkout"])
      expect((await ask(path, "token-that-is-known")).status).toBe(200);
    expect((await app.fetch("/v1/operations")).status).toBe(401); // no token is no guess
  });
});

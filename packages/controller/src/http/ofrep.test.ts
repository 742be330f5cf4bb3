import { request as send } from "node:http";
import { parseResultHandle, variantId } from "@trimtab/conventions";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type AppUnderTest, allocationOf, decisionOf, startApp } from "./app-fixture.ts";

const FLAGS = "/ofrep/v1/evaluate/flags";

/** What the protocol says of an answer, written from its description: OFREP 0.3.0. */
const key = z.string();
const metadata = z.record(z.string(), z.union([z.boolean(), z.string(), z.number()]));
const success = z.strictObject({
  key,
  reason: z.enum(["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"]),
  value: z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.unknown())]),
  variant: z.string(),
  metadata,
});
const failure = z.strictObject({
  key,
  errorCode: z.enum(["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"]),
  errorDetails: z.string(),
});
const notFound = failure.extend({ errorCode: z.literal("FLAG_NOT_FOUND") });
const bulkFailure = z.strictObject({ errorCode: z.string(), errorDetails: z.string() });
const bulk = z.strictObject({
  flags: z.array(success),
  metadata,
  eventStreams: z.array(
    z.strictObject({
      type: z.literal("sse"),
      endpoint: z.strictObject({ requestUri: z.string().startsWith("/") }),
      inactivityDelaySec: z.int().min(1),
    }),
  ),
});

const SEVERAL = `
controller: { interval: 30s }
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components:
  shop:
    operations:
      checkout:
        mode: auto
        context: [genre, size]
        parameters:
          level: { type: integer, base: 3, min: 1, max: 9 }
          mode: { type: choice, base: plain, choices: [plain, rich] }
          eager: { type: boolean, base: true }
      checkout.level: { parameters: { depth: { type: integer, base: 1, min: 1, max: 4 } } }
  "team/a:b": { operations: { draw: { parameters: { ratio: { type: number, base: 0.5, min: 0, max: 1 } } } } }
`;

let app: AppUnderTest;
afterEach(() => app.close());

const evaluate = async (path: string, body: unknown = {}, headers: Record<string, string> = {}) => {
  const response = await app.fetch(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
  return { response, status: response.status, text: await response.text() };
};
const success200 = async (path: string, body: unknown = {}) => {
  const { status, text } = await evaluate(path, body);
  expect([status, text]).toEqual([200, text]);
  return success.parse(JSON.parse(text));
};
const rock = (targetingKey?: string) => ({ context: { targetingKey, genre: "rock" } });

/** Something that `SEVERAL` allows. */
const learntForRock = () => {
  const parameters = { level: 5, mode: "rich", eager: false };
  const variants = [{ id: variantId(parameters), role: "incumbent" as const, weight: 1, parameters }];
  return { ...allocationOf("rock"), variants };
};

/** The decision serves challengers too, for a while from now. */
const splitNow = () => decisionOf(1, { at: Date.now(), allocations: [allocationOf("rock")] });

describe("one flag", () => {
  beforeEach(async () => {
    app = await startApp();
    app.decide(splitNow(), 1);
  });

  test("an operation is an object, a parameter its value, and both are of one variant", async () => {
    const whole = await success200(`${FLAGS}/shop.checkout`, rock("ada"));
    const value = await success200(`${FLAGS}/shop.checkout.level`, rock("ada"));
    expect(whole.value).toEqual({ level: value.value });
    expect([whole.key, value.key]).toEqual(["shop.checkout", "shop.checkout.level"]);
    expect(value.variant).toBe(whole.variant);
    expect([whole.reason, value.reason]).toEqual(["SPLIT", "SPLIT"]);
    expect(whole.metadata).toMatchObject({
      component: "shop",
      operation: "checkout",
      context: "genre=rock",
      decision: "d-1",
    });
  });

  test("gives what GET /v1/parameters gives, for any key", async () => {
    const variants = new Set<string>();
    for (let user = 0; user < 40; user++) {
      const flag = await success200(`${FLAGS}/shop.checkout`, rock(`user-${user}`));
      const same = await app.json(`/v1/parameters/shop/checkout?ctx.genre=rock&key=user-${user}`);
      expect(same).toMatchObject({
        parameters: flag.value,
        variant: flag.variant,
        reason: flag.reason,
        role: flag.metadata["role"],
        revision: flag.metadata["revision"],
      });
      variants.add(flag.variant);
    }
    expect(variants.size).toBe(3);
  });

  test("the handle says where the values came from, for feedback days later", async () => {
    const { metadata: given, variant } = await success200(`${FLAGS}/shop.checkout.level`, rock("ada"));
    const parsed = parseResultHandle(given["handle"]);
    if (!("origin" in parsed)) throw new Error(parsed.problem);
    expect(parsed.origin).toMatchObject({
      component: "shop",
      operation: "checkout",
      variant,
      revision: given["revision"],
      context: { genre: "rock" },
    });
    expect(Math.abs(parsed.origin.at - Date.now())).toBeLessThan(60_000);

    const response = await app.fetch("/v1/feedback", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "f-1", type: "user_rating", result: given["handle"], rating: 5 }),
    });
    expect(response.status).toBe(200);
    const { feedback } = await app.json<{ feedback: unknown[] }>("/v1/feedback?component=shop");
    expect(feedback).toMatchObject([{ operation: "checkout", variant, context: { genre: "rock" }, score: 1 }]);
  });

  test("the reason says how the variant was found", async () => {
    expect(await success200(`${FLAGS}/shop.checkout`, { context: { genre: "jazz" } })).toMatchObject({
      reason: "STATIC",
      value: { level: 3 },
    });
    const only = { ...allocationOf("rock"), variants: [{ ...allocationOf("rock").variants[1], weight: 1 }] };
    app.decide(decisionOf(2, { allocations: [only as ReturnType<typeof allocationOf>] }), 2);
    expect(await success200(`${FLAGS}/shop.checkout`, rock("ada"))).toMatchObject({
      reason: "TARGETING_MATCH",
      value: { level: 5 },
      variant: variantId({ level: 5 }),
    });
  });

  test("without a targeting key chance decides, and without a context everything holds", async () => {
    for (const body of ["", "{}", rock(), rock(""), { context: { genre: "rock", targetingKey: null } }])
      expect(success.parse(JSON.parse((await evaluate(`${FLAGS}/shop.checkout`, body)).text)).value).toBeDefined();
    // The fixture's chance is 0.5: the middle of the shares.
    expect(await success200(`${FLAGS}/shop.checkout`, rock())).toMatchObject({ value: { level: 5 } });
  });

  test("an operation without parameters is an empty object, not a missing value", async () => {
    expect(await success200(`${FLAGS}/shop.browse`)).toMatchObject({ value: {}, reason: "STATIC" });
  });

  test("attributes that are no context keys are ignored, whatever they are", async () => {
    const context = { targetingKey: "ada", genre: "rock", user: { name: "Ada" }, list: [1], __proto__: null };
    expect(await success200(`${FLAGS}/shop.checkout`, { context, extra: 1 })).toMatchObject({ reason: "SPLIT" });
  });
});

describe("what cannot be evaluated", () => {
  beforeEach(async () => {
    app = await startApp();
  });

  test.each([
    ["no JSON", "{", "PARSE_ERROR"],
    ["a list", "[]", "PARSE_ERROR"],
    ["a text", '"x"', "PARSE_ERROR"],
    ["a context that is a list", { context: [] }, "INVALID_CONTEXT"],
    ["a context that is null", { context: null }, "INVALID_CONTEXT"],
    ["a targeting key that is a number", { context: { targetingKey: 7 } }, "INVALID_CONTEXT"],
    ["a context key that is an object", { context: { genre: { name: "rock" } } }, "INVALID_CONTEXT"],
    ["a context key that is a list", { context: { genre: ["rock"] } }, "INVALID_CONTEXT"],
  ])("%s is told by the protocol's code, of one flag and of all", async (_, body, code) => {
    const one = await evaluate(`${FLAGS}/shop.checkout`, body);
    expect(one.status).toBe(400);
    expect(failure.parse(JSON.parse(one.text))).toMatchObject({ key: "shop.checkout", errorCode: code });
    const all = await evaluate(FLAGS, body);
    expect(all.status).toBe(400);
    expect(bulkFailure.parse(JSON.parse(all.text)).errorCode).toBe(code);
  });

  test("a body of another type is not read, so that no form of a web page gets through", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]) {
      const { status, text } = await evaluate(`${FLAGS}/shop.checkout`, {}, { "content-type": type });
      expect([type, status]).toEqual([type, 400]);
      expect(failure.parse(JSON.parse(text)).errorCode).toBe("PARSE_ERROR");
    }
  });

  test("a flag that is not there is told with the nearest right one", async () => {
    const { status, text } = await evaluate(`${FLAGS}/shop.chekout.level`);
    expect(status).toBe(404);
    expect(notFound.parse(JSON.parse(text))).toEqual({
      key: "shop.chekout.level",
      errorCode: "FLAG_NOT_FOUND",
      errorDetails: 'There is no flag "shop.chekout.level"; did you mean "shop.checkout.level"?',
    });
    for (const path of ["/", "/shop", "/__proto__", "/constructor", `/${"x".repeat(5000)}`]) {
      const other = await evaluate(`${FLAGS}${path}`);
      expect([path, other.status]).toEqual([path, 404]);
      notFound.parse(JSON.parse(other.text));
    }
  });

  test("a key that is no percent-encoded UTF-8 is told", async () => {
    const { status, text } = await evaluate(`${FLAGS}/%E0%A4%A`);
    expect(status).toBe(400);
    expect(bulkFailure.parse(JSON.parse(text)).errorCode).toBe("PARSE_ERROR");
  });

  test("other methods are told which one there is", async () => {
    for (const path of [FLAGS, `${FLAGS}/shop.checkout`]) {
      const response = await app.fetch(path);
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
      await response.body?.cancel();
      expect((await app.fetch(path, { method: "OPTIONS" })).status).toBe(204);
    }
  });

  test("a body that is too large is not read to its end, told or not", async () => {
    for (const headers of [{ "content-length": String(2 ** 21) }, { "transfer-encoding": "chunked" }]) {
      const status = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
        const sent = send(
          `${app.url}${FLAGS}`,
          { method: "POST", headers: { "content-type": "application/json", ...headers } },
          (response) => {
            response.resume();
            resolve([response.statusCode, response.headers.connection]);
            sent.destroy();
          },
        );
        sent.on("error", reject);
        sent.write("x".repeat(2 ** 20 + 1));
      });
      expect(status).toEqual([413, "close"]);
    }
  });

  test("nothing that a body may hold is a failure of the controller", async () => {
    const anyBody = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((text) => `{"context":${text}}`),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, fc.constantFrom(FLAGS, `${FLAGS}/shop.checkout.level`), async (body, path) => {
        const { status, text } = await evaluate(path, body);
        expect([200, 400]).toContain(status);
        const answer: unknown = JSON.parse(text);
        if (status === 400) bulkFailure.loose().parse(answer);
        else if (path === FLAGS) bulk.parse(answer);
        else success.parse(answer);
      }),
      { numRuns: 300 },
    );
  });
});

describe("tokens", () => {
  const tokens = [
    { name: "service", roles: ["evaluate" as const], token: "evaluate-token" },
    { name: "sender", roles: ["feedback" as const], token: "feedback-token" },
  ];

  test("are told without a body, as the protocol does", async () => {
    app = await startApp({ tokens });
    for (const path of [FLAGS, `${FLAGS}/shop.checkout`]) {
      const missing = await evaluate(path);
      expect([missing.status, missing.text]).toEqual([401, ""]);
      expect(missing.response.headers.get("www-authenticate")).toContain("Bearer");
      expect((await evaluate(path, {}, { authorization: "Bearer wrong" })).status).toBe(401);
      const other = await evaluate(path, {}, { authorization: "Bearer feedback-token" });
      expect([other.status, other.text]).toEqual([403, ""]);
      expect((await evaluate(path, {}, { authorization: "Bearer evaluate-token" })).status).toBe(200);
    }
  });
});

describe("all flags", () => {
  beforeEach(async () => {
    app = await startApp({ file: SEVERAL });
  });
  const keysOf = (text: string) => bulk.parse(JSON.parse(text)).flags.map((flag) => flag.key);

  test("are those of every component, each with its value", async () => {
    const { status, text, response } = await evaluate(FLAGS, rock("ada"));
    expect([status, response.headers.get("cache-control")]).toEqual([200, "no-cache"]);
    const { flags } = bulk.parse(JSON.parse(text));
    expect(Object.fromEntries(flags.map((flag) => [flag.key, flag.value]))).toEqual({
      "shop.checkout": { level: 3, mode: "plain", eager: true },
      "shop.checkout.level": { depth: 1 }, // of two readings the one with the longer operation
      "shop.checkout.mode": "plain",
      "shop.checkout.eager": true,
      "shop.checkout.level.depth": 1,
      "team/a:b.draw": { ratio: 0.5 },
      "team/a:b.draw.ratio": 0.5,
    });
    for (const flag of flags) {
      const one = await success200(`${FLAGS}/${encodeURIComponent(flag.key)}`, rock("ada"));
      expect({ ...one, metadata: {} }).toEqual({ ...flag, metadata: {} });
    }
  });

  test("a key that a client does not encode is found all the same", async () => {
    expect(await success200(`${FLAGS}/team/a:b.draw.ratio`)).toMatchObject({ value: 0.5 });
  });

  test("are narrowed by a header, and a wrong name is told", async () => {
    const narrowed = await evaluate(FLAGS, {}, { "trimtab-component": "team/a:b" });
    expect(keysOf(narrowed.text)).toEqual(["team/a:b.draw", "team/a:b.draw.ratio"]);
    const both = await evaluate(FLAGS, {}, { "trimtab-component": "shop, team/a:b" });
    expect(keysOf(both.text)).toHaveLength(7);
    const wrong = await evaluate(FLAGS, {}, { "trimtab-component": "shpo" });
    expect([wrong.status, bulkFailure.parse(JSON.parse(wrong.text))]).toEqual([
      400,
      { errorCode: "GENERAL", errorDetails: 'The component "shpo" is not configured; did you mean "shop"?' },
    ]);
  });

  test("are not sent again while nothing of them has changed", async () => {
    const first = await evaluate(FLAGS, rock("ada"));
    const etag = first.response.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]+"$/);
    const second = await evaluate(`${FLAGS}?flagConfigEtag=x&flagConfigLastModified=1771622898`, rock("ada"), {
      "if-none-match": etag,
    });
    expect([second.status, second.text, second.response.headers.get("etag")]).toEqual([304, "", etag]);
    expect(second.response.headers.get("content-type")).toBeNull();

    const tagOf = async (body: unknown, headers: Record<string, string> = {}) =>
      (await evaluate(FLAGS, body, { "if-none-match": etag, ...headers })).response.headers.get("etag");
    // What no operation declares as its context changes nothing.
    expect(await tagOf({ context: { targetingKey: "ada", genre: "rock", email: "ada@example.com" } })).toBe(etag);
    const others = [
      await tagOf({ context: { targetingKey: "ada", genre: "jazz" } }),
      await tagOf({ context: { targetingKey: "eve", genre: "rock" } }),
      await tagOf(rock("ada"), { "trimtab-component": "shop" }),
    ];
    app.decide(decisionOf(1, { allocations: [learntForRock()] }), 1);
    others.push(await tagOf(rock("ada")));
    expect(new Set([etag, ...others]).size).toBe(5);
  });

  test("equal tags mean equal bytes, whoever asks and when", async () => {
    await app.close();
    let now = Date.parse("2026-11-20T10:00:00Z");
    app = await startApp({ file: SEVERAL, now: () => now });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ targetingKey: fc.constantFrom("a", "b"), genre: fc.constantFrom("rock", "jazz", 1, "1") }),
          {
            minLength: 2,
            maxLength: 8,
          },
        ),
        async (contexts) => {
          const bodies = new Map<string, string>();
          now = Date.parse("2026-11-20T10:00:00Z");
          for (const context of contexts) {
            now += 60_000;
            await app.reload({}); // as another replica: it has evaluated nothing before
            const { response, text } = await evaluate(FLAGS, { context });
            const etag = response.headers.get("etag") ?? "";
            expect(bodies.get(etag) ?? text).toBe(text);
            bodies.set(etag, text);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test("a caller without a key keeps its variants by its tag, also when something changes", async () => {
    await app.close();
    app = await startApp();
    app.decide(splitNow(), 1);
    const ask = (etag?: string) => evaluate(FLAGS, rock(), etag === undefined ? {} : { "if-none-match": etag });
    const levelOf = (text: string) =>
      bulk.parse(JSON.parse(text)).flags.find((flag) => flag.key.endsWith(".level"))?.value;
    const levels = new Set<unknown>();
    for (let caller = 0; caller < 60; caller++) {
      const first = await ask();
      const etag = first.response.headers.get("etag") ?? "";
      expect((await ask(etag)).status).toBe(304);
      levels.add(levelOf(first.text));
      if (caller > 2) continue;
      // Another document with the same shares of rock: the same variant, under another tag.
      const jazz = { ...allocationOf("jazz"), salt: `salt-${caller}` };
      app.decide({ ...splitNow(), allocations: [allocationOf("rock"), jazz] }, caller + 2);
      const after = await ask(etag);
      expect([after.status, levelOf(after.text)]).toEqual([200, levelOf(first.text)]);
    }
    expect(levels.size).toBeGreaterThan(1);
  });
});

/** Requests that broke something once; test/fuzz finds such ones. */
import { request } from "node:http";
import { encodeResultHandle, variantId } from "@trimtab/conventions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const JSON_TYPE = { "content-type": "application/json" };

async function codeOf(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const sent = { method, headers: { ...JSON_TYPE, ...headers }, ...(body === undefined ? {} : { body }) };
  const response = await app.fetch(path, sent);
  const { code, detail } = (await response.json()) as { code?: string; detail?: string };
  return [response.status, code, detail];
}

test.each(["gzip", "deflate", "br"])(
  "a body that says it is encoded by %s, and is not, is malformed",
  async (encoding) => {
    const [status, code] = await codeOf("POST", "/v1/learning-cycles", "{}", { "content-encoding": encoding });
    expect([status, code]).toEqual([400, "BODY_MALFORMED"]);
  },
);

describe("the character U+0000, which PostgreSQL cannot keep, is refused", () => {
  const why = "holds the character U+0000";

  test.each([
    ["/v1/adaptations/%00", "id"],
    ["/v1/operations/shop/a%00b", "operation"],
    ["/v1/audit?by=%00", "by"],
    ["/v1/feedback?entity=a%00", "entity"],
    ["/v1/adaptations?ctx.genre=%00", '["ctx.genre"]'],
  ])("in %s", async (path, place) => {
    const [status, code, detail] = await codeOf("GET", path);
    expect([status, code]).toEqual([400, "PARAMETER_INVALID"]);
    expect(detail).toContain(`${place} ${why}`);
  });

  test.each([
    [{ why: "a\0b" }, "why"],
    [{ why: "a", values: { "a\0b": 1 } }, "the key"],
  ])("in a body, %j", async (body, place) => {
    const [status, code, detail] = await codeOf("PUT", "/v1/overrides/shop/checkout", JSON.stringify(body));
    expect([status, code]).toEqual([400, "BODY_INVALID"]);
    expect(detail).toContain(`${place} ${why}`);
  });

  test("in an item of a batch, at the cost of no other", async () => {
    const item = { type: "user_rating", entity: "a", rating: 5 };
    const items = [
      { ...item, id: "f-1" },
      { ...item, id: "f-\0" },
      { ...item, id: "f-2", comment: "\0" },
    ];
    const response = await app.fetch("/v1/feedback", {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ items }),
    });
    expect(await response.json()).toMatchObject({
      accepted: 1,
      refused: [
        { index: 1, problems: [expect.stringContaining(`id ${why}`)] },
        { index: 2, problems: [expect.stringContaining(`comment ${why}`)] },
      ],
    });
  });

  test("in the handle of a result", async () => {
    const origin = { operation: "checkout", context: {}, variant: variantId({ level: 5 }), revision: undefined, at: 0 };
    const result = encodeResultHandle({ component: "shop\0", ...origin });
    const body = JSON.stringify({ id: "f-3", type: "user_rating", result, rating: 5 });
    expect(await codeOf("POST", "/v1/feedback", body)).toEqual([
      400,
      "BODY_INVALID",
      "result is a damaged handle of a result.",
    ]);
  });
});

test.each([
  ["/v1/feedback", "", ""],
  ["/v1/outcomes", '{"outcomes":[{"id":', "}]}"],
  ["/v1/records", '{"records":', "}"],
  ["/v1/learning-cycles", '{"dry":', "}"],
])("a body of %s that is nested deeper than the stack is refused", async (path, before, after) => {
  const body = `${before}${"[".repeat(100_000)}${"]".repeat(100_000)}${after}`;
  expect(await codeOf("POST", path, body)).toEqual([400, "BODY_INVALID", "The body is nested deeper than 64 levels."]);
});

test("HEAD of a stream gets its headers, and ends", async () => {
  const bulk = await app.fetch("/ofrep/v1/evaluate/flags", { method: "POST" });
  const { eventStreams } = (await bulk.json()) as { eventStreams: { endpoint: { requestUri: string } }[] };
  for (const path of [eventStreams[0]?.endpoint.requestUri ?? "", "/v1/allocations?component=shop"]) {
    const headers = { accept: "text/event-stream" };
    const type = await new Promise((resolve, reject) => {
      const sent = request(app.url + path, { method: "HEAD", headers, agent: false }, (response) => {
        response.resume().on("end", () => resolve(response.headers["content-type"]));
      });
      sent.on("error", reject).end();
    });
    expect(type).toBe("text/event-stream; charset=utf-8");
  }
});

test("nobody without a token has a body parsed", async () => {
  const closed = await startApp({ tokens: [{ name: "all", roles: ["operate"], token: "a-token-of-the-test" }] });
  for (const body of ["{", "x".repeat(2_000_000)]) {
    const response = await closed.fetch("/v1/feedback", { method: "POST", headers: JSON_TYPE, body });
    expect(response.status).toBe(401);
    await response.arrayBuffer();
  }
  await closed.close();
});

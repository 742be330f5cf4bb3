import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { type AppUnderTest, startApp } from "./app-fixture.ts";

const FILE = `
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
registration: allow
components:
  shop:
    operations:
      checkout:
        context: [genre]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
`;
const LYRICS = {
  context: ["genre"],
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
};

let app: AppUnderTest;
beforeEach(async () => {
  app = await startApp({ file: FILE });
});
afterEach(() => app.close());

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any }> {
  const response = await app.fetch(path, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
const declare = (name: string, body: unknown) => send("PUT", `/v1/operations/${name}`, body);

describe("an operation that the file lacks", () => {
  test("is registered in mode observe, and served at once", async () => {
    expect(await declare("llm/write_lyrics", LYRICS)).toMatchObject({
      status: 201,
      body: { component: "llm", operation: "write_lyrics", status: "registered", mode: "observe", isInForce: true },
    });
    expect(await app.json("/v1/parameters/llm/write_lyrics?ctx.genre=rock")).toMatchObject({
      parameters: { temperature: 0.7 },
      role: "baseline",
    });
    const document = await app.json<any>("/v1/allocations?component=llm");
    expect(document.operations.write_lyrics).toMatchObject({ parameters: { temperature: { base: 0.7 } } });
    expect(await app.json("/v1/operations?component=llm")).toMatchObject({
      operations: [{ operation: "write_lyrics", mode: "observe", source: "registered" }],
    });
    expect(await app.json("/v1/operations/llm/write_lyrics")).toMatchObject({
      source: "registered",
      declared: { ...LYRICS, differences: [] },
    });
  });

  test("is the same however often it is declared; other parameters take the place of the first", async () => {
    await declare("llm/write_lyrics", LYRICS);
    expect((await declare("llm/write_lyrics", LYRICS)).status).toBe(200);
    const { parameters } = LYRICS;
    const changed = { ...LYRICS, parameters: { temperature: { ...parameters.temperature, base: 0.6 } } };
    expect(await declare("llm/write_lyrics", changed)).toMatchObject({ status: 202, body: { isInForce: false } });
    expect(await app.json("/v1/operations/llm/write_lyrics")).toMatchObject({
      declared: { parameters: { temperature: { base: 0.6 } } },
    });
  });

  test("comes with the lines that make it the file's own", async () => {
    const { body } = await declare("llm/write_lyrics", { ...LYRICS, objective: { quality: 1 } });
    const file = `metrics: { source: reported }\n${body.snippet}`;
    expect(parseConfig(file, "/trimtab.yaml", {}).policies).toMatchObject([
      {
        component: "llm",
        operation: "write_lyrics",
        mode: "observe",
        context: ["genre"],
        parameters: LYRICS.parameters,
      },
    ]);
  });

  test.each<[string, unknown, string]>([
    [
      "a base outside",
      { parameters: { level: { type: "integer", base: 11, min: 1, max: 9 } } },
      "parameters.level.base",
    ],
    ["an unknown type", { parameters: { level: { type: "float", base: 1, min: 1, max: 9 } } }, "parameters.level.type"],
    ["a key that only people set", { ...LYRICS, mode: "auto" }, "mode"],
    ["a strategy", { ...LYRICS, strategy: { module: "/etc/passwd" } }, "strategy"],
    ["a context key that is none", { context: ["Genre"] }, "context[0]"],
    ["a limit that is none", { ...LYRICS, constraints: ["fast"] }, "constraints[0]"],
  ])("is checked as in the file: %s is refused with its place", async (_, body, place) => {
    const answer = await declare("llm/write_lyrics", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "BODY_INVALID" } });
    expect(answer.body.problems.map(({ path }: any) => path)).toContain(place);
    expect(await app.json("/v1/operations/llm/write_lyrics", 404)).toMatchObject({ code: "COMPONENT_UNKNOWN" });
  });

  test("needs a name that can be one", async () => {
    expect(await declare("llm/write%20lyrics", LYRICS)).toMatchObject({
      status: 400,
      body: { code: "PARAMETER_INVALID", problems: [{ path: "operation" }] },
    });
  });

  test("is refused where the file does not allow it", async () => {
    const strict = await startApp({ file: FILE.replace("registration: allow", "") });
    const response = await strict.fetch("/v1/operations/llm/write_lyrics", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(LYRICS),
    });
    expect([response.status, await response.json()]).toMatchObject([409, { code: "REGISTRATION_OFF" }]);
    expect(await strict.json("/v1/operations/llm/write_lyrics", 404)).toMatchObject({ code: "COMPONENT_UNKNOWN" });
    await strict.close();
  });

  test("there are at most a hundred of a component", async () => {
    for (let number = 1; number <= 100; number++)
      expect((await declare(`llm/operation_${number}`, {})).status).toBeLessThan(300);
    expect(await declare("llm/operation_101", {})).toMatchObject({
      status: 409,
      body: { code: "REGISTRATION_LIMIT_REACHED" },
    });
  });

  test("can be forgotten by a person, and one of the file cannot", async () => {
    await declare("llm/write_lyrics", LYRICS);
    expect((await send("DELETE", "/v1/operations/llm/write_lyrics")).status).toBe(200);
    expect((await send("DELETE", "/v1/operations/shop/checkout")).body).toMatchObject({ code: "OPERATION_IN_FILE" });
    expect((await send("DELETE", "/v1/operations/shop/chekout")).body).toMatchObject({ code: "OPERATION_UNKNOWN" });
  });
});

describe("an operation that the file has", () => {
  const LEVEL = { type: "integer", base: 3, min: 1, max: 9 };

  test("stays as the file says; alike, all is well", async () => {
    expect(await declare("shop/checkout", { context: ["genre"], parameters: { level: LEVEL } })).toEqual({
      status: 200,
      body: { component: "shop", operation: "checkout", status: "configured", mode: "auto", isInForce: true },
    });
    expect(await metric()).toBe("0");
  });

  test("declared otherwise, both are shown, a metric says so, and the file's is served", async () => {
    const theirs = { context: ["mood"], parameters: { level: { ...LEVEL, max: 7 }, depth: LEVEL } };
    const answer = await declare("shop/checkout", theirs);
    expect(answer).toMatchObject({ status: 409, body: { code: "SPECIFICATION_DIFFERS" } });
    expect(answer.body.problems).toEqual([
      { path: "context", message: "is [genre] in the configuration and [mood] in the service" },
      {
        path: "parameters.level",
        message:
          'is "integer from 1 to 9, base 3" in the configuration and "integer from 1 to 7, base 3" in the service',
      },
      { path: "parameters.depth", message: "is in the service and not in the configuration" },
    ]);
    expect(await app.json("/v1/operations/shop/checkout")).toMatchObject({
      source: "file",
      specification: { context: ["genre"], parameters: { level: LEVEL } },
      declared: { ...theirs, differences: answer.body.problems },
    });
    expect(await metric()).toBe("1");
    const document = await app.json<any>("/v1/allocations?component=shop");
    expect(document.operations.checkout.parameters).toEqual({ level: LEVEL });
    // It is mended by the next release of the service.
    await declare("shop/checkout", { context: ["genre"], parameters: { level: LEVEL } });
    expect(await metric()).toBe("0");
  });

  async function metric(): Promise<string | undefined> {
    const page = await (await app.fetch("/metrics")).text();
    return /^trimtab_declaration_differs\{component="shop",operation="checkout"\} (\d)$/m.exec(page)?.[1];
  }
});

test("a service's token may declare, and only operate may forget", async () => {
  const tokens = (["read", "evaluate", "feedback", "operate"] as const).map((role) => ({
    name: role,
    roles: [role],
    token: `token-${role}`,
  }));
  const guarded = await startApp({ file: FILE, tokens });
  const status = async (method: string, token: string): Promise<number> =>
    (
      await guarded.fetch("/v1/operations/llm/write_lyrics", {
        method,
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        ...(method === "PUT" ? { body: JSON.stringify(LYRICS) } : {}),
      })
    ).status;
  const statuses = async (method: string): Promise<number[]> => {
    const found: number[] = [];
    for (const { token } of tokens) found.push(await status(method, token));
    return found;
  };
  expect(await statuses("PUT")).toEqual([403, 403, 201, 200]);
  expect(await statuses("DELETE")).toEqual([403, 403, 403, 200]);
  await guarded.close();
});

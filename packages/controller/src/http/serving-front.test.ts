/**
 * The same requests to every front. Express declines nothing, so a request that the quick front leaves to it shows what express says:
 * `Content-Length: 0` on a GET is such a request, and means the same.
 */
import { Agent, request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { type AppUnderTest, decisionOf, startApp } from "./app-fixture.ts";

const TOKENS = [
  { name: "service", roles: ["evaluate" as const], token: "evaluate-token" },
  { name: "sender", roles: ["feedback" as const], token: "feedback-token" },
];
const FLAGS = "/ofrep/v1/evaluate/flags";

let app: AppUnderTest;
afterEach(() => app.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** Exactly these headers: fetch would add some, and would not let a test set others. */
const ask = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = "",
  agent: Agent | false = false,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(`${app.url}${path}`, { method, headers, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers as Record<string, unknown>, body: text }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });

/** An id is new for each request, and the date goes on. */
const comparable = ({ status, headers, body }: Answer) => {
  const id = String(headers["x-request-id"]);
  return {
    status,
    headers: { ...headers, date: undefined, "x-request-id": id.length },
    body: body.replaceAll(id, "ID"),
  };
};

const QUESTIONS: readonly (readonly [path: string, headers?: Record<string, string>])[] = [
  ["/v1/allocations?component=shop"],
  ["/v1/allocations?component=shop", { "if-none-match": "*" }],
  ["/v1/allocations?component=shop", { "if-none-match": '"other", W/"more"' }],
  ["/v1/allocations?component=shop", { accept: "application/json" }],
  ["/v1/allocations?component=shop", { "accept-encoding": "gzip, deflate, br" }],
  ["/v1/parameters/shop/checkout", { "accept-encoding": "gzip, deflate, br" }],
  ["/v1/allocations?component=shop", { "x-request-id": "a-given-id" }],
  ["/v1/allocations?component=shop", { "x-request-id": "not a good id" }],
  ["/v1/allocations?component=sh%6Fp"],
  ["/v1/allocations?component=shopp"],
  ["/v1/allocations?component="],
  ["/v1/allocations?component=%ZZ"],
  ["/v1/allocations?component=shop&component=shop"],
  ["/v1/allocations?component=shop&more=1"],
  ["/v1/allocations"],
  ["/v1/parameters/shop/checkout"],
  ["/v1/parameters/shop/checkout?ctx.genre=rock&key=ada"],
  ["/v1/parameters/shop/checkout?ctx.genre=rock&key=eve"],
  ["/v1/parameters/shop/checkout?ctx.genre=&ctx.mood=calm"],
  ["/v1/parameters/shop/checkout?ctx.genre=r%6Fck&key=a+b"],
  ["/v1/parameters/shop/checkout?ctx.__proto__=x"],
  ["/v1/parameters/shop/checkout?key="],
  ["/v1/parameters/shop/checkout?key=a&key=b"],
  ["/v1/parameters/shop/checkout?unknown=1"],
  ["/v1/parameters/shop/checkout?ctx.genre=%ZZ"],
  ["/v1/parameters/shop/checkout/"],
  ["/v1/parameters/shop/chekout"],
  ["/v1/parameters/shop/__proto__"],
  ["/v1/parameters/shop"],
  ["/v1/parameters/%ZZ/checkout"],
];
const EXPRESS = { "content-length": "0" };

describe("a question that the quick front answers is answered as express does", () => {
  test.each(QUESTIONS.map(([path, headers = {}]) => ({ path, headers })))(
    "$path $headers",
    async ({ path, headers }) => {
      app = await startApp({ tokens: TOKENS, decisions: [decisionOf(1)] });
      app.decide(decisionOf(2, { at: Date.now() }), 2);
      for (const authorization of [
        "Bearer evaluate-token",
        "bearer  evaluate-token ",
        "Bearer feedback-token",
        "Bearer x",
        "x",
      ]) {
        const quick = await ask("GET", path, { ...headers, authorization });
        const express = await ask("GET", path, { ...headers, authorization, ...EXPRESS });
        expect(comparable(quick)).toEqual(comparable(express));
        expect(quick.headers["x-content-type-options"]).toBe("nosniff");
      }
      const quick = comparable(await ask("GET", path, headers));
      expect(quick).toEqual(comparable(await ask("GET", path, { ...headers, ...EXPRESS })));
    },
  );
});

test("what is asked is counted once, under the same route, whoever answers", async () => {
  app = await startApp();
  const count = async (route: string, status: number) => {
    const page = (await ask("GET", "/metrics")).body;
    const line = `trimtab_http_request_duration_seconds_count{method="GET",route="${route}",status="${status}"}`;
    return Number(
      page
        .split("\n")
        .find((each) => each.startsWith(line))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  };
  for (const headers of [{}, EXPRESS]) {
    await ask("GET", "/v1/allocations?component=shop", headers);
    await ask("GET", "/v1/allocations?component=shopp", headers);
    await ask("GET", "/v1/parameters/shop/checkout", headers);
  }
  expect(await count("/v1/allocations", 200)).toBe(2);
  expect(await count("/v1/allocations", 404)).toBe(2);
  expect(await count("/v1/parameters/{component}/{operation}", 200)).toBe(2);
  await ask("POST", `${FLAGS}/shop.checkout`);
  await ask("POST", FLAGS);
  const page = (await ask("GET", "/metrics")).body;
  for (const route of [FLAGS, `${FLAGS}/{key}`])
    expect(page).toContain(
      `trimtab_http_request_duration_seconds_count{method="POST",route="${route}",status="200"} 1\n`,
    );
});

describe("the gate is the same one before every front", () => {
  /** One request for each front: quick, express, remote evaluation of one flag and of all. */
  const fronts = (headers: Record<string, string> = {}): Promise<Answer>[] => [
    ask("GET", "/v1/allocations?component=shop", headers),
    ask("GET", "/v1/parameters/shop/checkout", headers),
    ask("GET", "/v1/allocations?component=shop", { ...headers, ...EXPRESS }),
    ask("GET", "/v1/allocations?component=shop", {
      ...headers,
      accept: "text/event-stream, */*",
      "if-none-match": "*",
    }),
    ask("POST", `${FLAGS}/shop.checkout`, headers),
    ask("POST", FLAGS, headers),
  ];

  test("a request id is kept or given, and nothing is sniffed", async () => {
    app = await startApp({ mostStreams: 0 });
    for (const answer of await Promise.all(fronts({ "x-request-id": "from-a-proxy" }))) {
      expect(answer.headers["x-request-id"]).toBe("from-a-proxy");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    }
    for (const answer of await Promise.all(fronts({ "x-request-id": "bad id" })))
      expect(answer.headers["x-request-id"]).toMatch(/^[\da-f-]{36}$/);
  });

  test("without tokens another host's name is refused", async () => {
    app = await startApp({ mostStreams: 0 });
    const statuses = (await Promise.all(fronts({ host: "evil.example" }))).map(({ status }) => status);
    expect(statuses).toEqual([421, 421, 421, 421, 421, 421]);
  });

  test("without tokens a page from elsewhere evaluates nothing", async () => {
    app = await startApp();
    const origin = { origin: "https://evil.example" };
    const statuses = await Promise.all([
      ask("POST", `${FLAGS}/shop.checkout`, origin),
      ask("POST", FLAGS, origin),
      ask("POST", "/v1/feedback", origin),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  test("tokens are asked for, and told how", async () => {
    app = await startApp({ tokens: TOKENS, mostStreams: 0 });
    for (const { status, headers } of await Promise.all(fronts()))
      expect([status, headers["www-authenticate"]]).toEqual([401, 'Bearer realm="trimtab"']);
    for (const { status } of await Promise.all(fronts({ authorization: "Bearer feedback-token" })))
      expect(status).toBe(403);
    for (const { status } of await Promise.all(fronts({ authorization: "Bearer evaluate-token" })))
      expect([200, 304]).toContain(status);
  });

  test("a token that ends with a reload ends on the connections that it had opened, too", async () => {
    app = await startApp({ tokens: TOKENS });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { authorization: "Bearer evaluate-token" };
    const statuses = async (): Promise<unknown[]> => [
      (await ask("GET", "/v1/allocations?component=shop", headers, "", agent)).status,
      (await ask("POST", FLAGS, headers, "", agent)).status,
      // Another token on the same connection is another caller.
      (await ask("POST", FLAGS, { authorization: "Bearer feedback-token" }, "", agent)).status,
      (await ask("POST", FLAGS, {}, "", agent)).status,
    ];
    expect(await statuses()).toEqual([200, 200, 403, 401]);
    await app.reload({ tokens: TOKENS.slice(1) });
    expect(await statuses()).toEqual([401, 401, 403, 401]);
    agent.destroy();
  });

  test("a controller that shuts down says so, and closes the connection", async () => {
    app = await startApp();
    app.beginShutdown();
    for (const { status, headers } of await Promise.all(fronts()))
      expect([status, headers["connection"]]).toEqual([503, "close"]);
  });
});

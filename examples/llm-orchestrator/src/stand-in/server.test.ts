import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { StandInProvider } from "./catalogue.ts";
import { createStandIn } from "./server.ts";

const QUICK: StandInProvider = {
  models: {
    "aurora-large": { firstTokenMilliseconds: 0, millisecondsPerToken: 0, spread: 0, contextTokens: 500 },
  },
  requestsPerSecond: 1000,
  crowdedRatio: 0,
  serverErrorRatio: 0,
  hangRatio: 0,
};

let server: Server;
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function start(changes: Partial<StandInProvider> = {}, seed = 7): Promise<string> {
  server = createStandIn({ seed, providers: { aurora: { ...QUICK, ...changes } } }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/aurora/v1`;
}

const SONG = {
  model: "aurora-large",
  messages: [{ role: "user", content: 'Write a rock song of 4 lines about "harbour".' }],
  temperature: 0.9,
};

function ask(baseUrl: string, body: unknown, key = "any"): Promise<Response> {
  return fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key === "" ? {} : { Authorization: `Bearer ${key}` }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string }; readonly finish_reason: string }[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

const completionOf = async (response: Response): Promise<Completion> => (await response.json()) as Completion;
const contentOf = ({ choices }: Completion): string => choices[0]?.message.content ?? "";

describe("a chat completion", () => {
  test("is a song of as many lines as were asked for, with its tokens", async () => {
    const response = await ask(await start(), SONG);
    expect(response.status).toBe(200);
    const answer = await completionOf(response);
    expect(answer).toMatchObject({
      object: "chat.completion",
      model: "aurora-large",
      choices: [{ index: 0, message: { role: "assistant", refusal: null }, finish_reason: "stop" }],
    });
    const content = contentOf(answer);
    expect(content.split("\n")).toHaveLength(4);
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
    expect(prompt_tokens).toBe(Math.ceil((SONG.messages[0]?.content.length ?? 0) / 4));
    expect(completion_tokens).toBeGreaterThan(content.length / 4 - 1);
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
  });

  test("as a stream has the same text, its tokens where they are asked for, and an end mark", async () => {
    const baseUrl = await start();
    const whole = contentOf(await completionOf(await ask(baseUrl, SONG)));
    server.close();
    server.closeAllConnections();
    const response = await ask(await start(), { ...SONG, stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = (await response.text()).split("\n\n").filter((event) => event !== "");
    expect(events.at(-1)).toBe("data: [DONE]");
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length)));
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(["chat.completion.chunk"]));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.at(-2).choices[0].finish_reason).toBe("stop");
    const streamed = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(streamed.split("\n")).toHaveLength(whole.split("\n").length);
  });

  test("is the same from the same seed, another the second time, and another from another seed", async () => {
    const songs: string[] = [];
    for (const seed of [7, 7, 8]) {
      const baseUrl = await start({}, seed);
      for (let time = 0; time < 2; time++) songs.push(contentOf(await completionOf(await ask(baseUrl, SONG))));
      server.close();
      server.closeAllConnections();
    }
    const [first, second, firstAgain, secondAgain, other] = songs;
    expect([firstAgain, secondAgain]).toEqual([first, second]);
    expect(new Set([first, second, other]).size).toBe(3);
  });

  test("is cut off where it may have so many tokens only", async () => {
    const answer = await completionOf(await ask(await start(), { ...SONG, max_tokens: 10 }));
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage.completion_tokens).toBe(10);
    expect(contentOf(answer).length).toBeLessThanOrEqual(40);
  });
});

describe("an error has the body that clients know", () => {
  test.each([
    ["no JSON", "{", 400, { type: "invalid_request_error", code: null }],
    ["no messages", { model: "aurora-large", messages: [] }, 400, { type: "invalid_request_error", param: "messages" }],
    ["a temperature above 2", { ...SONG, temperature: 3 }, 400, { param: "temperature" }],
    ["a model that is not there", { ...SONG, model: "aurora-huge" }, 404, { code: "model_not_found" }],
    [
      "more than the model can read",
      { ...SONG, messages: [{ role: "user", content: "word ".repeat(500) }] },
      400,
      { code: "context_length_exceeded", param: "messages" },
    ],
  ])("%s", async (_, body, status, error) => {
    const response = await ask(await start(), body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String), ...error } });
  });

  test("a request without a key", async () => {
    const response = await ask(await start(), SONG, "");
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key" } });
  });

  test("a crowded time: how long to wait, in both headers", async () => {
    const response = await ask(await start({ crowdedRatio: 1 }), SONG);
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ error: { code: "rate_limit_exceeded", type: "requests" } });
    const milliseconds = Number(response.headers.get("retry-after-ms"));
    expect(milliseconds).toBeGreaterThan(0);
    expect(Number(response.headers.get("retry-after"))).toBe(Math.ceil(milliseconds / 1000));
  });

  test("more requests than a second may have", async () => {
    const baseUrl = await start({ requestsPerSecond: 3 });
    const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await ask(baseUrl, SONG)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });

  test("a server error", async () => {
    const response = await ask(await start({ serverErrorRatio: 1 }), SONG);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { type: "server_error" } });
  });
});

test("a request that hangs is never answered, until the client goes", async () => {
  const baseUrl = await start({ hangRatio: 1 });
  const gone = new AbortController();
  const answer = fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { Authorization: "Bearer any" },
    body: JSON.stringify(SONG),
    signal: gone.signal,
  });
  await once(server, "request");
  gone.abort();
  await expect(answer).rejects.toThrow("aborted");
});

test("models are listed", async () => {
  const response = await fetch(`${await start()}/models`, { headers: { Authorization: "Bearer any" } });
  expect(await response.json()).toMatchObject({ object: "list", data: [{ id: "aurora-large", object: "model" }] });
});

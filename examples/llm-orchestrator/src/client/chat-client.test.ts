import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { askChat, type ChatOptions } from "./chat-client.ts";
import { ProviderError } from "./provider-error.ts";

const KEY = "sk-secret-4711";
const QUESTION = {
  model: "large",
  messages: [{ role: "user" as const, content: "a song" }],
  temperature: 0.7,
  maximumTokens: 100,
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function ask(baseUrl: string, options: Partial<ChatOptions> = {}): ReturnType<typeof askChat> {
  const endpoint = { provider: "aurora", baseUrl, apiKey: KEY };
  return askChat(endpoint, QUESTION, { timeoutMilliseconds: 20_000, ...options });
}

async function failureOf(answer: Answer, options: Partial<ChatOptions> = {}): Promise<ProviderError> {
  const error = await ask(await serve(answer), options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY);
  return error as ProviderError;
}

const refuse =
  (status: number, error: object = {}, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify({ error: { message: `no, ${KEY} may not`, ...error } }));
  };

const chunk = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish }] })}\n\n`;

describe("an answer", () => {
  test("at once: what was asked, with the key, and what came", async () => {
    let asked: unknown;
    let authorization: string | undefined;
    const baseUrl = await serve(async (request, response) => {
      authorization = request.headers.authorization;
      asked = JSON.parse(await text(request));
      response.setHeader("x-request-id", "r1");
      response.end(
        JSON.stringify({
          choices: [{ message: { content: "la" }, finish_reason: "length" }],
          usage: { prompt_tokens: 12, completion_tokens: 3 },
        }),
      );
    });
    expect(await ask(baseUrl)).toEqual({
      text: "la",
      finishReason: "length",
      tokens: { input: 12, output: 3 },
      requestId: "r1",
    });
    expect(authorization).toBe(`Bearer ${KEY}`);
    expect(asked).toEqual({ model: "large", messages: QUESTION.messages, temperature: 0.7, max_tokens: 100 });
  });

  test("as a stream: each piece as it comes, and the tokens of the last chunk", async () => {
    let asked: { stream?: unknown; stream_options?: unknown } = {};
    const baseUrl = await serve(async (request, response) => {
      asked = JSON.parse(await text(request)) as typeof asked;
      response.write(chunk(""));
      response.write(chunk("one "));
      response.write(chunk("two", "stop"));
      response.write('data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n');
      response.end("data: [DONE]\n\n");
    });
    const pieces: string[] = [];
    const answer = await ask(baseUrl, { onText: (piece) => pieces.push(piece) });
    expect(answer).toMatchObject({ text: "one two", finishReason: "stop", tokens: { input: 5, output: 2 } });
    expect(pieces).toEqual(["one ", "two"]);
    expect(asked).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  test("of a provider that counts no tokens: about four characters each", async () => {
    const baseUrl = await serve((_, response) => {
      response.end(JSON.stringify({ choices: [{ message: { content: "eight ch" } }] }));
    });
    expect((await ask(baseUrl)).tokens).toEqual({ input: 2, output: 2 });
  });
});

describe("the class of an error", () => {
  test.each([
    [429, {}, "rate_limited", "anywhere"],
    [429, { code: "insufficient_quota" }, "quota_exhausted", "elsewhere"],
    [500, {}, "server_error", "anywhere"],
    [503, {}, "server_error", "anywhere"],
    [408, {}, "timeout", "anywhere"],
    [401, {}, "unauthorized", "elsewhere"],
    [403, {}, "unauthorized", "elsewhere"],
    [404, { code: "model_not_found" }, "model_not_found", "elsewhere"],
    [400, {}, "invalid_request", "never"],
    [400, { code: "context_length_exceeded" }, "context_length_exceeded", "never"],
    [413, {}, "invalid_request", "never"],
    [422, {}, "invalid_request", "never"],
  ])("%i %o is %s, to be tried again %s", async (status, error, type, retry) => {
    const failure = await failureOf(refuse(status, error));
    expect(failure).toMatchObject({ type, retry, status, provider: "aurora" });
    expect(failure.message).toContain("no, [key] may not");
  });

  test("a refusal tells how long to wait", async () => {
    const failure = await failureOf(refuse(429, {}, { "retry-after": "3" }));
    expect(failure.retryAfterMilliseconds).toBe(3000);
  });

  test("an answer that does not come is a timeout, and the request is ended", async () => {
    let closed: Promise<unknown> | undefined;
    const failure = await failureOf((_, response) => void (closed = once(response, "close")), {
      timeoutMilliseconds: 50,
    });
    expect(failure.type).toBe("timeout");
    await closed;
  });

  test("a stream that stands still is a timeout too", async () => {
    const failure = await failureOf((_, response) => void response.write(chunk("one")), {
      timeoutMilliseconds: 200,
      onText: () => {},
    });
    expect(failure.type).toBe("timeout");
  });

  test("a stream that breaks off, or ends without its end mark, is interrupted", async () => {
    let breakOff = (): void => {};
    const broken: Answer = (_, response) => {
      breakOff = () => response.destroy();
      response.write(chunk("one"));
    };
    expect((await failureOf(broken, { onText: () => breakOff() })).type).toBe("stream_interrupted");
    const unfinished: Answer = (_, response) => void response.end(chunk("one"));
    expect((await failureOf(unfinished, { onText: () => {} })).type).toBe("stream_interrupted");
  });

  test("an error within a stream is one", async () => {
    const failure = await failureOf(
      (_, response) => void response.end('data: {"error":{"message":"overloaded","code":"overloaded"}}\n\n'),
      { onText: () => {} },
    );
    expect(failure).toMatchObject({ type: "stream_interrupted" });
    expect(failure.message).toContain("overloaded");
  });

  test("something else that answers is malformed", async () => {
    expect((await failureOf((_, response) => void response.end("<html>"))).type).toBe("malformed_answer");
    const odd: Answer = (_, response) => void response.end("data: 7\n\n");
    expect((await failureOf(odd, { onText: () => {} })).type).toBe("malformed_answer");
  });

  test("nobody there, and a redirection that would take the key elsewhere, are failed connections", async () => {
    const baseUrl = await serve(() => {});
    servers.pop()?.close();
    await expect(ask(baseUrl)).rejects.toMatchObject({ type: "connection_failed" });
    const elsewhere = await serve(() => expect.unreachable("the key went elsewhere"));
    const moved: Answer = (_, response) => void response.writeHead(307, { Location: elsewhere }).end();
    expect((await failureOf(moved)).type).toBe("connection_failed");
  });

  test("whoever does not wait any more gets their own reason back", async () => {
    const gone = new AbortController();
    const baseUrl = await serve(() => gone.abort(new Error("enough")));
    await expect(ask(baseUrl, { signal: gone.signal })).rejects.toThrow("enough");
    await expect(ask(baseUrl, { signal: gone.signal })).rejects.toThrow("enough");
  });
});

/** The whole module against real HTTP: stand-ins that fail as they are told, and servers that refuse. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { type ParameterValues, variantId } from "@trimtab/conventions";
import { consoleLog } from "@trimtab/module-kit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ProviderError } from "./client/provider-error.ts";
import { orchestratorFor, providerErrorOf } from "./orchestrator.ts";
import { PARAMETERS } from "./parameters.ts";
import { readProviders } from "./providers.ts";
import {
  closeServer,
  listen,
  providersAt,
  startTestStandIn,
  TEST_KEY,
  type TestStandIn,
} from "./test-providers.test.support.ts";

const KEY = TEST_KEY;
const SONG = { genre: "rock", theme: "harbour", lines: 8 };

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  closing.push(() => closeServer(server));
  return listen(server);
}

async function standIn(changes?: Parameters<typeof startTestStandIn>[0]): Promise<TestStandIn> {
  const started = await startTestStandIn(changes);
  closing.push(() => started.close());
  return started;
}

interface Policy {
  readonly next?: "same_provider" | "next_provider";
  readonly waitMilliseconds?: number;
}

/** An orchestrator in which this policy is in force for every class of error and every call: there is no holdout. */
function orchestrator(url: string, policy: Policy = {}, config: { maximumAttempts?: number } = {}) {
  const base = Object.entries(PARAMETERS.recover).map(([name, { base: value }]) => [name, value]);
  const values = { ...Object.fromEntries(base), ...policy } as ParameterValues;
  const module = orchestratorFor(providersAt(url)).create(config, {
    parameters: {
      parametersFor: (operation) =>
        operation === "recover"
          ? { values, variant: variantId(values), revision: "fixed", source: "fresh" }
          : undefined,
      learn: () => Promise.resolve({ operations: [], suggestions: [] }),
      suggest: () => Promise.reject(new Error("nothing is learnt here")),
      adaptations: () => Promise.resolve([]),
    },
  });
  closing.push(() => module.close());
  return module;
}

test("a song is scored, costs what its tokens cost, and was written by the base values", async () => {
  const { url, asked } = await standIn();
  const module = orchestrator(url);
  const song = await module.operations.generate_lyrics.process(SONG);
  expect(song).toMatchObject({
    outcome: "success",
    adaptationApplied: false,
    context: { genre: "rock" },
    parameters: { model: "aurora/large", template: "plain", temperature: 0.7 },
    data: { provider: "aurora", model: "aurora/large", attempts: 1, errors: [] },
  });
  const { tokens, costUsd, text: written } = song.data;
  expect(written.split("\n")).toHaveLength(8);
  expect(song.quality).toBeGreaterThan(0);
  expect(costUsd).toBeCloseTo((tokens.input * 3 + tokens.output * 12) / 1e6, 12);
  expect(asked).toEqual(["aurora"]);
  const [record] = await module.recentOperations({ genre: "rock" });
  expect(record).toMatchObject({ costs: { usd: costUsd, tokens: tokens.input + tokens.output } });
  const [attempt] = await module.recentOperations({ provider: "aurora" });
  expect(attempt).toMatchObject({ operation: "call_provider", costs: { usd: costUsd } });
});

test("model, template and temperature reach the endpoint as they are in force", async () => {
  const bodies: { model: string; temperature: number; messages: { content: string }[] }[] = [];
  const url = await serve(async (request, response) => {
    bodies.push(JSON.parse(await text(request)));
    response.end(JSON.stringify({ choices: [{ message: { content: "one\ntwo" }, finish_reason: "stop" }] }));
  });
  const module = orchestrator(url);
  const parameters = { model: "borealis/writer", template: "structured", temperature: 1.1 } as const;
  const song = await module.operations.generate_lyrics.process(SONG, { parameters });
  expect(song.adaptationApplied).toBe(true);
  expect(bodies).toMatchObject([{ model: "borealis-writer", temperature: 1.1 }]);
  expect(bodies[0]?.messages[1]?.content).toContain("[Verse]");
});

describe("streaming", () => {
  test("hands over the pieces as they come; together they are the song", async () => {
    const module = orchestrator((await standIn()).url);
    const pieces: string[] = [];
    const song = await module.operations.generate_lyrics.process({ ...SONG, onText: (piece) => pieces.push(piece) });
    expect(pieces.length).toBeGreaterThan(4);
    expect(pieces.join("")).toBe(song.data.text);
    expect(song.data.tokens.output).toBeGreaterThan(20);
  });

  test("tries again as long as nothing was handed over, and not any more afterwards", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      if (requests === 1) return void response.destroy();
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: "One line" } }] })}\n\n`);
      response.end(); // without its end mark
    });
    const module = orchestrator(url, { waitMilliseconds: 0 });
    const pieces: string[] = [];
    const failed = module.operations.generate_lyrics.process({ ...SONG, onText: (piece) => pieces.push(piece) });
    await expect(failed).rejects.toMatchObject({ cause: { type: "stream_interrupted" } });
    expect([requests, pieces]).toEqual([2, ["One line"]]);
  });
});

describe("failover", () => {
  test("goes to the next provider's standby where the policy says so", async () => {
    const { url, asked } = await standIn({ aurora: { serverErrorRatio: 1 } });
    const module = orchestrator(url, { next: "next_provider", waitMilliseconds: 0 });
    const song = await module.operations.generate_lyrics.process(SONG);
    expect(song.data).toMatchObject({ provider: "borealis", model: "borealis/writer", attempts: 2 });
    expect(song.data.errors).toEqual(["server_error"]);
    expect(asked).toEqual(["aurora", "borealis"]);
    const [recovery] = await module.recentOperations({ previous_error_type: "server_error" });
    expect(recovery).toMatchObject({ operation: "recover", outcome: "success" });
    expect(recovery?.quality).toBe(song.quality);
  });

  test("goes on to a third when the second fails too, and each error is a context of its own", async () => {
    const { url, asked } = await standIn({ aurora: { serverErrorRatio: 1 }, borealis: { crowdedRatio: 1 } });
    const module = orchestrator(url, { next: "next_provider", waitMilliseconds: 0 });
    const song = await module.operations.generate_lyrics.process(SONG);
    expect(song.data).toMatchObject({ provider: "cirrus", errors: ["server_error", "rate_limited"] });
    expect(asked).toEqual(["aurora", "borealis", "cirrus"]);
    const recoveries = await module.recentOperations();
    const found = recoveries.filter(({ operation }) => operation === "recover");
    expect(found.map(({ context, outcome }) => [context["previous_error_type"], outcome])).toEqual([
      ["rate_limited", "success"],
      ["server_error", "failure"],
    ]);
  });

  test("ends after so many attempts, with the last error", async () => {
    const { url, asked } = await standIn({ aurora: { serverErrorRatio: 1 } });
    const module = orchestrator(url, { next: "same_provider", waitMilliseconds: 0 }, { maximumAttempts: 3 });
    await expect(module.operations.generate_lyrics.process(SONG)).rejects.toMatchObject({
      cause: { type: "server_error" },
    });
    expect(asked).toEqual(["aurora", "aurora", "aurora"]);
    const [record] = await module.recentOperations({ genre: "rock" });
    expect(record).toMatchObject({ outcome: "failure", errorType: "server_error" });
  });
});

test("a provider that asks to be left alone is left alone for so long, though the policy would not wait", async () => {
  const times: number[] = [];
  const retryAfter = 300;
  const url = await serve((_, response) => {
    times.push(performance.now());
    if (times.length > 1) {
      return void response.end(JSON.stringify({ choices: [{ message: { content: "one\ntwo" } }] }));
    }
    response.writeHead(429, { "retry-after-ms": retryAfter, "retry-after": "1" });
    response.end(JSON.stringify({ error: { message: "slow down", code: "rate_limit_exceeded" } }));
  });
  const module = orchestrator(url, { next: "same_provider", waitMilliseconds: 0 });
  const song = await module.operations.generate_lyrics.process(SONG);
  expect(song.data.errors).toEqual(["rate_limited"]);
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(retryAfter - 2); // never earlier; timers may be a millisecond early
});

describe("a request that is wrong is never sent again", () => {
  test.each([
    [400, "invalid_value", "invalid_request"],
    [400, "context_length_exceeded", "context_length_exceeded"],
    [422, "", "invalid_request"],
  ])("%i %s", async (status, code, type) => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(status).end(JSON.stringify({ error: { message: "no", code } }));
    });
    const module = orchestrator(url, { next: "next_provider", waitMilliseconds: 0 });
    await expect(module.operations.generate_lyrics.process(SONG)).rejects.toMatchObject({ cause: { type } });
    expect(requests).toBe(1);
  });

  test("a wrong key at one provider does not keep the next from answering", async () => {
    const good = await standIn();
    const asked: string[] = [];
    const url = await serve(async (request, response) => {
      const provider = request.url?.split("/")[1] ?? "";
      asked.push(provider);
      if (provider === "aurora")
        return void response.writeHead(401).end(JSON.stringify({ error: { message: `${KEY} is unknown` } }));
      const { status, body } = await fetch(good.url + request.url, {
        method: "POST",
        headers: { Authorization: "Bearer any" },
        body: await text(request),
      });
      response.writeHead(status).end(body === null ? "" : await new Response(body).text());
    });
    const module = orchestrator(url, { next: "same_provider", waitMilliseconds: 0 });
    const song = await module.operations.generate_lyrics.process(SONG);
    expect(song.data.errors).toEqual(["unauthorized"]);
    expect(asked).toEqual(["aurora", "borealis"]);
  });
});

test("the key stands in no error, no log line, no record and no result", async () => {
  const said: unknown[] = [];
  const sinks = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...words) => void said.push(words)),
  );
  try {
    const url = await serve((request, response) => {
      const quoted = `the key ${request.headers.authorization} is unknown`;
      response.writeHead(500).end(JSON.stringify({ error: { message: quoted, code: quoted } }));
    });
    const addresses = { LLM_BASE_URL: `${url}/v1`, LLM_API_KEY: KEY };
    const module = orchestratorFor(readProviders(addresses)).create(
      { metricsCollectionLevel: "comprehensive" },
      { log: consoleLog("debug") },
    );
    closing.push(() => module.close());
    const failure = await module.operations.generate_lyrics.process(SONG).then(
      () => expect.unreachable("nobody answers"),
      (error: unknown) => error,
    );
    expect(providerErrorOf(failure)).toBeInstanceOf(ProviderError);
    const records = await module.recentOperations();
    expect(records.length).toBeGreaterThan(2);
    const everything = inspect([failure, records, module.config, said], { depth: 20, showHidden: true });
    expect(everything).toContain("the key Bearer [key] is unknown");
    expect(everything).not.toContain(KEY);
  } finally {
    for (const sink of sinks) sink.mockRestore();
  }
});

test("a song that cannot be asked for is refused before anybody is asked", async () => {
  const { url, asked } = await standIn();
  const module = orchestrator(url);
  await expect(module.operations.generate_lyrics.process({ ...SONG, lines: 0 })).rejects.toThrow(/lines/);
  expect(asked).toEqual([]);
});
